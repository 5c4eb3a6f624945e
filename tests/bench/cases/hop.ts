/**
 * hop: what the server adds to a token's way from the provider to a viewer.
 *
 * Owns the workload and its figures. The tokens tell when they were sent; the same reader takes the same answers straight
 * from the provider, through the server on each engine with its Workers inside it and in a Runtime's process, through
 * bare relays, and through Portkey's gateway. The server passes each token by itself, which costs most, and once more as it
 * comes: its default pace is judged by what it costs alone, since a token that waits for others is as old as the pace
 * makes it.
 */
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { ENGINES } from "../harness/engine.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import {
  AS_IT_COMES,
  openWays,
  OURS,
  PEER_LABELS,
  PEERS,
  wayLabel,
  type Ours,
  type Peer,
  type Through,
  type Way,
} from "../harness/hop-stage.ts";
import { countProcessorTime } from "../harness/processor-time.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio, quantile, type Estimate } from "../harness/statistics.ts";
import { figure, interval, type Table } from "../harness/table.ts";
import { openTurns } from "../harness/turns.ts";
import { stampedStreams } from "../programs/answer.ts";

/** With fewer of them whole runs are further apart. */
const ROUNDS = 18;
/** Each has processes of its own: of the same program, one process comes out quicker than the next. */
const GENERATIONS = 3;
const LOADS = [
  { streams: 10, tokensPerSecond: 50 },
  { streams: 50, tokensPerSecond: 75 },
] as const;
type Load = (typeof LOADS)[number];
const HEAVIEST = LOADS[1];
/** With the one that `alternate` begins with, until the engines have compiled what a token runs through. */
const WARMING_ROUNDS = 1;
const WINDOW_S = 1;
const ADDED_P99_GOAL_MS = 3;
const MICROSECONDS_PER_MS = 1_000;
/** Of the peer, whose way is one hop where this server's is two. */
const ADDED_P50_GOAL = 1.25;
const COST_GOAL = 0.8;
/** Of the way to a Worker inside the server. */
const REMOTE_P50_GOAL = 2.5;

const AS_IT_COMES_NOTE =
  "As it comes: embedded, at the default pace. Tokens that follow closely share an event, and all that have come are " +
  "counted; one that waits for its companions is as old as the pace makes it, so only its processor time is judged.";

/** Those that pass a token on at once. */
const PROMPT_WAYS: readonly (Ours | Peer)[] = [...OURS, ...PEERS];
const WAYS: readonly Through[] = [...OURS, ...AS_IT_COMES, ...PEERS];

interface Sample {
  readonly agesUs: readonly number[];
  /** Processor time per token of whoever stands between; 0 where nobody does. */
  readonly costUs: number;
}
type Samples = ReadonlyMap<"direct" | Through, readonly Sample[]>;

export const hop: BenchCase = { name: "hop", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const generations = Math.min(GENERATIONS, rounds);
  const found = LOADS.map((load) => ({ load, samples: new Map<"direct" | Through, Sample[]>() }));
  for (let generation = 0; generation < generations; generation += 1) {
    const before = Math.floor((generation * rounds) / generations);
    const until = Math.floor(((generation + 1) * rounds) / generations);
    await addRounds(found, before, until);
  }
  return {
    charts: found.flatMap(({ load, samples }) => chartsOf(load, samples)),
    tables: found.flatMap(({ load, samples }) => [latencyTable(load, samples), costTable(load, samples)]),
    goals: found.flatMap(({ load, samples }) => loadGoals(load, samples)),
    notes: [
      `${rounds} rounds with ${generations} sets of processes, windows of ${WINDOW_S} s that alternate; whoever's turn it is not stands still.`,
      AS_IT_COMES_NOTE,
    ],
  };
}

/** Takes some of the rounds, with processes that nobody has used before. */
async function addRounds(
  found: readonly { readonly load: Load; readonly samples: Map<"direct" | Through, Sample[]> }[],
  before: number,
  until: number,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const ways = await openWays(stack, HEAVIEST.streams);
  const takeTurn = openTurns(
    stack,
    [...ways.values()].flatMap(({ pids }) => pids),
  );
  const windowsOf = (load: Load) =>
    new Map(Array.from(ways, ([name, way]) => [name, () => takeTurn(way.pids, () => measure(way, load))]));
  await alternate(WARMING_ROUNDS, windowsOf(HEAVIEST));
  for (const { load, samples } of found) {
    for (const [name, more] of await alternate(until - before, windowsOf(load), before)) {
      samples.set(name, [...(samples.get(name) ?? []), ...more]);
    }
  }
}

