/**
 * console: what a stream costs the browser.
 *
 * Owns the workload and its figures. The peer is a page of React, @ai-sdk/react and Streamdown that shows the same
 * conversation and the same deltas at the same pace, in the same browser, in windows that alternate.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import * as z from "zod/mini";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
import { BuildManifest, BUDGET_GZIP_BYTES, CLIENT, firstLoadScripts, weigh, type Weight } from "../bundle-size.ts";
import { conversationOf, openConsoleStage, openPeerStage, type StreamingPage } from "../console-stage.ts";
import {
  DELTA_CHARS,
  DELTAS,
  DELTAS_PER_SECOND,
  subjectOf,
  type Side,
  type Subject,
  type Workload,
} from "../console-subject.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { goal } from "../harness/goal.ts";
import { settled, type PageCost } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio, type Estimate } from "../harness/statistics.ts";
import { figure, interval, type Table } from "../harness/table.ts";
import { buildPeer } from "../peer-page.ts";
import { spawnWorker } from "../programs/worker-client.ts";

const ROUNDS = 6;
const MESSAGE_COUNTS = [10, 1_000, 10_000] as const;
/** How much more a delta may cost among many messages. */
const FLAT_RATIO = 2;

const WORKLOADS: readonly Workload[] = MESSAGE_COUNTS.map((messages) => ({
  label: `${figureOf(messages)} messages`,
  messages,
  prefixChars: 200,
  staysOpen: messages >= 1_000,
}));

export const browserConsole: BenchCase = { name: "console", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const peerFolder = await buildPeer("console-peer");
  stack.defer(() => rmSync(peerFolder, { recursive: true, force: true }));
  const workspace = stack.use(await startWorkspace("node"));
  const browser = await launchChromium();
  stack.defer(() => browser.close());

  const open = async (side: Side, messages: number): Promise<StreamingPage> => {
    const conversation = conversationOf(messages);
    return stack.use(
      side === "console"
        ? await openConsoleStage(workspace.url, await spawnWorker(workspace.url), conversation)
        : await openPeerStage(peerFolder, conversation),
    );
  };
  const subjects: Subject[] = [];
  for (const workload of WORKLOADS) {
    for (const side of ["console", "peer"] as const) {
      subjects.push(await subjectOf(browser, side, workload, await open(side, workload.messages)));
    }
  }
  const samples = await alternate(
    rounds,
    new Map(subjects.map(({ side, workload, take }) => [`${side} ${workload.label}`, take])),
  );
  const of = (side: Side, { label }: Workload, key: keyof PageCost): readonly number[] =>
    samplesOf(samples, `${side} ${label}`).map((cost) => cost[key]);
  const starts = await startFigures(browser, { console: await open("console", 10), peer: await open("peer", 10) });
  const weights: Readonly<Record<Side, Weight>> = { console: weighBuild(CLIENT), peer: weighBuild(peerFolder) };
  const chart: Chart = {
    title: "main thread's time per delta",
    unit: "times the peer",
    isRatio: true,
    bars: WORKLOADS.map((workload) => ({ label: workload.label, value: ratioToPeer(of, workload) })),
  };
  return {
    charts: [chart],
    tables: [costTable(of), startTable(starts, weights)],
    goals: goalsOf(of, weights),
    notes: [
      `${DELTAS} deltas of ${DELTA_CHARS} characters, ${DELTAS_PER_SECOND}/s, ${rounds} rounds of windows that alternate; medians.`,
      "Times are those of the main thread's own processor time. Main thread: all of its tasks. Long tasks are over 50 ms, summed over all rounds. Shift: cumulative layout shift, the largest window's.",
    ],
  };
}

type CostsOf = (side: Side, workload: Workload, key: keyof PageCost) => readonly number[];

function ratioToPeer(of: CostsOf, workload: Workload): Estimate {
  return pairedRatio(of("console", workload, "taskMs"), of("peer", workload, "taskMs"));
}

