/**
 * bursts: what an event costs the server per viewer, where several come at once.
 *
 * Owns the workload and its figures: a provider that writes eight tokens at a time, as one does that is fast or far away.
 * The peers encode and send the very same events one by one, eight in a tick.
 */
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Delivery } from "../harness/delivery.ts";
import { ENGINE_LABELS, ENGINES } from "../harness/engine.ts";
import { openFanOut, subjectLabel, type FanOutSubject, type Peer } from "../harness/fan-out-stage.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, paired, estimate } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const ROUNDS = 12;
const VIEWERS = 200;
const TOKENS_PER_TICK = 8;
const TICKS_PER_SECOND = 20;
const WINDOW_S = 1;
const RATIO_GOAL = 3;
const PEERS: readonly Peer[] = ["ws", "bun"];
const MICROSECONDS = 1e6;

export const bursts: BenchCase = { name: "bursts", run };

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
  const ratio = (subject: FanOutSubject) =>
    estimate(paired(of("ws", "costUs"), of(subject, "costUs"), (ws, ours) => ws / ours));
  return {
    tables: [
      {
        head: [
          "server",
          "deliveries per CPU second",
          "times ws",
          "CPU µs per delivery",
          "deliveries per window",
          "crowd's core",
        ],
        rows: Array.from(samples.keys(), (subject) => [
          subjectLabel(subject),
          figure(MICROSECONDS / median(of(subject, "costUs"))),
          subject === "ws" ? "1" : interval(ratio(subject)),
          figure(median(of(subject, "costUs"))),
          figure(median(of(subject, "deliveries"))),
          `${Math.round(median(of(subject, "crowdLoad")) * 100)} %`,
        ]),
      },
    ],
    goals: ENGINES.map((engine) => ({
      text: `${ENGINE_LABELS[engine]}: at least ${RATIO_GOAL} times the deliveries per CPU second of ws`,
      isMet: ratio(engine).median >= RATIO_GOAL,
    })),
    notes: [
      `${VIEWERS} viewers of one Worker, ${TOKENS_PER_TICK} tokens at once ${TICKS_PER_SECOND} times a second, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}