/** @throws Error when a token is missing, which would make the figures better than they are */
async function measure({ pids, read }: Way, { streams, tokensPerSecond }: Load): Promise<Sample> {
  const usedUs = countProcessorTime(...pids);
  const agesUs = await read(stampedStreams(streams, tokensPerSecond, WINDOW_S));
  const tokens = streams * tokensPerSecond * WINDOW_S;
  if (agesUs.length !== tokens) throw new Error(`Cannot count: ${agesUs.length} tokens came of ${tokens}`);
  return { agesUs, costUs: usedUs() / tokens };
}

function labelOf({ streams, tokensPerSecond }: Load): string {
  return `${streams} × ${tokensPerSecond} tokens/s`;
}

function agesAt(samples: Samples, name: "direct" | Through, fraction: number): readonly number[] {
  return samplesOf(samples, name).map(({ agesUs }) => quantile(agesUs, fraction));
}

function addedUs(samples: Samples, way: Through, fraction: number): readonly number[] {
  return paired(
    agesAt(samples, way, fraction),
    agesAt(samples, "direct", fraction),
    (through, direct) => through - direct,
  );
}

function costsUs(samples: Samples, way: Through): readonly number[] {
  return samplesOf(samples, way).map(({ costUs }) => costUs);
}

function latencyTable(load: Load, samples: Samples): Table {
  return {
    head: [`${labelOf(load)}, µs`, "direct p50", "through p50", "added p50", "ratio p50", "direct p99", "added p99"],
    rows: WAYS.map((way) => [
      wayLabel(way),
      figure(median(agesAt(samples, "direct", 0.5))),
      figure(median(agesAt(samples, way, 0.5))),
      interval(estimate(addedUs(samples, way, 0.5))),
      interval(pairedRatio(agesAt(samples, way, 0.5), agesAt(samples, "direct", 0.5))),
      figure(median(agesAt(samples, "direct", 0.99))),
      interval(estimate(addedUs(samples, way, 0.99))),
    ]),
  };
}

function costTable(load: Load, samples: Samples): Table {
  const peers: readonly Peer[] = ["portkey", "relays"];
  const ratioCells = (way: Through, of: (samples: Samples, way: Through) => readonly number[]) =>
    peers.map((peer) => (way === peer ? "1" : interval(pairedRatio(of(samples, way), of(samples, peer)))));
  const isPrompt = (way: Through): boolean => PROMPT_WAYS.some((prompt) => prompt === way);
  return {
    head: [
      labelOf(load),
      "CPU µs per token",
      "ratio to Portkey",
      "ratio to two relays",
      "added p50 to Portkey's",
      "added p50 to two relays'",
    ],
    rows: WAYS.map((way) => [
      wayLabel(way),
      figure(median(costsUs(samples, way))),
      ...ratioCells(way, costsUs),
      ...(isPrompt(way) ? ratioCells(way, (all, one) => addedUs(all, one, 0.5)) : peers.map(() => "")),
    ]),
  };
}

function chartsOf(load: Load, samples: Samples): readonly Chart[] {
  const barsOf = (ways: readonly Through[], of: (samples: Samples, way: Through) => readonly number[]) =>
    ways.map((way) => ({
      label: wayLabel(way),
      value: way === "portkey" ? 1 : pairedRatio(of(samples, way), of(samples, "portkey")),
      isPeer: way in PEER_LABELS,
    }));
  return [
    {
      title: `added p50, ${labelOf(load)}`,
      unit: "times what Portkey adds",
      isRatio: true,
      bars: barsOf(PROMPT_WAYS, (all, way) => addedUs(all, way, 0.5)),
      target: { atMost: ADDED_P50_GOAL },
    },
    {
      title: `processor time per token, ${labelOf(load)}`,
      unit: "times Portkey's",
      isRatio: true,
      bars: barsOf(WAYS, costsUs),
      target: { atMost: COST_GOAL },
    },
  ];
}

function loadGoals(load: Load, samples: Samples): readonly Goal[] {
  return [
    ...chartsOf(load, samples).flatMap(goalsOf),
    ...OURS.map((way) =>
      goal(
        `${wayLabel(way)}: added p99, ${labelOf(load)}`,
        scaled(estimate(addedUs(samples, way, 0.99)), 1 / MICROSECONDS_PER_MS),
        { atMost: ADDED_P99_GOAL_MS },
        "ms",
      ),
    ),
    ...ENGINES.map((engine) =>
      goal(
        `${wayLabel(`${engine} remote`)}: p50, ${labelOf(load)}`,
        pairedRatio(agesAt(samples, `${engine} remote`, 0.5), agesAt(samples, `${engine} embedded`, 0.5)),
        { atMost: REMOTE_P50_GOAL },
        "times the embedded one's",
      ),
    ),
  ];
}

function scaled({ median: middle, low, high }: Estimate, factor: number): Estimate {
  return { median: middle * factor, low: low * factor, high: high * factor };
}