function costTable(of: CostsOf): Table {
  const rowsOf = (workload: Workload) =>
    (["console", "peer"] as const).map((side) => [
      `${workload.label}, ${side === "console" ? "console" : "peer"}`,
      figure(median(of(side, workload, "scriptMs"))),
      figure(median(of(side, workload, "layoutMs"))),
      figure(median(of(side, workload, "taskMs"))),
      side === "console" ? interval(ratioToPeer(of, workload)) : "1",
      String(of(side, workload, "longTasks").reduce((sum, count) => sum + count, 0)),
      Math.max(...of(side, workload, "shift")).toFixed(3),
    ]);
  return {
    head: ["ms per delta", "script", "style, layout", "main thread", "ratio to peer", "long tasks", "shift"],
    rows: WORKLOADS.flatMap(rowsOf),
  };
}

function goalsOf(of: CostsOf, weights: Readonly<Record<Side, Weight>>): readonly Goal[] {
  const [fewest, , most] = WORKLOADS;
  const grows = (from: Workload | undefined, to: Workload | undefined): number =>
    from && to ? median(of("console", to, "taskMs")) / median(of("console", from, "taskMs")) : Number.NaN;
  const all = (key: "longTasks" | "shift") => WORKLOADS.flatMap((workload) => of("console", workload, key));
  return [
    goal(`a delta among ${most?.label}`, grows(fewest, most), { atMost: FLAT_RATIO }, `times ${fewest?.label}`),
    { text: "no task over 50 ms while streaming", isMet: all("longTasks").every((count) => count === 0) },
    { text: "no layout shift while streaming", isMet: all("shift").every((shift) => shift === 0) },
    goal(
      "gzipped JavaScript of the first load",
      weights.console.gzipBytes / 1_000,
      { atMost: BUDGET_GZIP_BYTES / 1_000 },
      "kB",
    ),
  ];
}

interface StartFigures {
  readonly firstPaintMs: number;
  readonly interactiveMs: number;
}

const START_ROUNDS = 7;
const Timing = z.object({ firstPaintMs: z.number(), interactiveMs: z.number() });
/** When the message box is alive, noted in the page as it happens. */
const NOTE_INTERACTIVE = `new MutationObserver((_, observer) => {
  if (!document.querySelector('#composer[data-hydrated]') && document.documentElement.dataset.ready === undefined) return;
  globalThis.benchInteractiveMs = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });`;

async function startFigures(
  browser: Browser,
  stages: Readonly<Record<Side, StreamingPage>>,
): Promise<ReadonlyMap<Side, readonly StartFigures[]>> {
  const load = (side: Side) => async (): Promise<StartFigures> => {
    // A window of its own: nothing is cached.
    const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
    await page.addInitScript(NOTE_INTERACTIVE);
    await page.goto(stages[side].url);
    await page.waitForFunction(() => "benchInteractiveMs" in globalThis);
    await settled(page);
    const timing = await page.evaluate(
      "({ firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime, interactiveMs: globalThis.benchInteractiveMs })",
    );
    await page.close();
    return Timing.parse(timing);
  };
  return alternate(
    START_ROUNDS,
    new Map<Side, () => Promise<StartFigures>>([
      ["console", load("console")],
      ["peer", load("peer")],
    ]),
  );
}

function startTable(
  starts: ReadonlyMap<Side, readonly StartFigures[]>,
  weights: Readonly<Record<Side, Weight>>,
): Table {
  const rowOf = (side: Side): readonly string[] => {
    const samples = samplesOf(starts, side);
    return [
      side,
      figure(median(samples.map(({ firstPaintMs }) => firstPaintMs))),
      figure(median(samples.map(({ interactiveMs }) => interactiveMs))),
      figure(weights[side].gzipBytes / 1_000),
    ];
  };
  return {
    head: ["start, 10 messages", "first contentful paint, ms", "interactive, ms", "first-load JavaScript, kB gzip"],
    rows: [rowOf("console"), rowOf("peer")],
  };
}

function weighBuild(folder: string): Weight {
  const manifest = BuildManifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  return weigh(firstLoadScripts(manifest).map((path) => readFileSync(join(folder, path))));
}

function figureOf(count: number): string {
  return count.toLocaleString("en-US");
}
