/** The console without a mouse. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { workerPagePath } from "../../islands/paths.ts";
import { pageWordsFor } from "../../routes/page-words.ts";
import { COMPANION, onOneServer, SHORT } from "./both-servers.ts";

/** Begins to answer, and goes on without another word until it is stopped. */
const STALL = "/demo stall";

/** What the focus is on, in a screen reader's words: `button Send`. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return "";
    const label = element.id === "" ? null : document.querySelector(`[for="${element.id}"]`);
    const name = element.getAttribute("aria-label") ?? (label ?? element).textContent;
    return `${element.tagName.toLowerCase()} ${name.trim()}`;
  });
}

/** Presses Tab until the focus is on something of that name; every stop on the way must be visible. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let stops = 0; stops < 25; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    // Past the last stop the browser's own controls come, then the page's first.
    if (stop === "") continue;
    const isVisible = await page.evaluate(() => {
      const element = document.activeElement;
      const box = element?.getBoundingClientRect();
      return element?.matches(":focus-visible") === true && box !== undefined && box.width > 0 && box.height > 0;
    });
    expect(isVisible, `${stop} is seen to have the focus`).toBe(true);
    if (name.test(stop)) return;
  }
  throw new Error(`Cannot reach ${String(name)} by Tab: the focus is on ${await focused(page)}`);
}

onOneServer("The keyboard alone", { YOI_DEMO_PACE: "0.1" }, (stage) => {
  test("skips to the message box, sends, stops and comes back to the message box", async () => {
    const tab = await stage.openConsole();
    const { keyboard } = tab.page;
    await keyboard.press("Tab");
    const { skipToComposer } = pageWordsFor("en");
    expect(await focused(tab.page)).toBe(`a ${skipToComposer}`);
    await tab.page.getByRole("link", { name: skipToComposer }).and(tab.page.locator(":focus")).waitFor();
    await keyboard.press("Enter");
    expect(await focused(tab.page)).toMatch(/^textarea /);
    await keyboard.type(STALL);
    await keyboard.press("Enter");
    await tab.written(10);
    await tabTo(tab.page, /^button Stop$/);
    await keyboard.press("Enter");
    await tab.settled();
    expect(await focused(tab.page)).toMatch(/^textarea /);
    await keyboard.type(SHORT);
    await tabTo(tab.page, /^button Send$/);
    await keyboard.press("Space");
    await tab.userMessages.nth(1).waitFor();
    await tab.settled(2);
  });

  test("stays where it has gone while a message is on its way", async () => {
    const tab = await stage.openConsole();
    const held = Promise.withResolvers<void>();
    await tab.page.route("**/input", async (route) => {
      const response = await route.fetch();
      await held.promise;
      await route.fulfill({ response });
    });
    await tab.say(SHORT);
    await tab.scroller.focus();
    const answered = tab.page.waitForResponse("**/input");
    held.resolve();
    await (await answered).finished();
    await tab.settled();
    expect(await focused(tab.page)).toBe(`div ${tab.words.conversation}`);
  });

  test("creates a Worker, talks to it and switches back", async () => {
    const tab = await stage.openConsole({ ref: COMPANION });
    const { keyboard } = tab.page;
    await tabTo(tab.page, new RegExp(`^button ${tab.words.newWorker}$`));
    await keyboard.press("Enter");
    await tab.page.waitForURL(/\/workers\/worker-/);
    await tab.alive();
    await tabTo(tab.page, /^textarea /);
    await keyboard.type(SHORT);
    await keyboard.press("Enter");
    await tab.userMessages.first().waitFor();
    await tab.settled();
    await tab.page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
    await tabTo(tab.page, /^a Companion/);
    await keyboard.press("Enter");
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    expect(await tab.page.getByRole("heading", { level: 1 }).innerText()).toBe("Companion");
  });

  test("scrolls the conversation and jumps to the latest", async () => {
    const tab = await stage.openConsole();
    await tab.ask("/demo long 600");
    await tab.scroller.focus();
    await tab.page.keyboard.press("PageUp");
    await tab.jumpButton.waitFor();
    await tab.composer.focus();
    await tab.page.keyboard.press("Shift+Tab");
    expect(await focused(tab.page)).toContain(tab.words.jumpToLatest);
    await tab.page.keyboard.press("Enter");
    await tab.jumpButton.waitFor({ state: "hidden" });
    await expect.poll(() => tab.distanceFromEnd()).toBeLessThan(2);
    expect(await focused(tab.page)).toBe(`div ${tab.words.conversation}`);
  });

  test("opens the connection's details and closes them by Escape", async () => {
    const tab = await stage.openConsole();
    await tabTo(tab.page, /^summary Connection: Live$/);
    const details = tab.page.getByText(tab.words.link.counters.received);
    await tab.page.keyboard.press("Enter");
    await details.waitFor();
    await tab.page.keyboard.press("Escape");
    await details.waitFor({ state: "hidden" });
    expect(await focused(tab.page)).toBe("summary Connection: Live");
  });

  test("shows where the focus is", async () => {
    const tab = await stage.openConsole();
    const pictures: string[] = [];
    const look = async () => pictures.push((await tab.page.screenshot({ animations: "disabled" })).toString("base64"));
    await tab.composer.blur();
    await look();
    await tab.page.keyboard.press("Tab");
    await look();
    await tabTo(tab.page, /^button New Worker$/);
    await look();
    await tab.composer.focus();
    await look();
    expect(new Set(pictures).size).toBe(pictures.length);
  });
});
