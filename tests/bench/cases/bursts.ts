/**
 * bursts: what an event costs the server per viewer, where several come at once.
 *
 * Owns the workload and its figures: a provider that writes eight tokens at a time, as one does that is fast or far away.
 * The peers encode and send the very same events one by one, eight in a tick.
 */
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import type { Delivery } from "../harness/delivery.ts";
import { ENGINES } from "../harness/engine.ts";
import {
  openFanOut,
  PEERS as ALL_PEERS,
  subjectLabel,
  type FanOutSubject,
  type Peer,
} from "../harness/fan-out-stage.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const ROUNDS = 12;
const VIEWERS = 200;
const TOKENS_PER_TICK = 8;
const TICKS_PER_SECOND = 20;
const WINDOW_S = 1;
const PEERS: readonly Peer[] = ["ws", "bun"];
/** Of a peer's deliveries per processor second. */
const RATIO_GOAL = 3;
const BUN_RATIO_GOAL = 0.95;
const MICROSECONDS = 1e6;

export const bursts: BenchCase = { name: "bursts", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stage = await openFanOut({
    viewers: VIEWERS,
    answer: {
      say: "filler",
      tokens: TOKENS_PER_TICK * TICKS_PER_SECOND * WINDOW_S,
      intervalMs: 1_000 / TICKS_PER_SECOND,
      offsetMs: 0,
      tokensPerTick: TOKENS_PER_TICK,
    },
    peers: PEERS,
  });
  const samples = await alternate(rounds, stage.subjects);
  const of = (subject: FanOutSubject, key: Exclude<keyof Delivery, "agesUs">) =>
    samplesOf(samples, subject).map((one) => one[key]);
  const ratio = (subject: FanOutSubject, peer: Peer) => pairedRatio(of(peer, "costUs"), of(subject, "costUs"));
  const chart: Chart = {
    title: "deliveries per processor second",
    unit: `times ${subjectLabel("ws")}`,
    isRatio: true,
    bars: Array.from(samples.keys(), (subject) => ({
      label: subjectLabel(subject),
      value: subject === "ws" ? 1 : ratio(subject, "ws"),
      isPeer: subject in ALL_PEERS,
    })),
    target: { atLeast: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "server",
          "deliveries per CPU second",
          "times ws",
          "times Bun",
          "CPU µs per delivery",
          "deliveries per window",
          "crowd's core",
        ],
        rows: Array.from(samples.keys(), (subject) => [
          subjectLabel(subject),
          figure(MICROSECONDS / median(of(subject, "costUs"))),
          ...PEERS.map((peer) => (subject === peer ? "1" : interval(ratio(subject, peer)))),
          figure(median(of(subject, "costUs"))),
          figure(median(of(subject, "deliveries"))),
          `${Math.round(median(of(subject, "crowdLoad")) * 100)} %`,
        ]),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...ENGINES.map((engine) =>
        goal(
          `${subjectLabel(engine)}: deliveries per processor second`,
          ratio(engine, "bun"),
          { atLeast: BUN_RATIO_GOAL },
          `times ${subjectLabel("bun")}`,
        ),
      ),
    ],
    notes: [
      `${VIEWERS} viewers of one Worker, ${TOKENS_PER_TICK} tokens at once ${TICKS_PER_SECOND} times a second, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}
