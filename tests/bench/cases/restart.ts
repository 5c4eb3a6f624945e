/**
 * restart: from executing the server to its first page, with a thousand Workers to take up.
 *
 * Owns the workload and its figures. The peer is the same server with nothing to take up.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, paired, pairedRatio } from "../harness/statistics.ts";
import { writeHistory, type History } from "../harness/stored-history.ts";
import { figure } from "../harness/table.ts";

const ROUNDS = 5;
/** The Companion is one more, and a Runtime has room for a thousand. */
const FULL: History = { workers: 999, messages: 5, tokens: 100 };

type Subject = `${Engine} full` | `${Engine} empty`;

export const restart: BenchCase = { name: "restart", run, profiled: "start" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  using full = await writeHistory(FULL);
  const samples = await alternate(
    rounds,
    new Map<Subject, () => Promise<number>>(
      ENGINES.flatMap((engine) => [
        [`${engine} full`, () => timeToFirstPage(engine, full.path)],
        [`${engine} empty`, () => timeToFirstPage(engine, null)],
      ]),
    ),
  );
  const of = (engine: Engine, what: "full" | "empty") => samplesOf(samples, `${engine} ${what}`);
  const chart: Chart = {
    title: `time to the first page with ${(FULL.workers + 1).toLocaleString("en-US")} Workers`,
    unit: "times that with none",
    isRatio: true,
    bars: [
      ...ENGINES.map((engine) => ({
        label: ENGINE_LABELS[engine],
        value: pairedRatio(of(engine, "full"), of(engine, "empty")),
      })),
      { label: "no Workers", value: 1, isPeer: true },
    ],
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["engine", "with 1,000 Workers, ms", "with none, ms", "added per Worker, µs"],
        rows: ENGINES.map((engine) => [
          ENGINE_LABELS[engine],
          figure(median(of(engine, "full"))),
          figure(median(of(engine, "empty"))),
          figure(median(paired(of(engine, "full"), of(engine, "empty"), (a, b) => (a - b) * 1_000)) / FULL.workers),
        ]),
      },
    ],
    goals: [],
    notes: [
      `Each Worker has ${FULL.messages} exchanges of ${FULL.tokens} tokens, ${rounds} starts each, in turns, on a copy of the same store.`,
    ],
  };
}

/** In milliseconds, until the page's last byte. @param source Data folder to start on; null: an empty one. */
async function timeToFirstPage(engine: Engine, source: string | null): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    if (source !== null) cpSync(source, folder, { recursive: true });
    const startedMs = performance.now();
    await using server = await startWorkspace(engine, { environment: { YOI_DATA_DIR: folder } });
    const response = await fetch(`${server.url}/`);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`Cannot measure a restart: the page answered ${response.status}`);
    return performance.now() - startedMs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
