/** The page around a conversation in Firefox: its link, the keyboard, tastes, the tour, and where the app is served. */
import { expect, test } from "vitest";
import { messagesFor } from "../../islands/messages.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { tourMessagesFor } from "../../islands/tour/messages-tour.ts";
import { pageWordsFor } from "../../routes/page-words.ts";
import { FirefoxTab } from "../support/firefox-tab.ts";
import { launchFirefox } from "../support/firefox.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient } from "../support/workspace-client.ts";
import type { FirefoxStage } from "./firefox-stage.ts";
import { FrameProxy } from "./frame-proxy.ts";

const words = messagesFor("en");
const tour = tourMessagesFor("en");
const SHORT = "my name is Ada";
/** Is written for seconds. */
const SLOW = "/demo slow";
/** Begins to answer, and goes on without another word until it is stopped. */
const STALL = "/demo stall";
/** What the network's own failures leave in the browser's console. */
const BROKEN = /can.t establish a connection|connection to ws|interrupted while the page/i;

export function pageInFirefox(stage: FirefoxStage): void {
  test("loads, sends, streams, and is the same after a reload", async () => {
    const { tab, ref } = await stage.open();
    // Looked at in the page: from here an answer may have ended before anybody looks.
    await tab.page.$eval("[role=log]", (log) => {
      const lengths: number[] = [];
      Reflect.set(window, "lengths", lengths);
      new MutationObserver(() => {
        const length = log.querySelector("article[aria-busy=true]")?.textContent.length ?? 0;
        if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
      }).observe(log, { childList: true, characterData: true, subtree: true });
    });
    await tab.say(SLOW);
    await tab.answered(1);
    expect(await tab.page.evaluate(() => (Reflect.get(window, "lengths") as number[]).length)).toBeGreaterThan(3);
    expect(await tab.answerText()).toBe(await stage.answerText(ref));
    const before = await tab.messages();
    await tab.reload();
    expect(await tab.messages()).toEqual(before);
  });

  test("says what its link is doing, in words and aloud, and keeps what was written", async () => {
    await using proxy = await FrameProxy.start(() => stage.server.port);
    const [tab, ref] = await Promise.all([stage.newTab(BROKEN), stage.client.createWorker()]);
    const { page } = tab;
    await tab.goto(proxy.url + workerPagePath(ref));
    await page.$eval("[data-testid=announcer]", (region) => {
      const said: string[] = [];
      Reflect.set(window, "said", said);
      new MutationObserver(() => said.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    const heard = () => page.evaluate(() => (Reflect.get(window, "said") as string[]).join(" "));
    const toHear = (...wanted: readonly string[]) =>
      tab.until(`to hear "${wanted.join('" or "')}"`, async () => wanted.includes(await heard()));
    const { started, linkLost, linkBack, stopped } = words.announce;
    await tab.say(STALL);
    await tab.written(20);
    await toHear(started);
    proxy.isDown = true;
    proxy.breakNow(ref, "reset");
    await page.waitForFunction(() =>
      /^Reconnecting in \d+ s$/.test(document.querySelector("[data-testid=link-state]")?.textContent ?? ""),
    );
    await tab.shows("[data-testid=stale-note]", "As of ");
    await toHear(`${started} ${linkLost}`);
    proxy.isDown = false;
    // Its own next attempt may have come first: then there is nothing to press any more.
    await page.evaluate((tryNow) => {
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === tryNow)?.click();
    }, words.link.tryNow);
    await tab.linkIs("live");
    await toHear(`${started} ${linkLost} ${linkBack}`);
    await tab.press("Escape");
    await tab.answered(1);
    await toHear(`${started} ${linkLost} ${linkBack} ${stopped}`);
    expect(await tab.answerText()).toBe(await stage.answerText(ref));
  });

  test("is worked by keys alone: past the list to the message box, to Stop, and back", async () => {
    const { tab } = await stage.open();
    const { page } = tab;
    const focused = () => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.ariaLabel);
    await tab.press("Tab");
    expect(await focused()).toBe(pageWordsFor("en").skipToComposer);
    await tab.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "composer-input");
    await page.keyboard.type(STALL);
    await tab.press("Enter");
    await tab.written(10);
    await tab.press("Tab");
    expect(await focused()).toBe(words.stop);
    expect(await page.evaluate(() => document.activeElement?.matches(":focus-visible"))).toBe(true);
    await tab.press("Enter");
    await tab.shows("[role=log]", words.stopped);
    await page.waitForFunction(() => document.activeElement?.id === "composer-input");
    // Backwards from there: what can be done with the newest answer.
    await tab.press("Shift", "Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("[role=toolbar]") !== null)).toBe(true);
  });

  test("is shown around by the tour, whose cut is no loss, and which stays closed once it was closed", async () => {
    const { tab, ref } = await stage.openOwn();
    const { page } = tab;
    await page.setViewport({ width: 1_280, height: 800 });
    // The tour comes alive by itself: what was pressed before is lost.
    await page.waitForSelector("#tour[data-hydrated]");
    await tab.click("button", tour.steps.drop.label);
    await tab.shows("#tour [role=status]", tour.steps.drop.look);
    await tab.linkIs("live");
    await tab.answered(1);
    expect(await tab.answerText()).toBe(await stage.answerText(ref));
    await page.$eval("#tour header button", (button) => button.focus());
    await tab.press("Enter");
    await page.waitForFunction(() => document.querySelector("#tour")?.checkVisibility() === false);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(tour.open);
    await tab.reload();
    expect(await page.$eval("#tour", (panel) => panel.checkVisibility())).toBe(false);
  });

  test("is as wide as the smallest screen, calm, and legible in colours that the system forces", async () => {
    await using browser = await launchFirefox("ja", {
      "browser.display.document_color_use": 2,
      "ui.prefersReducedMotion": 1,
    });
    const ref = await stage.client.createWorker();
    await using tab = await FirefoxTab.open(browser, stage.server.url + workerPagePath(ref));
    const { page } = tab;
    await page.setViewport({ width: 320, height: 640 });
    const tastes = ["(forced-colors: active)", "(prefers-reduced-motion: reduce)"];
    expect(await page.evaluate((queries) => queries.map((query) => matchMedia(query).matches), tastes)).toEqual([
      true,
      true,
    ]);
    await tab.say(STALL);
    await tab.written(10);
    expect(await page.$eval("html", ({ lang }) => lang)).toBe("ja");
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    // What is told by a ground alone elsewhere has an edge or a colour of its own here.
    const edges = await page.evaluate(() =>
      [".bubble", "button.stop", ".composer-box"].map(
        (selector) => getComputedStyle(document.querySelector(selector) ?? document.body).borderTopStyle,
      ),
    );
    expect(edges).toEqual(["solid", "solid", "solid"]);
    const [dot, ground] = await page.evaluate(() =>
      [".link .dot", "body"].map((selector) => {
        const element = document.querySelector(selector);
        return element && getComputedStyle(element).backgroundColor;
      }),
    );
    expect(dot).not.toBe(ground);
    await tab.press("Escape");
    await tab.answered(1);
    await tab.say("/demo markdown");
    await tab.answered(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    expect(tab.complaints).toEqual([]);
  });

  test("is served below a prefix as anywhere else, with a manifest and icons", async () => {
    await using server = await ServerProcess.start({
      engine: "node",
      environment: { YOI_BASE_PATH: "/yoi/", YOI_DEMO_PACE: "0" },
    });
    const tab = await stage.newTab();
    const client = new WorkspaceClient(`${server.url}/yoi`);
    const ref = await client.createWorker();
    await tab.goto(`${server.url}/yoi${workerPagePath(ref)}`);
    await tab.say(SHORT);
    await tab.answered(1);
    const icons = await tab.page.$eval('link[rel="manifest"]', async (link) => {
      if (!(link instanceof HTMLLinkElement)) return [];
      const manifest = (await (await fetch(link.href)).json()) as { icons: { src: string; type: string }[] };
      return Promise.all(
        manifest.icons.map(async ({ src, type }) => {
          const icon = await fetch(new URL(src, link.href));
          return [icon.status, icon.headers.get("content-type") === type];
        }),
      );
    });
    expect(icons.length).toBeGreaterThan(1);
    expect(icons).toEqual(icons.map(() => [200, true]));
    const asked = await tab.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(asked.filter((name) => !name.startsWith(`${server.url}/yoi/`) && !name.startsWith("data:"))).toEqual([]);
    // A page that outlives its server complains of that.
    await tab.page.goto("about:blank");
  });
}
