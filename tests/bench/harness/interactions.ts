/**
 * How long a page's interactions took, by the browser's own account (Event Timing): from the key to the next paint.
 *
 * Owns what is noted in the page and its reading.
 */
import type { Page } from "playwright-core";
import * as z from "zod/mini";
import { settled } from "./page-cost.ts";

/** The browser tells of nothing shorter. */
const SHORTEST_MS = 16;
const Durations = z.array(z.number());

/** Notes interactions; called in the page before its own scripts. Several events are one interaction, which is as long as its longest. */
export function noteInteractions(): void {
  const longest = new Map<number, number>();
  Object.assign(globalThis, { benchInteractions: longest });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!("interactionId" in entry) || typeof entry.interactionId !== "number" || entry.interactionId === 0) continue;
      longest.set(entry.interactionId, Math.max(longest.get(entry.interactionId) ?? 0, entry.duration));
    }
    // why: the types of the page's own API don't know its threshold.
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
}

/** How long each of `count` interactions took, in milliseconds; what the browser does not tell of counts as its shortest. */
export async function takeInteractions(page: Page, count: number): Promise<readonly number[]> {
  await settled(page);
  const told = Durations.parse(await page.evaluate("[...globalThis.benchInteractions.values()]"));
  return [...told, ...Array.from({ length: Math.max(0, count - told.length) }, () => SHORTEST_MS)];
}
