/** A long answer with everything in it, as fast as a model can write: nothing jumps, and the page never stalls. */
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { answered, messages, onScenes, richText, runBegins, runEnds, Scene } from "../transcript-scene.ts";
import { tasksDuring } from "./thread-tasks.ts";

const ANSWER_CHARS = 100_000;
/** A hundred events a second. */
const PACE = { chars: 100, everyMs: 10 } as const;
/** A task is long when the page's own thread works so long on it; time that others had the processor does not count. */
const LONG_TASK_MS = 50;

const Shift = z.object({ value: z.number(), what: z.array(z.string()) });

onScenes("A long answer behind a thousand messages", (stage) => {
  test("moves nothing that has been read, and keeps no keystroke waiting", async () => {
    // With a formula and a listing in sight: what they need has been loaded, as in any conversation about such things.
    const entries = [...messages(998), ...[1, 2].map(() => answered(richText(1_000)))];
    const scene = await Scene.open(stage, { entries, shown: entries.length });
    const { tab } = scene;
    const { page } = tab;
    await page.locator("math").last().waitFor();
    await page.locator("[class^=hl-]").last().waitFor();
    await page.evaluate(() => {
      const shifts: unknown[] = [];
      Reflect.set(window, "shifts", shifts);
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const sources: readonly { readonly node: Node | null }[] = Reflect.get(entry, "sources");
          const inLog = sources.filter(({ node }) => node?.parentElement?.closest("[role=log]"));
          if (inLog.length === 0) continue;
          shifts.push({
            value: Reflect.get(entry, "value"),
            what: inLog.map(({ node }) => node?.textContent?.slice(0, 80) ?? ""),
          });
        }
      }).observe({ type: "layout-shift" });
    });
    const text = richText(ANSWER_CHARS);
    const tasks = await tasksDuring(page, async () => {
      scene.publish(...runBegins("Write it all down"));
      await scene.stream(text, PACE);
    });
    scene.publish(...runEnds(text));
    await tab.settled();
    expect(await tab.distanceFromEnd()).toBeLessThan(2);
    expect(z.array(Shift).parse(await page.evaluate("window.shifts"))).toEqual([]);
    const longest = Math.max(...tasks);
    console.log(`${text.length} characters: ${tasks.length} tasks, the longest ${longest.toFixed(1)} ms of its thread`);
    expect(tasks.length).toBeGreaterThan(100);
    expect(longest).toBeLessThan(LONG_TASK_MS);
  });
});
