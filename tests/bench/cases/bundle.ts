/**
 * bundle: how much JavaScript a browser gets.
 *
 * Owns the reading of the build; what counts as first load is in `bundle-size.ts`. The peer is the page of the console's
 * case, built for production by the same tool. The figures are exact.
 */
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase, CaseResult } from "../bench-case.ts";
import {
  BuildManifest,
  BUDGET_GZIP_BYTES,
  CLIENT,
  firstLoadScripts,
  isScript,
  weigh,
  type Weight,
} from "../bundle-size.ts";
import type { Chart } from "../harness/chart.ts";
import { goalsOf } from "../harness/goal.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { figure } from "../harness/table.ts";
import { buildConsoleMaps, buildPeer } from "../peer-page.ts";
import { profileScripts } from "../profiles/bundle.ts";

export const bundle: BenchCase = { name: "bundle", run, profiled: profile };

async function profile(): Promise<readonly ProfileSection[]> {
  const folder = await buildConsoleMaps();
  try {
    const { firstLoad, all } = scriptsOf(folder);
    return profileScripts(folder, [
      ["first load", firstLoad],
      ["in all", all],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(): Promise<CaseResult> {
  using stack = new DisposableStack();
  const peerFolder = stack.adopt(await buildPeer("console-peer"), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  const ours = weighBuild(CLIENT);
  const peer = weighBuild(peerFolder);
  const ratio = (key: keyof Build): string => figure(ours[key].gzipBytes / peer[key].gzipBytes);
  const chart: Chart = {
    title: "gzipped JavaScript",
    unit: "kB",
    isRatio: false,
    bars: [
      { label: "first load", value: ours.firstLoad.gzipBytes / 1_000 },
      { label: "in all", value: ours.all.gzipBytes / 1_000 },
      { label: "React, useChat and Streamdown, first load", value: peer.firstLoad.gzipBytes / 1_000, isPeer: true },
    ],
    target: { atMost: BUDGET_GZIP_BYTES / 1_000 },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["JavaScript", "files", "kB", "kB gzip", "ratio to peer"],
        rows: [
          [...rowOf("first load", ours.firstLoad), ratio("firstLoad")],
          [...rowOf("first load, peer", peer.firstLoad), "1"],
          [...rowOf("in all", ours.all), ratio("all")],
          [...rowOf("in all, peer", peer.all), "1"],
        ],
      },
    ],
    goals: goalsOf(chart),
    notes: [],
  };
}

interface Build {
  readonly firstLoad: Weight;
  readonly all: Weight;
}

function weighBuild(folder: string): Build {
  const { firstLoad, all } = scriptsOf(folder);
  const weighFiles = (paths: readonly string[]) => weigh(paths.map((path) => readFileSync(join(folder, path))));
  return { firstLoad: weighFiles(firstLoad), all: weighFiles(all) };
}

function scriptsOf(folder: string) {
  const manifest = BuildManifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  return { firstLoad: firstLoadScripts(manifest), all: globSync("**/*", { cwd: folder }).filter(isScript) };
}

function rowOf(label: string, { files, plainBytes, gzipBytes }: Weight): readonly string[] {
  return [label, String(files), figure(plainBytes / 1_000), figure(gzipBytes / 1_000)];
}
