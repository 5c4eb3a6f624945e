/**
 * bundle: how much JavaScript a browser gets.
 *
 * Owns the reading of the build; what counts as first load is in `bundle-size.ts`. The figures are exact.
 */
import { globSync, readFileSync } from "node:fs";
import type { BenchCase, CaseResult } from "../bench-case.ts";
import { BuildManifest, BUDGET_GZIP_BYTES, firstLoadScripts, isScript, weigh, type Weight } from "../bundle-size.ts";
import type { Chart } from "../harness/chart.ts";
import { goalsOf } from "../harness/goal.ts";
import { figure } from "../harness/table.ts";

const CLIENT = "dist/client";

export const bundle: BenchCase = { name: "bundle", run };

async function run(): Promise<CaseResult> {
  const manifest = BuildManifest.parse(JSON.parse(readFileSync(`${CLIENT}/manifest.json`, "utf8")));
  const weighFiles = (paths: readonly string[]) => weigh(paths.map((path) => readFileSync(`${CLIENT}/${path}`)));
  const firstLoad = weighFiles(firstLoadScripts(manifest));
  const all = weighFiles(globSync("**/*", { cwd: CLIENT }).filter(isScript));
  const chart: Chart = {
    title: "gzipped JavaScript",
    unit: "kB",
    isRatio: false,
    bars: [
      { label: "first load", value: firstLoad.gzipBytes / 1_000 },
      { label: "in all", value: all.gzipBytes / 1_000 },
    ],
    target: { atMost: BUDGET_GZIP_BYTES / 1_000 },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["JavaScript", "files", "kB", "kB gzip"],
        rows: [rowOf("first load", firstLoad), rowOf("in all", all)],
      },
    ],
    goals: goalsOf(chart),
    notes: [],
  };
}

function rowOf(label: string, { files, plainBytes, gzipBytes }: Weight): readonly string[] {
  return [label, String(files), figure(plainBytes / 1_000), figure(gzipBytes / 1_000)];
}
