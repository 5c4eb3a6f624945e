/** Send, stream, answer: the one thing that everybody does. */
import { expect, test } from "vitest";
import { workerPagePath } from "../../islands/paths.ts";
import { onBothServers, SLOW } from "./both-servers.ts";

/** A slow answer takes seconds: a page that stands still for one or two of them sees it grow all the same. */
onBothServers("A conversation", { YOI_DEMO_PACE: "0.1" }, (stage) => {
  test("shows the message, lets the text grow and ends idle", async () => {
    const tab = await stage.openConsole();
    await tab.page.evaluate(() => {
      const titles: string[] = [];
      const lengths: number[] = [];
      const look = () => {
        const length = document.querySelector("article[aria-busy=true]")?.textContent.length ?? 0;
        if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
        if (document.title !== titles.at(-1)) titles.push(document.title);
        requestAnimationFrame(look);
      };
      look();
      Object.assign(globalThis, { titles, lengths });
    });
    await tab.say(SLOW);
    expect(await tab.userMessages.last().textContent()).toContain(SLOW);
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    await expect
      .poll(() => tab.page.evaluate("titles"))
      .toEqual(["Worker · Yoi Workspace", "● Worker · Yoi Workspace", "Worker · Yoi Workspace"]);
    expect((await tab.page.evaluate<readonly number[]>("lengths")).length).toBeGreaterThanOrEqual(4);
    await tab.announcer.filter({ hasText: tab.words.announce.finished }).waitFor({ state: "attached" });
    expect(await tab.page.getByRole("article", { name: "Worker" }).count()).toBe(1);
  });

  test("keeps the draft until the Worker has the message", async () => {
    const tab = await stage.openConsole();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await tab.page.route("**/input", async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    });
    await tab.composer.fill("hello, slow network");
    await tab.composer.press("Enter");
    await asked.promise;
    await tab.page.getByRole("button", { name: tab.words.sending }).waitFor();
    expect(await tab.composer.inputValue()).toBe("hello, slow network");
    held.resolve();
    await tab.userMessages.first().waitFor();
    await expect.poll(() => tab.composer.inputValue()).toBe("");
    await tab.settled();
  });

  test("breaks the line on Shift+Enter and sends both lines", async () => {
    const tab = await stage.openConsole();
    await tab.composer.fill("first");
    await tab.composer.press("Shift+Enter");
    await tab.composer.pressSequentially("second");
    expect(await tab.composer.inputValue()).toBe("first\nsecond");
    await tab.composer.press("Enter");
    await tab.settled();
    expect((await stage.transcript(tab.ref))[0]?.content).toBe("first\nsecond");
  });

  test("is the same after a reload", async () => {
    const tab = await stage.openConsole();
    await tab.ask("hello");
    await tab.ask("write a function");
    const before = await tab.conversation();
    expect(before).toHaveLength(4);
    await tab.reload();
    expect(await tab.conversation()).toEqual(before);
  });

  test("is readable without JavaScript, which a note says is needed to write", async () => {
    const tab = await stage.openConsole();
    await tab.ask("hello");
    const plain = await stage.newTab({ javaScriptEnabled: false });
    await plain.page.goto(stage.server.url + workerPagePath(tab.ref));
    expect(await plain.page.getByRole("main").innerText()).toContain(plain.words.needsScript);
    expect(await plain.composer.isVisible()).toBe(false);
    expect(await plain.userMessages.allInnerTexts()).toEqual([expect.stringContaining("hello")]);
    expect(await plain.answers.last().innerText()).toContain((await stage.answerText(tab.ref)).slice(0, 30));
    expect(await plain.workerLinks.count()).toBe((await stage.listWorkers()).length);
    expect(await plain.page.title()).toBe("Worker · Yoi Workspace");
  });
});
