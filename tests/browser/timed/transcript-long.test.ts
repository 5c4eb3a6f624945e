/** Ten thousand messages: found, selected, paged and kept still, at the cost of a short conversation. */
import { expect, test } from "vitest";
import { messages, onScenes, runBegins, Scene } from "../transcript-scene.ts";
import { logAtRest, showSelection } from "../../support/in-page.ts";

const MANY = 10_000;
/** What a delta may cost more in a long conversation than in a short one: the machine's own noise. */
const DEARER_BY = 2.5;
/** What the page may hold, in bytes of the script's heap. */
const MAX_HEAP_BYTES = 160_000_000;
/** How far a line under the reader's eyes may move while pages are put above it. */
const STILL_PX = 1;

onScenes("A long conversation", (stage) => {
  test("is found by the browser's search, selected across pages, and bounded in memory", async () => {
    const { tab } = await Scene.open(stage, { entries: messages(MANY), shown: MANY });
    const find = (text: string) =>
      tab.page.evaluate((sought) => Reflect.apply(Reflect.get(window, "find"), window, [sought]), text);
    expect(await find("Question 42?")).toBe(false);
    expect(await find("Answer 4321.")).toBe(true);
    const isFoundInSight = await tab.page.evaluate(showSelection);
    expect(isFoundInSight).toBe(true);
    const selected = await tab.log.evaluate((log) => {
      getSelection()?.selectAllChildren(log);
      return getSelection()?.toString() ?? "";
    });
    expect(selected).toContain("Question 0\n");
    expect(selected).toContain("Answer 4321.");
    expect(selected).toContain(`Answer ${MANY - 1}.`);
    const session = await tab.page.context().newCDPSession(tab.page);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    console.log(`${MANY} messages take ${Math.round(usedSize / 1e6)} MB of the script's heap`);
    expect(usedSize).toBeLessThan(MAX_HEAP_BYTES);
  });

  test("a word that comes costs what it costs in a short one", async () => {
    const cost = async (count: number): Promise<number> => {
      const scene = await Scene.open(stage, { entries: messages(count), shown: count });
      const session = await scene.tab.page.context().newCDPSession(scene.tab.page);
      await session.send("Performance.enable", { timeDomain: "threadTicks" });
      const spent = async () => {
        const { metrics } = await session.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
      };
      scene.publish(...runBegins("Go on"));
      await scene.stream("One word and another. ".repeat(20), { chars: 10, everyMs: 10 });
      const before = await spent();
      await scene.stream("One word and another. ".repeat(100), { chars: 10, everyMs: 10 });
      return (((await spent()) - before) / 220) * 1000;
    };
    const short = await cost(20);
    const long = await cost(MANY);
    console.log(
      `A delta costs ${short.toFixed(2)} ms of the page's thread after 20 messages, ${long.toFixed(2)} ms after ${MANY}`,
    );
    expect(long).toBeLessThan(short * DEARER_BY);
  });

  test("older pages come by scrolling up, and what is read stays where it is", async () => {
    const scene = await Scene.open(stage, { entries: messages(1_000), shown: 60 });
    const { tab } = scene;
    const toTop = () => tab.scroller.evaluate((element) => (element.scrollTop = -element.scrollHeight));
    await toTop();
    await tab.page.locator("#entry-890").waitFor({ state: "attached" });
    const pages = scene.holdPages();
    const asked = scene.pagesAsked;
    await toTop();
    await expect.poll(() => scene.pagesAsked).toBeGreaterThan(asked);
    await tab.log.evaluate(logAtRest);
    const line = await tab.log.evaluate((log) => {
      const top = log.getBoundingClientRect().top;
      const row = [...log.querySelectorAll(".row")].find((candidate) => candidate.getBoundingClientRect().top > top);
      return { id: row?.id ?? "", top: row?.getBoundingClientRect().top ?? 0 };
    });
    pages.release();
    const first = Number(line.id.replace("entry-", ""));
    expect(first).toBeLessThanOrEqual(890);
    await tab.page.locator(`#entry-${first - 50}`).waitFor({ state: "attached" });
    const after = await tab.page
      .locator(`#${line.id}`)
      .evaluate(
        (row) =>
          new Promise<number>((resolve) => requestAnimationFrame(() => resolve(row.getBoundingClientRect().top))),
      );
    expect(Math.abs(after - line.top)).toBeLessThanOrEqual(STILL_PX);
  });

  test("older pages come by keyboard alone", async () => {
    const scene = await Scene.open(stage, { entries: messages(300), shown: 60 });
    const link = scene.tab.page.getByRole("link", { name: scene.tab.words.earlier });
    await link.focus();
    await scene.tab.page.keyboard.press("Enter");
    await scene.tab.page.locator("#entry-190").waitFor({ state: "attached" });
    expect(scene.pagesAsked).toBeGreaterThanOrEqual(1);
  });
});
