/**
 * streaming-markdown: what a delta of a long answer costs the browser, early in the answer and late in it.
 *
 * Owns the workload and its figures. The console is the real page with all that it does per event; the peers are React
 * with Streamdown and with react-markdown on a page that does nothing else. Windows alternate in the same browser.
 */
import { rmSync } from "node:fs";
import { launchChromium } from "../../support/chromium.ts";
import {
  DELTAS,
  DELTAS_PER_SECOND,
  LONG,
  openAnswer,
  SHORT,
  SIDES,
  windowsOf,
  WORKLOADS,
  type Side,
  type Workload,
} from "../answer-pages.ts";
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { costOf, type PageCost } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio, type Estimate } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { sectionOf } from "../mixed-answer.ts";
import { buildPeer } from "../peer-page.ts";
import { profileAnswers } from "../profiles/streaming-markdown.ts";

const ROUNDS = 12;
const PROFILE_ROUNDS = 2;
const MUST_RATIO = 0.3;
const GOAL_RATIO = 0.1;
const MUST_GROWTH = 1.2;
const GOAL_GROWTH = 1;

export const streamingMarkdown: BenchCase = { name: "streaming-markdown", run, profiled: profile };

async function profile({ rounds = PROFILE_ROUNDS }: BenchOptions) {
  return profileAnswers(rounds);
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const peerFolder = await buildPeer("markdown-peer");
  stack.defer(() => rmSync(peerFolder, { recursive: true, force: true }));
  const workspace = stack.use(await startWorkspace("node"));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const subjects = new Map<string, () => Promise<PageCost>>();
  for (const side of SIDES) {
    const answer = stack.use(await openAnswer(side, workspace.url, peerFolder));
    const { page, session, window } = await windowsOf(browser, answer);
    for (const workload of WORKLOADS) {
      subjects.set(nameOf(side, workload), () => window(workload, (send) => costOf(page, session, DELTAS, send)));
    }
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
