/**
 * streaming-markdown: what a delta of a long answer costs the browser, early in the answer and late in it.
 *
 * Owns the workload and its figures. The console is the real page with all that it does per event; the peers are React
 * with Streamdown and with react-markdown on a page that does nothing else. Windows alternate in the same browser.
 */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
import { openConsoleStage } from "../console-stage.ts";
import { isConsoleReady, isPeerReady } from "../console-subject.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { costOf, settled, watch, type PageCost } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio, type Estimate } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { sectionOf } from "../mixed-answer.ts";
import { buildPeer, openPeerPage } from "../peer-page.ts";
import { keepPace } from "../programs/pace.ts";
import { spawnWorker } from "../programs/worker-client.ts";

const ROUNDS = 12;
const DELTAS = 100;
const DELTAS_PER_SECOND = 100;
const VIEWPORT = { width: 1_000, height: 700 };
const MUST_RATIO = 0.3;
const GOAL_RATIO = 0.1;
const MUST_GROWTH = 1.2;
const GOAL_GROWTH = 1;

const SIDES = ["console", "streamdown", "react-markdown"] as const;
type Side = (typeof SIDES)[number];

interface Workload {
  readonly label: string;
  /** How many sections stand there when the window begins; the window writes one more. */
  readonly sections: number;
  /** How many times slower the processor is made. */
  readonly slowdown: number;
}

const SHORT: Workload = { label: "10 kB", sections: 4, slowdown: 1 };
const LONG: Workload = { label: "100 kB", sections: 49, slowdown: 1 };
const SLOW_LONG: Workload = { ...LONG, label: "100 kB, processor 4 times slower", slowdown: 4 };
const WORKLOADS = [SHORT, LONG, SLOW_LONG] as const;

export const streamingMarkdown: BenchCase = { name: "streaming-markdown", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const peerFolder = await buildPeer("markdown-peer");
  stack.defer(() => rmSync(peerFolder, { recursive: true, force: true }));
  const workspace = stack.use(await startWorkspace("node"));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const subjects = new Map<string, () => Promise<PageCost>>();
  for (const side of SIDES) {
    const answer = stack.use(side === "console" ? await openConsole(workspace.url) : await openPeer(peerFolder, side));
    const takeOf = await windowsOf(browser, answer);
    for (const workload of WORKLOADS) subjects.set(nameOf(side, workload), () => takeOf(workload));
  }
  const samples = await alternate(rounds, subjects);
  const of = (side: Side, workload: Workload, key: keyof PageCost): readonly number[] =>
    samplesOf(samples, nameOf(side, workload)).map((cost) => cost[key]);
  return {
    tables: [
      {
        head: ["ms per delta", "script", "console to it", "growth", "style, layout", "main thread", "long tasks"],
        rows: WORKLOADS.flatMap((workload) => SIDES.map((side) => rowOf(of, side, workload))),
      },
    ],
    charts: [chartOf(of)],
    goals: goalsFor(of),
    notes: [
      `${DELTAS} deltas of a section of ${sectionOf(1).length.toLocaleString("en-US")} characters, ${DELTAS_PER_SECOND}/s, ${rounds} rounds of windows that alternate; medians.`,
      "Times are those of the main thread's own processor time. Growth: of the script's, from the last section of 10 kB to the last of 100 kB. Long tasks are over 50 ms by the clock, summed over all rounds.",
    ],
  };
}

type CostsOf = (side: Side, workload: Workload, key: keyof PageCost) => readonly number[];

function rowOf(of: CostsOf, side: Side, workload: Workload): readonly string[] {
  return [
    `${workload.label}, ${side}`,
    figure(median(of(side, workload, "scriptMs"))),
    side === "console" ? "1" : interval(ratioTo(of, side, workload)),
    workload === LONG ? interval(pairedRatio(of(side, LONG, "scriptMs"), of(side, SHORT, "scriptMs"))) : "",
    figure(median(of(side, workload, "layoutMs"))),
    figure(median(of(side, workload, "taskMs"))),
    String(sum(of(side, workload, "longTasks"))),
  ];
}

function chartOf(of: CostsOf): Chart {
  return {
    title: "script per delta of a long answer",
    unit: "times Streamdown",
    isRatio: true,
    bars: [
      ...WORKLOADS.map((workload) => ({ label: workload.label, value: ratioTo(of, "streamdown", workload) })),
      { label: "Streamdown", value: 1, isPeer: true },
    ],
    target: { atMost: MUST_RATIO },
  };
}

function goalsFor(of: CostsOf): readonly Goal[] {
  const growth = pairedRatio(of("console", LONG, "scriptMs"), of("console", SHORT, "scriptMs"));
  const longTasks = WORKLOADS.reduce((total, workload) => total + sum(of("console", workload, "longTasks")), 0);
  return [
    ...goalsOf(chartOf(of)),
    goal("script of a delta, 100 kB", ratioTo(of, "streamdown", LONG), { atMost: GOAL_RATIO }, "times Streamdown"),
    ...[MUST_GROWTH, GOAL_GROWTH].map((atMost) =>
      goal("script of a delta, from 10 kB to 100 kB", growth, { atMost }, "times"),
    ),
    goal("while streaming", longTasks, { atMost: 0 }, "tasks over 50 ms"),
  ];
}

function ratioTo(of: CostsOf, side: Side, workload: Workload): Estimate {
  return pairedRatio(of("console", workload, "scriptMs"), of(side, workload, "scriptMs"));
}

function nameOf(side: Side, workload: Workload): string {
  return `${side} ${workload.label}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A page on which one answer is written. */
interface AnswerPage extends AsyncDisposable {
  readonly url: string;
  readonly isReady: () => boolean;
  /** Empties the page and begins an answer. */
  begin(): void;
  delta(text: string): void;
}

async function openConsole(upstream: string): Promise<AnswerPage> {
  const stage = await openConsoleStage(upstream, await spawnWorker(upstream), []);
  return {
    url: stage.url,
    isReady: isConsoleReady,
    begin() {
      stage.empty();
      void stage.begin();
    },
    delta: (text) => stage.delta(text),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

async function openPeer(folder: string, renderer: Exclude<Side, "console">): Promise<AnswerPage> {
  const page = await openPeerPage(folder, null);
  return {
    url: `${page.url}?renderer=${renderer}`,
    isReady: isPeerReady,
    begin: () => page.tell({ kind: "empty" }),
    delta: (text) => page.tell({ kind: "delta", text }),
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  };
}

/** Opens a page once and says how its windows are measured. */
async function windowsOf(browser: Browser, answer: AnswerPage): Promise<(workload: Workload) => Promise<PageCost>> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const session = await watch(page);
  await page.goto(answer.url);
  await page.waitForFunction(answer.isReady);
  return async ({ sections, slowdown }) => {
    answer.begin();
    answer.delta(Array.from({ length: sections }, (_, index) => sectionOf(index + 1)).join(""));
    await settled(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    const text = sectionOf(sections + 1);
    const chars = Math.ceil(text.length / DELTAS);
    const cost = await costOf(page, session, DELTAS, () =>
      keepPace(DELTAS, { intervalMs: 1_000 / DELTAS_PER_SECOND, offsetMs: 0 }, (index) =>
        answer.delta(text.slice(index * chars, (index + 1) * chars)),
      ),
    );
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    return cost;
  };
}
