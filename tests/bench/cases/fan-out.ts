/**
 * fan-out: what one event costs the server per viewer, where one event comes at a time.
 *
 * Owns the workload and its figures. The peers send the very same frames at the same rate to as many viewers; deliveries
 * are counted where they arrive.
 */
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
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

/**
 * Fewer events for the larger crowd, so that neither core is what the others wait for; more rounds for the smaller one,
 * of which a window has so little that the machine's moods are a larger part of it.
 */
const CROWDS = [
  { viewers: 100, eventsPerSecond: 100, rounds: 26 },
  { viewers: 1_000, eventsPerSecond: 40, rounds: 12 },
] as const;
const WINDOW_S = 1;
const PEERS: readonly Peer[] = ["ws", "socketIo", "bun"];
/** Of the processor time of ws. */
const RATIO_GOAL = 0.8;
/** Of other peers: what must hold, and what would be better still. */
const OTHER_RATIO_GOALS: readonly (readonly [peer: Peer, ratio: number])[] = [
  ["bun", 1.6],
  ["bun", 1.25],
  ["socketIo", 0.5],
];

const RATIO_COLUMNS: readonly Peer[] = ["ws", "bun", "socketIo"];

type Crowd = (typeof CROWDS)[number];
type Samples = ReadonlyMap<FanOutSubject, readonly Delivery[]>;

export const fanOut: BenchCase = { name: "fan-out", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds }: BenchOptions): Promise<CaseResult> {
  const roundsOf = (crowd: Crowd) => rounds ?? crowd.rounds;
  const found: { readonly crowd: Crowd; readonly samples: Samples }[] = [];
  for (const crowd of CROWDS) found.push({ crowd, samples: await measure(crowd, roundsOf(crowd)) });
  return {
    charts: found.map(({ crowd, samples }) => chartOf(crowd, samples)),
    tables: found.map(({ crowd, samples }) => ({
      head: [
        `${viewersOf(crowd)}, ${crowd.eventsPerSecond} events/s`,
        "CPU µs per delivery",
        "ratio to ws",
        "ratio to Bun",
        "ratio to Socket.IO",
        "deliveries per window",
        "bytes per frame",
        "crowd's core",
      ],
      rows: Array.from(samples.keys(), (subject) => rowOf(samples, subject)),
    })),
    goals: found.flatMap(({ crowd, samples }) => goalsFor(crowd, samples)),
    notes: [
      `Viewers of one Worker, one event per tick, ${CROWDS.map(roundsOf).join(" and ")} rounds, windows of ${WINDOW_S} s that alternate, each crowd with processes of its own.`,
    ],
  };
}

async function measure({ viewers, eventsPerSecond }: Crowd, rounds: number): Promise<Samples> {
  await using stage = await openFanOut({
    viewers,
    answer: {
      say: "filler",
      tokens: eventsPerSecond * WINDOW_S,
      intervalMs: 1_000 / eventsPerSecond,
      offsetMs: 0,
    },
    peers: PEERS,
  });
  return await alternate(rounds, stage.subjects);
}

function chartOf(crowd: Crowd, samples: Samples): Chart {
  return {
    title: `processor time per delivery, ${viewersOf(crowd)}`,
    unit: `times ${subjectLabel("ws")}`,
    isRatio: true,
    bars: Array.from(samples.keys(), (subject) => ({
      label: subjectLabel(subject),
      value: subject === "ws" ? 1 : ratioOf(samples, subject, "ws"),
      isPeer: subject in ALL_PEERS,
    })),
    target: { atMost: RATIO_GOAL },
  };
}

function goalsFor(crowd: Crowd, samples: Samples): readonly Goal[] {
  const others = ENGINES.flatMap((engine) =>
    OTHER_RATIO_GOALS.map(([peer, atMost]) =>
      goal(
        `${subjectLabel(engine)}: processor time per delivery, ${viewersOf(crowd)}`,
        ratioOf(samples, engine, peer),
        { atMost },
        `times ${subjectLabel(peer)}`,
      ),
    ),
  );
  return [...goalsOf(chartOf(crowd, samples)), ...others];
}

function viewersOf({ viewers }: Crowd): string {
  return `${viewers.toLocaleString("en-US")} viewers`;
}

function ratioOf(samples: Samples, subject: FanOutSubject, peer: Peer) {
  const of = (name: FanOutSubject) => samplesOf(samples, name).map(({ costUs }) => costUs);
  return pairedRatio(of(subject), of(peer));
}

function rowOf(samples: Samples, subject: FanOutSubject): readonly string[] {
  const of = (key: "costUs" | "deliveries" | "frameBytes" | "crowdLoad") =>
    median(samplesOf(samples, subject).map((one) => one[key]));
  return [
    subjectLabel(subject),
    figure(of("costUs")),
    ...RATIO_COLUMNS.map((peer) => (subject === peer ? "1" : interval(ratioOf(samples, subject, peer)))),
    figure(of("deliveries")),
    figure(of("frameBytes")),
    `${Math.round(of("crowdLoad") * 100)} %`,
  ];
}
