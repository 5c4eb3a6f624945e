/**
 * One visit to a page with a long conversation, as the `transcript` case and its profile do it.
 *
 * Owns what is done there, one after the other, and what of it is weighed. Where the page comes from is `list-pages.ts`'s.
 */
import type { Browser, CDPSession } from "playwright-core";
import * as z from "zod/mini";
import { settled, taskMsOf, watch } from "./harness/page-cost.ts";
import type { ListPage } from "./list-pages.ts";
import { keepPace } from "./programs/pace.ts";

export const APPENDED = 20;
export const APPENDED_PER_SECOND = 20;
export const DELTAS = 60;
export const DELTAS_PER_SECOND = 60;
export const FRAMES = 120;
/** Most of a screen, as somebody goes back who looks for something. */
export const STEP_PX = 560;
/** How far below the oldest item somebody reads when older ones come. */
const READING_PX = 300;
const VIEWPORT = { width: 1_000, height: 700 };
const OPEN_TIMEOUT_MS = 60_000;

export const OPERATIONS = ["open", "append", "update", "read back", "prepend"] as const;
/** What a visit does, one after the other. */
export type Operation = (typeof OPERATIONS)[number];

/** Done around each operation of a visit. */
export type WatchWork = (operation: Operation, session: CDPSession, act: () => Promise<void>) => Promise<unknown>;

/** One visit's figures. Work is that of the main thread, in milliseconds of its processor's time. */
export interface Visit {
  readonly openMs: number;
  readonly appendMs: number;
  readonly updateMs: number;
  readonly frameMs: number;
  /** From one frame to the next, by the page's own clock. */
  readonly longestFrameMs: number;
  readonly prependMs: number;
  readonly jumpPx: number;
}

/** Opens the page, does everything once, and closes it. */
export async function visit(browser: Browser, list: ListPage, watchWork: WatchWork): Promise<Visit> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    const session = await watch(page);
    const workOf = async (operation: Operation, act: () => Promise<void>): Promise<number> => {
      const before = await taskMsOf(session);
      await watchWork(operation, session, async () => {
        await act();
        await settled(page);
        await settled(page);
      });
      return (await taskMsOf(session)) - before;
    };
    await watchWork("open", session, async () => {
      await page.goto(list.url, { timeout: OPEN_TIMEOUT_MS });
      await page.waitForFunction(list.isReady, undefined, { timeout: OPEN_TIMEOUT_MS });
      await page.waitForSelector("article", { timeout: OPEN_TIMEOUT_MS });
      await settled(page);
    });
    const openMs = await taskMsOf(session);
    const appendMs = await workOf("append", () =>
      keepPace(APPENDED, { intervalMs: 1_000 / APPENDED_PER_SECOND, offsetMs: 0 }, (index) =>
        list.append(`An item that has come: ${index}.`),
      ),
    );
    const updateMs = await workOf("update", () =>
      keepPace(DELTAS, { intervalMs: 1_000 / DELTAS_PER_SECOND, offsetMs: 0 }, () => list.update("word ")),
    );
    const intervals: number[] = [];
    const scrollMs = await workOf("read back", async () => {
      intervals.push(...Intervals.parse(await page.evaluate(readBack, { frames: FRAMES, stepPx: STEP_PX })));
    });
    const { ready, prepend } = list.prepare();
    await page.evaluate(goToOldest, READING_PX);
    await ready;
    await settled(page);
    await page.evaluate(watchReading);
    const prependMs = await workOf("prepend", async () => prepend());
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
