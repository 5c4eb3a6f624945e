/** Stopping a run, and writing while one is under way. */
import { expect, test } from "vitest";
import { problemRow } from "../../protocol/problem.ts";
import { onBothServers, SHORT, SLOW } from "./both-servers.ts";
import { FrameProxy } from "./frame-proxy.ts";

onBothServers("An answer that is being written", { YOI_DEMO_PACE: "0.3" }, (stage) => {
  for (const way of ["button", "Escape"] as const) {
    test(`is stopped by ${way}: the text so far stays, is marked, and the next message works`, async () => {
      const tab = await stage.openConsole();
      await tab.say(SLOW);
      await tab.written(20);
      if (way === "button") await tab.stopButton.click();
      else await tab.page.keyboard.press("Escape");
      await tab.settled();
      const stopped = await tab.answerText();
      expect(stopped.length).toBeGreaterThanOrEqual(20);
      expect(stopped).toBe(await stage.answerText(tab.ref));
      await tab.log.getByText(tab.words.stopped, { exact: true }).waitFor();
      await tab.announcer.filter({ hasText: tab.words.announce.stopped }).waitFor({ state: "attached" });
      await tab.reload();
      expect(await tab.answerText()).toBe(stopped);
      expect(await tab.log.getByText(tab.words.stopped, { exact: true }).count()).toBe(1);
      await tab.ask(SHORT);
      expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    });
  }

  test("is stopped before its first word, and says so", async () => {
    const tab = await stage.openConsole();
    await tab.say("/demo timeout");
    await tab.log.getByText(tab.words.waitingForModel).waitFor();
    await tab.stopButton.click();
    await tab.settled();
    expect(await tab.answers.count()).toBe(0);
    await tab.log.getByText(tab.words.stopped, { exact: true }).waitFor();
    await tab.ask(SHORT);
  });

  test("leaves the focus where one writes when it is stopped by its button", async () => {
    const tab = await stage.openConsole();
    await tab.say(SLOW);
    await tab.stopButton.click();
    await tab.settled();
    await tab.page.keyboard.type("next");
    expect(await tab.composer.inputValue()).toBe("next");
  });

  test("is not stopped by the second click of a double click on Send, in whose place its button comes", async () => {
    const tab = await stage.openConsole();
    const found = tab.page.evaluate(
      () =>
        new Promise<readonly boolean[]>((resolve) => {
          const observer = new MutationObserver(() => {
            const stop = document.querySelector("button.stop");
            if (!stop) return;
            observer.disconnect();
            const isHit = () => {
              const { x, y, width, height } = stop.getBoundingClientRect();
              return stop.contains(document.elementFromPoint(x + width / 2, y + height / 2));
            };
            const isHitAtFirst = isHit();
            const isOver = Promise.all(stop.getAnimations().map(({ finished }) => finished));
            void isOver.then(() => resolve([isHitAtFirst, isHit()]));
          });
          observer.observe(document.body, { childList: true, subtree: true });
        }),
    );
    await tab.say("/demo timeout");
    expect(await found).toEqual([false, true]);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
  });

  test("refuses a message of a page that does not know of it, in words, and the draft is kept", async () => {
    await using proxy = await FrameProxy.start(() => stage.server.port);
    const one = await stage.openConsole();
    const other = await stage.openConsole({ ref: one.ref, origin: proxy.url, forgive: /409|WebSocket/ });
    proxy.breakNow(one.ref, "silence");
    await one.say(SLOW);
    await one.written(10);
    await other.composer.fill("and another thing");
    await other.composer.press("Enter");
    await other.notice.filter({ hasText: problemRow("worker_busy").title }).waitFor();
    expect(await other.notice.textContent()).toContain(other.words.kept);
    expect(await other.composer.inputValue()).toBe("and another thing");
    await one.page.keyboard.press("Escape");
    await one.settled();
    await other.composer.press("Enter");
    await one.userMessages.filter({ hasText: "and another thing" }).waitFor();
    await expect.poll(() => other.composer.inputValue()).toBe("");
    await one.settled(2);
    expect(await other.notice.textContent()).toBe("");
    // A page that outlives its proxy complains of that.
    await other.page.close();
  });

  test("leaves the next draft alone, which survives a reload in its middle", async () => {
    const tab = await stage.openConsole();
    await tab.say(SLOW);
    await tab.composer.fill("a thought\nfor later");
    await tab.reload();
    expect(await tab.composer.inputValue()).toBe("a thought\nfor later");
    await tab.stopButton.click();
    await tab.settled();
    expect(await tab.composer.inputValue()).toBe("a thought\nfor later");
  });
});
