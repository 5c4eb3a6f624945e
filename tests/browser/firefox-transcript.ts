/** What Firefox shows of a conversation: long ones, what is being written, and every kind of entry. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { messagesFor } from "../../islands/messages.ts";
import { workerPagePath } from "../../islands/paths.ts";
import type { FirefoxTab } from "../support/firefox-tab.ts";
import { logAtRest, showSelection } from "../support/in-page.ts";
import { SceneProxy, type SceneEntries } from "../support/scene-proxy.ts";
import { everyEntry } from "./every-entry.ts";
import type { FirefoxStage } from "./firefox-stage.ts";
import { messages, richText, runBegins, runEnds } from "./transcript-scene.ts";

const words = messagesFor("en");
const MANY = 10_000;
/** How far a line under the reader's eyes may move while pages are put above it. */
const STILL_PX = 1;
/** What a model may write, and no page may do. */
const HOSTILE = `<script>document.title = "taken over"</script><img src=x onerror="document.title = 'taken over'">
[a link](javascript:alert(1)) <iframe src="https://example.com"></iframe>

${richText(6_000)}`;

export function transcriptInFirefox(stage: FirefoxStage): void {
  let proxy: SceneProxy;
  let tab: FirefoxTab;
  beforeAll(async () => {
    [proxy, tab] = await Promise.all([SceneProxy.start(stage.server.port), stage.shared()]);
  });
  afterAll(async () => {
    await tab?.page.goto("about:blank");
    await proxy?.[Symbol.asyncDispose]();
  });

  const show = async (scene: Omit<SceneEntries, "ref">): Promise<void> => {
    const ref = await stage.client.createWorker();
    proxy.set({ ref, ...scene });
    await tab.goto(proxy.url + workerPagePath(ref));
    await tab.page.waitForSelector(`#entry-${scene.entries.length - 1}`);
  };
  const topOf = (selector: string) => tab.page.$eval(selector, (row) => row.getBoundingClientRect().top);

  test("finds and selects in ten thousand messages by its own means", async () => {
    await show({ entries: messages(MANY), shown: MANY });
    const find = (text: string) =>
      tab.page.evaluate((sought) => Reflect.apply(Reflect.get(window, "find"), window, [sought]) === true, text);
    expect(await find("Question 42?")).toBe(false);
    expect(await find("Answer 4321.")).toBe(true);
    const isFoundInSight = await tab.page.evaluate(showSelection);
    expect(isFoundInSight).toBe(true);
    // Its `toString()` leaves out what is not laid out; what a person copies is whole.
    await tab.page.$eval("[role=log]", (log) => getSelection()?.selectAllChildren(log));
    await tab.press("Control", "c");
    await tab.page.focus("#composer-input");
    await tab.press("Control", "v");
    await tab.until("what was selected in the message box", async () => (await tab.draft()) !== "");
    const selected = await tab.draft();
    expect(selected).toContain("Question 0\n");
    expect(selected).toContain("Answer 4321.");
    expect(selected).toContain(`Answer ${MANY - 1}.`);
    await tab.press("Control", "a");
    await tab.press("Delete");
  });

  test("gets older pages by scrolling up, and leaves what is read where it is", async () => {
    await show({ entries: messages(1_000), shown: 60 });
    const toTop = () => tab.page.$eval("[role=log]", (log) => log.scrollTo(0, -log.scrollHeight));
    await toTop();
    await tab.page.waitForSelector("#entry-890");
    const pages = proxy.holdPages();
    const asked = proxy.pagesAsked;
    await toTop();
    await tab.until("an older page to be asked for", async () => proxy.pagesAsked > asked);
    const id = await markInSight(tab, ".row[id]");
    const before = await topOf("[data-marked]");
    pages.release();
    await tab.page.waitForSelector(`#entry-${Number(id.replace("entry-", "")) - 50}`);
    await frame(tab);
    expect(Math.abs((await topOf("[data-marked]")) - before)).toBeLessThanOrEqual(STILL_PX);
  });

  test("takes whatever a model writes, at every piece of it, follows it, and lets a reader stay behind", async () => {
    await show({ entries: messages(40) });
    await tab.page.evaluate(() => {
      const found: string[] = [];
      Reflect.set(window, "foundInLog", found);
      const banned = 'script, iframe, object, embed, style, img, [onerror], [onclick], a[href^="javascript"]';
      const log = document.querySelector("[role=log]");
      if (!log) throw new Error("Cannot find the conversation");
      new MutationObserver(() => {
        for (const element of log.querySelectorAll(banned)) found.push(element.outerHTML);
      }).observe(log, { childList: true, subtree: true, attributes: true });
    });
    proxy.publish(...runBegins("Write it all down"));
    const half = Math.floor(HOSTILE.length / 2);
    const publish = async (text: string) => {
      for (let from = 0; from < text.length; from += 60) {
        proxy.publish({ event: "text_delta", data: { text: text.slice(from, from + 60) } });
        if (from % 600 === 0) await frame(tab);
      }
    };
    await publish(HOSTILE.slice(0, half));
    await tab.until("the end to be followed", async () => (await tab.distanceFromEnd()) < 2);
    await tab.page.hover("[role=log]");
    await tab.page.mouse.wheel({ deltaY: -700 });
    await tab.shows(".jump:not([hidden])", words.stillWriting);
    await markInSight(tab, "article p");
    const before = await topOf("[data-marked]");
    await publish(HOSTILE.slice(half));
    proxy.publish(...runEnds(HOSTILE));
    await tab.page.waitForFunction(
      (text) => document.querySelector(".jump")?.textContent === text,
      {},
      words.jumpToLatest,
    );
    proxy.publish(...runBegins("One more"), ...runEnds("So be it."));
    await tab.shows(".jump", words.newMessages(2));
    expect(Math.abs((await topOf("[data-marked]")) - before)).toBeLessThanOrEqual(STILL_PX);
    await tab.page.click("button.jump");
    await tab.until("the end", async () => (await tab.distanceFromEnd()) < 2);
    await tab.page.waitForSelector("[role=log] math mfrac, [role=log] math munderover");
    await tab.page.waitForSelector("[role=log] .hl-word");
    expect(await tab.page.evaluate(() => Reflect.get(window, "foundInLog") as unknown)).toEqual([]);
    expect(await tab.page.title()).not.toContain("taken over");
    expect((await tab.texts("[role=log] article")).at(-3)).toContain("<script>");
  });

  test("shows every kind of entry: quiet lines that open, tables, tasks, formulas, usage, and a failure's reason", async () => {
    await show({ entries: everyEntry("en") });
    const { page } = tab;
    expect(await page.$$eval("[role=log] details", (lines) => lines.filter(({ open }) => open).length)).toBe(0);
    await tab.shows("summary", words.thoughtFor(words.duration(4_200)));
    await page.$eval("[role=log] summary", (summary) => summary.focus());
    await tab.press("Enter");
    await tab.shows("[role=log] details[open]", "where it is made");
    const lines = (await tab.texts("[role=log] summary")).join("\n");
    for (const line of ["list_files", words.toolResult("list_files"), words.toolFailed("read_file"), "moon_phase"])
      expect(lines).toContain(line);
    await tab.shows("[role=log]", "The disk is nearly full.");
    expect(await tab.texts("[role=log] th")).toEqual(["step", "who", "what"]);
    expect(await page.$$eval("[role=log] li input", (boxes) => boxes.map(({ ariaLabel }) => ariaLabel))).toEqual([
      words.task(true),
      words.task(false),
    ]);
    await page.waitForSelector("[role=log] math");
    await tab.shows("[role=log]", words.usage("1,204", "318"));
    await tab.shows("[role=log] section", "overloaded");
    await tab.find("button", words.askAgain);
  });

  test("copies a listing and breaks its long lines when asked to", async () => {
    const { page } = tab;
    const code = (await tab.texts("[role=log] pre code"))[0] ?? "";
    await tab.click("button", words.copy);
    await tab.find("button", words.copied);
    await page.focus("#composer-input");
    await tab.press("Control", "v");
    await tab.until("the listing in the message box", async () => (await tab.draft()).trim() === code.trim());
    await tab.click("button", words.wrapLines);
    await page.waitForSelector('button[aria-pressed="true"]');
    expect(await page.$eval("[role=log] pre", (pre) => getComputedStyle(pre).whiteSpaceCollapse)).toBe("preserve");
    expect(await page.$eval("[role=log] pre", (pre) => pre.scrollWidth - pre.clientWidth)).toBe(0);
  });
}

/** Waits for the next frame. */
function frame(tab: FirefoxTab): Promise<void> {
  return tab.page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => resolve())));
}

/** Marks the first of a kind that begins in the window, once nothing moves any more. Returns its id. */
async function markInSight(tab: FirefoxTab, kind: string): Promise<string> {
  await tab.page.$eval("[role=log]", logAtRest);
  return tab.page.$eval(
    "[role=log]",
    (log, selector) => {
      const { top } = log.getBoundingClientRect();
      const found = [...log.querySelectorAll(selector)].find((each) => each.getBoundingClientRect().top > top);
      found?.setAttribute("data-marked", "");
      return found?.id ?? "";
    },
    kind,
  );
}
