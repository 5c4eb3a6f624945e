/**
 * start: from executing the server to its first page.
 *
 * Owns the workload and its figures. The peer is one route of bare Hono on the same engine, started the same way.
 */
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startHello, startWorkspace, type ServerChild } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goalsOf } from "../harness/goal.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const ROUNDS = 12;
const RATIO_GOAL = 1.35;

type Subject = `${Engine} server` | `${Engine} hello`;

export const start: BenchCase = { name: "start", run, profiled: "start" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const samples = await alternate(
    rounds,
    new Map<Subject, () => Promise<number>>(
      ENGINES.flatMap((engine) => [
        [`${engine} server`, () => timeToFirstPage(() => startWorkspace(engine))],
        [`${engine} hello`, () => timeToFirstPage(() => startHello(engine))],
      ]),
    ),
  );
  const ratio = (engine: Engine) =>
    pairedRatio(samplesOf(samples, `${engine} server`), samplesOf(samples, `${engine} hello`));
  const chart: Chart = {
    title: "time to the first page",
    unit: "times bare Hono",
    isRatio: true,
    bars: [
      ...ENGINES.map((engine) => ({ label: ENGINE_LABELS[engine], value: ratio(engine) })),
      { label: "bare Hono", value: 1, isPeer: true },
    ],
    target: { atMost: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["engine", "this server, ms", "bare Hono, ms", "ratio"],
        rows: ENGINES.map((engine) => [
          ENGINE_LABELS[engine],
          figure(median(samplesOf(samples, `${engine} server`))),
          figure(median(samplesOf(samples, `${engine} hello`))),
          interval(ratio(engine)),
        ]),
      },
    ],
    goals: goalsOf(chart),
    notes: [`${rounds} starts each, in turns, files in the system's cache.`],
  };
}

/** In milliseconds, until the page's last byte. */
async function timeToFirstPage(launch: () => Promise<ServerChild>): Promise<number> {
  const startedMs = performance.now();
  await using server = await launch();
  const response = await fetch(`${server.url}/`);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`Cannot measure a start: the first page answered ${response.status}`);
  return performance.now() - startedMs;
}
