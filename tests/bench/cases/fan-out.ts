/**
 * fan-out: what one event costs the server per viewer, where one event comes at a time.
 *
 * Owns the workload and its figures. The peers send the very same frames at the same rate to as many viewers; deliveries
 * are counted where they arrive.
 */
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Delivery } from "../harness/delivery.ts";
import { ENGINE_LABELS, ENGINES } from "../harness/engine.ts";
import { openFanOut, subjectLabel, type FanOutSubject, type Peer } from "../harness/fan-out-stage.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const ROUNDS = 12;
/** Fewer events for the larger crowd, so that neither core is what the others wait for. */
const CROWDS = [
  { viewers: 100, eventsPerSecond: 100 },
  { viewers: 1_000, eventsPerSecond: 40 },
] as const;
const WINDOW_S = 1;
const RATIO_GOAL = 0.8;
const PEERS: readonly Peer[] = ["ws", "socketIo", "bun"];

type Crowd = (typeof CROWDS)[number];
type Samples = ReadonlyMap<FanOutSubject, readonly Delivery[]>;

export const fanOut: BenchCase = { name: "fan-out", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const found: { readonly crowd: Crowd; readonly samples: Samples }[] = [];
  for (const crowd of CROWDS) found.push({ crowd, samples: await measure(crowd, rounds) });
  return {
    tables: found.map(({ crowd, samples }) => ({
      head: [
        `${crowd.viewers.toLocaleString("en-US")} viewers, ${crowd.eventsPerSecond} events/s`,
        "CPU µs per delivery",
        "ratio to ws",
        "deliveries per window",
        "bytes per frame",
        "crowd's core",
      ],
      rows: Array.from(samples.keys(), (subject) => rowOf(samples, subject)),
    })),
    goals: found.flatMap(({ crowd, samples }) =>
      ENGINES.map((engine) => ({
        text: `${ENGINE_LABELS[engine]}, ${crowd.viewers.toLocaleString("en-US")} viewers: at most ${RATIO_GOAL} of the processor time of ws`,
        isMet: ratioOf(samples, engine).median <= RATIO_GOAL,
      })),
    ),
    notes: [
      `Viewers of one Worker, one event per tick, ${rounds} rounds, windows of ${WINDOW_S} s that alternate, each crowd with processes of its own.`,
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

function ratioOf(samples: Samples, subject: FanOutSubject) {
  const of = (name: FanOutSubject) => samplesOf(samples, name).map(({ costUs }) => costUs);
  return pairedRatio(of(subject), of("ws"));
}

function rowOf(samples: Samples, subject: FanOutSubject): readonly string[] {
  const of = (key: "costUs" | "deliveries" | "frameBytes" | "crowdLoad") =>
    median(samplesOf(samples, subject).map((one) => one[key]));
  return [
    subjectLabel(subject),
    figure(of("costUs")),
    subject === "ws" ? "1" : interval(ratioOf(samples, subject)),
    figure(of("deliveries")),
    figure(of("frameBytes")),
    `${Math.round(of("crowdLoad") * 100)} %`,
  ];
}
