/**
 * durable-workers: what a Worker costs in memory that is kept, is observed by nobody and does nothing.
 *
 * Owns the workload and its figures: a Runtime process that was started on a store with ten thousand Workers, beside one
 * that was started on an empty store. Each Worker has had one exchange.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startRuntime } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goalsOf } from "../harness/goal.ts";
import { memoryUse, type MemoryUse } from "../harness/memory.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, paired } from "../harness/statistics.ts";
import { writeHistory, type DataFolder, type History } from "../harness/stored-history.ts";
import { interval } from "../harness/table.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 2;
/** In one piece, as it is kept: the pieces of a finished answer are let go after some minutes. */
const ANSWER = "An answer has some sentences, and this is one of them. ".repeat(4);
const HISTORY: History = { workers: 10_000, messages: 1, tokens: 1, token: ANSWER };
const GOAL_KB = 8;
const KILOBYTE = 1_000;
/** The folder's file is named for the Runtime that wrote it. */
const SETTINGS = { YOI_RUNTIME_ID: EMBEDDED_RUNTIME_ID, YOI_RUNTIME_MAX_WORKERS: String(HISTORY.workers) };

type Store = "full" | "empty";

export const durableWorkers: BenchCase = { name: "durable-workers", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  using full = await writeHistory(HISTORY);
  const samples = await alternate(
    rounds,
    new Map<`${Engine} ${Store}`, () => Promise<MemoryUse>>(
      ENGINES.flatMap((engine) => [
        [`${engine} full`, () => weigh(engine, full)],
        [`${engine} empty`, () => weigh(engine, null)],
      ]),
    ),
  );
  const of = (engine: Engine, store: Store, key: keyof MemoryUse) =>
    samplesOf(samples, `${engine} ${store}`).map((sample) => sample[key]);
  const perWorkerKb = (engine: Engine, key: keyof MemoryUse): readonly number[] =>
    paired(of(engine, "full", key), of(engine, "empty", key), (a, b) => (a - b) / HISTORY.workers / KILOBYTE);
  const chart: Chart = {
    title: "heap per Worker",
    unit: "kB",
    isRatio: false,
    bars: ENGINES.map((engine) => ({
      label: ENGINE_LABELS[engine],
      value: estimate(perWorkerKb(engine, "heapBytes")),
    })),
    target: { atMost: GOAL_KB },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["kB per Worker", "heap", "resident"],
        rows: ENGINES.map((engine) => [
          ENGINE_LABELS[engine],
          interval(estimate(perWorkerKb(engine, "heapBytes"))),
          interval(estimate(perWorkerKb(engine, "residentBytes"))),
        ]),
      },
    ],
    goals: goalsOf(chart),
    notes: [
      `${HISTORY.workers.toLocaleString("en-US")} Workers with one exchange each, its answer of ${ANSWER.length} characters, taken up from the store, after a garbage collection; ${rounds} rounds, each with new processes.`,
    ],
  };
}

async function weigh(engine: Engine, source: DataFolder | null): Promise<MemoryUse> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    if (source !== null) cpSync(source.path, folder, { recursive: true });
    const environment = { ...SETTINGS, YOI_RUNTIME_DATA_DIR: folder };
    await using runtime = await startRuntime(engine, { environment, isInspected: true });
    // It listens before it has taken up all of them.
    const response = await fetch(`${runtime.url}/v1/workers`);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`Cannot weigh a Runtime: its list answered ${response.status}`);
    return await memoryUse(runtime);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
