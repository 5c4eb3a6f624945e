/**
 * transcript: a conversation of ten thousand items on the screen: opening it, its growth, and reading back in it.
 *
 * Owns the workload and its figures. The peers are React with virtua's list and with every item in the document; all three
 * do the same things in turns, in the same browser.
 */
import { rmSync } from "node:fs";
import type { Browser, CDPSession, Page } from "playwright-core";
import * as z from "zod/mini";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { settled, taskMsOf, watch } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio, type Estimate } from "../harness/statistics.ts";
import { writeHistory } from "../harness/stored-history.ts";
import { figure, interval } from "../harness/table.ts";
import { openConsoleList, openPeerList, PAGE_ITEMS, type ListPage } from "../list-pages.ts";
import { buildPeer } from "../peer-page.ts";
import { keepPace } from "../programs/pace.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 6;
const ITEMS = 10_000;
const ANSWER = "An answer has **some** sentences, and `this` is one of them. ".repeat(6);
const APPENDED = 20;
const APPENDED_PER_SECOND = 20;
const DELTAS = 60;
const DELTAS_PER_SECOND = 60;
const FRAMES = 120;
/** Most of a screen, as somebody goes back who looks for something. */
const STEP_PX = 560;
/** How far below the oldest item somebody reads when older ones come. */
const READING_PX = 300;
const VIEWPORT = { width: 1_000, height: 700 };
const OPEN_TIMEOUT_MS = 60_000;
const MUST_RATIO = 1.5;
const GOAL_RATIO = 1;
const MAX_JUMP_PX = 1;

const SIDES = ["console", "virtua", "full"] as const;
type Side = (typeof SIDES)[number];
const LABELS: Readonly<Record<Side, string>> = { console: "console", virtua: "virtua", full: "full document" };

/** One visit's figures. Work is that of the main thread, in milliseconds of its processor's time. */
interface Visit {
  readonly openMs: number;
  readonly appendMs: number;
  readonly updateMs: number;
  readonly frameMs: number;
  /** From one frame to the next, by the page's own clock. */
  readonly longestFrameMs: number;
  readonly prependMs: number;
  readonly jumpPx: number;
}

const ROWS: readonly (readonly [keyof Visit, string])[] = [
  ["openMs", "open"],
  ["appendMs", "an item comes"],
  ["updateMs", "the last one goes on"],
  ["frameMs", "a frame of reading back"],
  ["prependMs", `${PAGE_ITEMS} older ones come`],
  ["longestFrameMs", "longest frame of reading back"],
];

export const transcript: BenchCase = { name: "transcript", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const peerFolder = await buildPeer("list-peer");
  stack.defer(() => rmSync(peerFolder, { recursive: true, force: true }));
  // A message and its answer are two items.
  const history = stack.use(await writeHistory({ workers: 1, messages: ITEMS / 2, tokens: 1, token: ANSWER }));
  const server = stack.use(await startWorkspace("node", { environment: { YOI_DATA_DIR: history.path } }));
  const worker = `${server.url}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${history.workerIds[0]}` as const;
  const items = Array.from({ length: ITEMS }, (_, index) => (index % 2 === 0 ? `Message ${index / 2}` : ANSWER));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const visitOf = (open: () => Promise<ListPage>) => async (): Promise<Visit> => {
    await using list = await open();
    return await visit(browser, list);
  };
  const samples = await alternate(
    rounds,
    new Map<Side, () => Promise<Visit>>([
      ["console", visitOf(() => openConsoleList(server.url, worker))],
      ["virtua", visitOf(() => openPeerList(peerFolder, "virtua", items))],
      ["full", visitOf(() => openPeerList(peerFolder, "full", items))],
    ]),
  );
  const of = (side: Side, key: keyof Visit): readonly number[] => samplesOf(samples, side).map((each) => each[key]);
  const ratioOf = (key: keyof Visit, peer: Side): Estimate => pairedRatio(of("console", key), of(peer, key));
  const jumpOf = (side: Side): number => Math.max(...of(side, "jumpPx"));
  const chart: Chart = {
    title: `work in a conversation of ${ITEMS.toLocaleString("en-US")} items`,
    unit: "times virtua",
    isRatio: true,
    bars: [
      ...ROWS.map(([key, label]) => ({ label, value: ratioOf(key, "virtua") })),
      { label: "virtua", value: 1, isPeer: true },
    ],
    target: { atMost: MUST_RATIO },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["ms", ...SIDES.map((side) => LABELS[side]), "ratio to virtua", "ratio to the full document"],
        rows: [
          ...ROWS.map(([key, label]) => [
            label,
            ...SIDES.map((side) => figure(median(of(side, key)))),
            interval(ratioOf(key, "virtua")),
            interval(ratioOf(key, "full")),
          ]),
          ["jump of what is read, CSS px", ...SIDES.map((side) => figure(jumpOf(side))), "", ""],
        ],
      },
    ],
    goals: [
      ...goalsOf(chart),
      {
        text: `each at most ${GOAL_RATIO} times virtua`,
        isMet: ROWS.every(([key]) => ratioOf(key, "virtua").median <= GOAL_RATIO),
      },
      goal("what is read moves when older items come by", jumpOf("console"), { atMost: MAX_JUMP_PX }, "px"),
    ],
    notes: [
      `${ITEMS.toLocaleString("en-US")} items; ${APPENDED} come, ${APPENDED_PER_SECOND}/s; the last one gets ${DELTAS} deltas, ${DELTAS_PER_SECOND}/s; ${FRAMES} frames of ${STEP_PX} px each; ${rounds} visits each, in turns; medians, the jump is the largest.`,
      "Times are what the main thread worked, painting included, but for the longest frame, which is the time from one frame to the next.",
    ],
  };
}

