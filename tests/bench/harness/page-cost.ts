/**
 * What a stream costs a real page.
 *
 * Owns one measured window: the main thread's time by the browser's own account, as its processor counts it, the long tasks and the layout shifts that
 * the page reports. The pace is the caller's.
 */
import type { CDPSession, Page } from "playwright-core";
import * as z from "zod/mini";

/** A window's figures; times are milliseconds per delta, without those in which others had the processor. */
export interface PageCost {
  readonly scriptMs: number;
  /** Styles and layout. */
  readonly layoutMs: number;
  /** All tasks of the main thread, painting included. */
  readonly taskMs: number;
  /** Tasks over 50 ms in the window. */
  readonly longTasks: number;
  /** Cumulative layout shift within the window. */
  readonly shift: number;
}

const Watched = z.object({ longTasks: z.number(), shift: z.number() });

/** Starts to note long tasks and layout shifts; called in the page before its own scripts. */
function watchPage(): void {
  const seen = { longTasks: 0, shift: 0 };
  Object.assign(globalThis, { benchSeen: seen });
  new PerformanceObserver((list) => (seen.longTasks += list.getEntries().length)).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ("value" in entry && typeof entry.value === "number") seen.shift += entry.value;
    }
  }).observe({ type: "layout-shift" });
}

/** Makes a page's windows measurable; before it is opened. */
export async function watch(page: Page): Promise<CDPSession> {
  await page.addInitScript(watchPage);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return session;
}

/** Measures what `deltas` deltas cost, sent by `send`. */
export async function costOf(
  page: Page,
  session: CDPSession,
  deltas: number,
  send: () => Promise<void>,
): Promise<PageCost> {
  const before = await accountOf(session);
  const seenBefore = await seenIn(page);
  await send();
  await settled(page);
  const after = await accountOf(session);
  const seenAfter = await seenIn(page);
  const per = (name: string) => (((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1_000) / deltas;
  return {
    scriptMs: per("ScriptDuration"),
    layoutMs: per("LayoutDuration") + per("RecalcStyleDuration"),
    taskMs: per("TaskDuration"),
    longTasks: seenAfter.longTasks - seenBefore.longTasks,
    shift: seenAfter.shift - seenBefore.shift,
  };
}

/** How long the main thread has worked in all, in milliseconds. */
export async function taskMsOf(session: CDPSession): Promise<number> {
  return ((await accountOf(session)).get("TaskDuration") ?? 0) * 1_000;
}

/** Waits until what has come is on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 100)))),
  );
}

async function accountOf(session: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

async function seenIn(page: Page): Promise<z.infer<typeof Watched>> {
  return Watched.parse(await page.evaluate("globalThis.benchSeen"));
}
