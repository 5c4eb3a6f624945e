/**
 * How long a page's tasks are, by the clock of the thread that does them: time that others had the processor does not
 * count. Owns the trace that tells it; what is too long is the test's.
 */
import type { Page } from "playwright-core";
import * as z from "zod/mini";

const Traced = z.array(z.looseObject({ name: z.string(), tdur: z.optional(z.number()) }));

/** Every task of the browser while `work` goes on, in milliseconds of its thread. */
export async function tasksDuring(page: Page, work: () => Promise<void>): Promise<readonly number[]> {
  const session = await page.context().newCDPSession(page);
  const traced: unknown[] = [];
  session.on("Tracing.dataCollected", ({ value }) => traced.push(...value));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "toplevel"] },
  });
  await work();
  const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await ended;
  const tasks = Traced.parse(traced).filter(({ name }) => name === "RunTask");
  return tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1000]));
}