async function visit(browser: Browser, list: ListPage): Promise<Visit> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    const session = await watch(page);
    await page.goto(list.url, { timeout: OPEN_TIMEOUT_MS });
    await page.waitForFunction(list.isReady, undefined, { timeout: OPEN_TIMEOUT_MS });
    await page.waitForSelector("article", { timeout: OPEN_TIMEOUT_MS });
    await settled(page);
    const openMs = await taskMsOf(session);
    const appendMs = await workOf(page, session, () =>
      keepPace(APPENDED, { intervalMs: 1_000 / APPENDED_PER_SECOND, offsetMs: 0 }, (index) =>
        list.append(`An item that has come: ${index}.`),
      ),
    );
    const updateMs = await workOf(page, session, () =>
      keepPace(DELTAS, { intervalMs: 1_000 / DELTAS_PER_SECOND, offsetMs: 0 }, () => list.update("word ")),
    );
    const intervals: number[] = [];
    const scrollMs = await workOf(page, session, async () => {
      intervals.push(...Intervals.parse(await page.evaluate(readBack, { frames: FRAMES, stepPx: STEP_PX })));
    });
    const { ready, prepend } = list.prepare();
    await page.evaluate(goToOldest, READING_PX);
    await ready;
    await settled(page);
    await page.evaluate(watchReading);
    const prependMs = await workOf(page, session, async () => prepend());
    const jumpPx = z.number().parse(await page.evaluate("globalThis.benchJump()"));
    return {
      openMs,
      appendMs: appendMs / APPENDED,
      updateMs: updateMs / DELTAS,
      frameMs: scrollMs / FRAMES,
      longestFrameMs: Math.max(...intervals),
      prependMs,
      jumpPx,
    };
  } finally {
    await context.close();
  }
}

const Intervals = z.array(z.number());

async function workOf(page: Page, session: CDPSession, act: () => Promise<void>): Promise<number> {
  const before = await taskMsOf(session);
  await act();
  await settled(page);
  await settled(page);
  return (await taskMsOf(session)) - before;
}

/** Scrolls up a step a frame, in the page. @returns the milliseconds from frame to frame */
function readBack({ frames, stepPx }: { readonly frames: number; readonly stepPx: number }): Promise<number[]> {
  const scroller = document.querySelector(".scroller")!;
  const intervals: number[] = [];
  return new Promise((resolve) => {
    let last: number | undefined;
    const step = (now: number) => {
      if (last !== undefined) intervals.push(now - last);
      last = now;
      if (intervals.length === frames) return resolve(intervals);
      scroller.scrollTop -= stepPx;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

/** Goes to the oldest item that the page has, but for some pixels. */
function goToOldest(belowPx: number): void {
  const scroller = document.querySelector(".scroller")!;
  // From the top or, where it is laid out from its bottom, from there.
  const isReversed = getComputedStyle(scroller).flexDirection === "column-reverse";
  const top = isReversed ? scroller.clientHeight - scroller.scrollHeight : 0;
  scroller.scrollTop = top + belowPx;
}

/** Notes at every frame how far the item in the middle of the screen has moved. */
function watchReading(): void {
  const scroller = document.querySelector(".scroller")!;
  const { top, height } = scroller.getBoundingClientRect();
  const middle = top + height / 2;
  const read = [...scroller.querySelectorAll("article")].find((each) => each.getBoundingClientRect().bottom > middle)!;
  const id = read.closest("[id]")!.id;
  const placeOf = () => document.getElementById(id)?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY;
  const before = placeOf();
  let jump = 0;
  const look = () => {
    jump = Math.max(jump, Math.abs(placeOf() - before));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  Object.assign(globalThis, { benchJump: () => jump });
}
