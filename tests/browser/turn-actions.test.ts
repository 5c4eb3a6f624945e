/** What can be done with a message that has been said: copy, quote, link, say again. Nothing said is ever changed. */
import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { turnMessagesFor } from "../../islands/messages-turns.ts";
import { onOneServer, SHORT } from "./both-servers.ts";
import { messages, onScenes, Scene } from "./transcript-scene.ts";

const words = turnMessagesFor("en").turn;
const SMALLEST_TARGET_PX = 24;

function action(message: Locator, name: string): Locator {
  return message.getByRole("toolbar", { name: words.actions }).getByRole("button", { name, exact: true });
}

onOneServer("What has been said", { YOI_DEMO_PACE: "0" }, (stage) => {
  const openWithClipboard = async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const tab = await stage.openConsole({ context });
    return Object.assign(tab, { clipboard: () => tab.page.evaluate(() => navigator.clipboard.readText()) });
  };

  test("is copied as plain text and as Markdown", async () => {
    const tab = await openWithClipboard();
    await tab.ask("/demo markdown");
    const markdown = (await stage.transcript(tab.ref)).at(-1)?.content ?? "";
    expect(markdown).toMatch(/\*\*|```/);
    const answer = tab.answers.last();
    await action(answer, words.copyMarkdown).click();
    await tab.page.getByRole("status").filter({ hasText: words.copied }).waitFor({ state: "attached" });
    expect(await tab.clipboard()).toBe(markdown);
    await action(answer, words.copyText).click();
    await expect.poll(() => tab.clipboard()).not.toBe(markdown);
    const text = await tab.clipboard();
    expect(text).not.toMatch(/\*\*|```/);
    expect(text).not.toContain(tab.words.copy);
    const said = tab.userMessages.first();
    await action(said, words.copyText).click();
    await expect.poll(() => tab.clipboard()).toBe("/demo markdown");
  });

  test("is linked to: the link opens the page at that message", async () => {
    const tab = await openWithClipboard();
    await tab.ask("older words");
    await tab.ask(SHORT);
    await action(tab.userMessages.last(), words.link).click();
    await expect.poll(() => tab.clipboard()).toMatch(/#entry-\d+$/);
    const link = await tab.clipboard();
    expect(new URL(link).pathname).toBe(new URL(tab.page.url()).pathname);
    const other = await stage.newTab();
    await other.open(link);
    const target = other.page.locator(new URL(link).hash);
    expect(await target.getByRole("article").getAttribute("aria-label")).toBe(other.words.you);
    expect(await target.innerText()).toContain(SHORT);
  });

  test("is quoted behind what is being written", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    await tab.composer.fill("About this:");
    await action(tab.userMessages.first(), words.quote).click();
    await expect.poll(() => tab.composer.inputValue()).toBe(`About this:\n\n> ${SHORT}\n\n`);
    await expect.poll(() => tab.page.evaluate(() => document.activeElement?.id)).toBe("composer-input");
    await tab.page.keyboard.type("Why?");
    expect(await tab.composer.inputValue()).toBe(`About this:\n\n> ${SHORT}\n\nWhy?`);
  });

  test("is edited and sent again as a new message; the draft comes back", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    const before = await tab.conversation();
    await tab.composer.fill("not sent yet");
    const edit = action(tab.userMessages.first(), words.edit);
    expect(await edit.getAttribute("title")).toBe(words.editHint);
    await edit.click();
    await expect.poll(() => tab.composer.inputValue()).toBe(SHORT);
    await expect.poll(() => tab.page.evaluate(() => document.activeElement?.id)).toBe("composer-input");
    await tab.page.keyboard.type(", really");
    await tab.page.keyboard.press("Enter");
    await tab.userMessages.nth(1).waitFor();
    await tab.settled(2);
    await expect.poll(() => tab.composer.inputValue()).toBe("not sent yet");
    expect((await tab.conversation()).slice(0, before.length)).toEqual(before);
    expect((await stage.transcript(tab.ref)).map(({ content }) => content).filter((_, at) => at % 2 === 0)).toEqual([
      SHORT,
      `${SHORT}, really`,
    ]);
  });

  test("is asked again as a new message with an id of its own; the first answer stays", async () => {
    const tab = await stage.openConsole();
    const ids: unknown[] = [];
    tab.page.on("request", (request) => {
      if (request.url().endsWith("/input")) ids.push(request.postDataJSON().submission_id);
    });
    await tab.ask("older words");
    await tab.ask(SHORT);
    const before = await tab.conversation();
    await tab.composer.fill("not sent yet");
    await action(tab.answers.first(), words.regenerate).click();
    await tab.userMessages.nth(2).waitFor();
    await tab.settled(3);
    const after = await stage.transcript(tab.ref);
    expect(after.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user", "assistant"]);
    expect(after[4]?.content).toBe("older words");
    expect((await tab.conversation()).slice(0, before.length)).toEqual(before);
    expect(await tab.composer.inputValue()).toBe("not sent yet");
    expect(new Set(ids).size).toBe(3);
  });

  test("is asked again after the answer that is being written has ended", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    await tab.say("/demo timeout");
    await action(tab.answers.first(), words.regenerate).click();
    const waiting = tab.page.getByRole("region", { name: turnMessagesFor("en").queue.label });
    expect(await waiting.getByRole("listitem").locator("p").allInnerTexts()).toEqual([SHORT]);
    await tab.page.keyboard.press("Escape");
    await waiting.getByRole("button", { name: turnMessagesFor("en").queue.sendNow }).click();
    await tab.userMessages.nth(2).waitFor();
    await tab.settled(3);
    expect((await stage.transcript(tab.ref)).at(-2)?.content).toBe(SHORT);
  });

  test("has its actions in reach of the keyboard: one stop each, shown when it has the focus", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    const { keyboard } = tab.page;
    const bar = tab.answers.last().getByRole("toolbar", { name: words.actions });
    const opacity = () => bar.evaluate((element) => getComputedStyle(element).opacity);
    await tab.page.mouse.move(0, 0);
    await expect.poll(opacity).toBe("0");
    const focused = () => tab.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    await tab.composer.focus();
    // Backwards from the message box: what can be done with the newest answer comes first.
    await keyboard.press("Shift+Tab");
    expect(await focused()).toBe(words.copyText);
    await expect.poll(opacity).toBe("1");
    const names: string[] = [];
    for (let steps = 0; steps < 5; steps += 1) {
      await keyboard.press("ArrowRight");
      names.push(await focused());
    }
    expect(names).toEqual([words.copyMarkdown, words.quote, words.link, words.regenerate, words.copyText]);
    await keyboard.press("End");
    expect(await focused()).toBe(words.regenerate);
    await keyboard.press("Shift+Tab");
    expect(await focused()).toBe(words.copyText);
    expect(await tab.userMessages.first().evaluate((message) => message.contains(document.activeElement))).toBe(true);
    await keyboard.press("Tab");
    expect(await focused()).toBe(words.regenerate);
  });

  test("has targets that fingers hit, which a touch screen always shows", async () => {
    const tab = await stage.openConsole({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    await tab.ask(SHORT);
    const buttons = tab.log.getByRole("toolbar").getByRole("button");
    expect(await buttons.count()).toBe(9);
    const sizes = await buttons.evaluateAll((elements) =>
      elements.map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return Math.min(width, height);
      }),
    );
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(SMALLEST_TARGET_PX);
    const opacities = await tab.log
      .getByRole("toolbar")
      .evaluateAll((bars) => bars.map((bar) => getComputedStyle(bar).opacity));
    expect(opacities).toEqual(["1", "1"]);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  test("has its actions in Japanese too", async () => {
    const ja = turnMessagesFor("ja").turn;
    const tab = await stage.openConsole({ locale: "ja" });
    await tab.ask("こんにちは");
    const bar = tab.answers.last().getByRole("toolbar", { name: ja.actions });
    expect(
      await bar
        .getByRole("button")
        .evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label"))),
    ).toEqual([ja.copyText, ja.copyMarkdown, ja.quote, ja.link, ja.regenerate]);
  });
});

onScenes("An answer whose question stands on an older page", (stage) => {
  test("is asked again also while that page is on its way", async () => {
    const scene = await Scene.open(stage, { entries: messages(100), shown: 59 });
    const { tab } = scene;
    const held = scene.holdPages();
    await tab.scroller.evaluate((element) => (element.scrollTop = -element.scrollHeight));
    await expect.poll(() => scene.pagesAsked).toBe(1);
    const sent = tab.page.waitForRequest(/\/input$/);
    await action(tab.page.locator("#entry-41"), words.regenerate).click();
    held.release();
    expect((await sent).postDataJSON()).toMatchObject({ content: "Question 40" });
    await expect.poll(() => tab.composer.inputValue()).toBe("");
  });
});
