/** Following the newest text, reading older text in peace, and staying quick in a long answer. */
import { expect, test } from "vitest";
import { onOneServer } from "../both-servers.ts";
import { tasksDuring } from "./thread-tasks.ts";

/** How far a line under the reader's eyes may move while text streams in below it. */
const STILL_PX = 1;
/** No task of the page may work for longer while a keystroke waits; none comes near. */
const LONGEST_TASK_MS = 600;

onOneServer("A long answer", { YOI_DEMO_PACE: "1" }, (stage) => {
  test("is followed to its end as long as the reader is at the end", async () => {
    const tab = await stage.openConsole();
    await tab.say("/demo long 1800");
    for (const chars of [1_000, 2_000, 3_000]) {
      await tab.written(chars);
      expect(await tab.distanceFromEnd()).toBeLessThan(2);
      expect(await tab.jumpButton.isVisible()).toBe(false);
    }
    await tab.settled();
    expect(await tab.distanceFromEnd()).toBeLessThan(2);
    expect(await tab.scroller.evaluate((element) => element.scrollHeight > element.clientHeight * 2)).toBe(true);
  });

  test("leaves a reader alone who has scrolled up, and takes them back when they ask", async () => {
    const tab = await stage.openConsole();
    await tab.say("/demo long 3000");
    await tab.written(3_500);
    await tab.scroller.hover();
    await tab.page.mouse.wheel(0, -500);
    await tab.jumpButton.waitFor();
    // A wheel's scrolling may glide: the reader reads from where it has come to rest.
    await tab.page.waitForFunction(() => {
      const scroller = document.querySelector("[role=log]");
      const top = scroller?.querySelector("p")?.getBoundingClientRect().top;
      const before = Reflect.get(window, "topBefore");
      Reflect.set(window, "topBefore", top);
      return top === before;
    });
    const line = tab.answers.last().locator("p").first();
    const before = await line.evaluate((element) => element.getBoundingClientRect().top);
    for (const chars of [5_000, 6_000, 7_000]) {
      await tab.written(chars);
      const top = await line.evaluate((element) => element.getBoundingClientRect().top);
      expect(Math.abs(top - before)).toBeLessThanOrEqual(STILL_PX);
    }
    await tab.jumpButton.click();
    await tab.jumpButton.waitFor({ state: "hidden" });
    await expect.poll(() => tab.distanceFromEnd()).toBeLessThan(2);
    await tab.settled();
    await expect.poll(() => tab.distanceFromEnd()).toBeLessThan(2);
  });

  test("keeps the page quick: typing is not held up, and nothing is lost", async () => {
    const tab = await stage.openConsole();
    const tasks = await tasksDuring(tab.page, async () => {
      await tab.say("/demo long 2500");
      await tab.written(2_000);
      await tab.composer.pressSequentially("written meanwhile", { delay: 20 });
      expect(await tab.composer.inputValue()).toBe("written meanwhile");
      await tab.settled();
    });
    const longest = Math.round(Math.max(...tasks));
    console.log(`${tasks.length} tasks in a 2500-word answer, the longest ${longest} ms of its thread`);
    expect(tasks.length).toBeGreaterThan(100);
    expect(longest).toBeLessThan(LONGEST_TASK_MS);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
  });
});
