/** The console in a real Firefox: what every browser has to do, done by another engine than Chromium's. */
import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { workerPagePath } from "../../islands/paths.ts";
import { WorkerTranscript } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { FirefoxTab } from "../support/firefox-tab.ts";
import { launchFirefox } from "../support/firefox.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

const environment = { YOI_DEMO_PACE: "0.05" };
const PROCESS_KEY_CODE = 229;

describe("In Firefox the console", () => {
  let server: ServerProcess;
  let browser: Browser;
  const tabs: FirefoxTab[] = [];
  beforeAll(async () => {
    [server, browser] = await Promise.all([ServerProcess.start({ engine: "node", environment }), launchFirefox()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    const complaints = tabs.flatMap((tab) => tab.complaints);
    await Promise.all(tabs.splice(0).map((tab) => tab[Symbol.asyncDispose]()));
    if (complaints.length > 0) throw new Error(`There were errors in the browser: ${complaints.join("\n")}`);
  });

  const open = async (query = ""): Promise<{ readonly tab: FirefoxTab; readonly ref: WorkerRef }> => {
    const ref = await new WorkspaceClient(server.url).createWorker();
    const tab = await FirefoxTab.open(browser, server.url + workerPagePath(ref) + query);
    tabs.push(tab);
    return { tab, ref };
  };
  const stored = async (ref: WorkerRef): Promise<string> => {
    const { items } = await new WorkspaceClient(server.url).read(WorkerTranscript, `${workerPath(ref)}/transcript`);
    return (items.findLast(({ role }) => role === "assistant")?.content ?? "").replaceAll("**", "");
  };

  test("loads, sends, streams, and is the same after a reload", async () => {
    const { tab, ref } = await open();
    await tab.say("/demo think");
    await tab.written(20);
    await tab.answered(1);
    expect(await tab.answerText()).toBe(await stored(ref));
    const before = await tab.messages();
    await tab.page.reload();
    await tab.alive();
    expect(await tab.messages()).toEqual(before);
  });

  test("goes on without a missing word after its socket was cut in the middle of an answer", async () => {
    const { tab, ref } = await open();
    await tab.say("/demo slow");
    await tab.written(20);
    await tab.page.evaluate(() => document.querySelector<HTMLButtonElement>("#tour .tour-step button")?.click());
    await tab.page.waitForFunction(() => document.querySelector("#tour .tour-look")?.textContent !== "");
    await tab.linkIs("live");
    await tab.answered(1);
    expect(await tab.answerText()).toBe(await stored(ref));
  });

  test("leaves the Enter that confirms to the input method, in the order of Firefox", async () => {
    const { tab, ref } = await open("?lang=ja");
    await tab.page.focus("#composer-input");
    await tab.page.keyboard.type("日本語");
    const isPrevented = await tab.page.$eval(
      "#composer-input",
      (field, keyCode) => {
        const enter = { key: "Enter", code: "Enter", bubbles: true, cancelable: true };
        const press = new KeyboardEvent("keydown", { ...enter, keyCode, isComposing: true });
        field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
        field.dispatchEvent(press);
        field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "日本語" }));
        field.dispatchEvent(new KeyboardEvent("keyup", { ...enter, keyCode: 13 }));
        return press.defaultPrevented;
      },
      PROCESS_KEY_CODE,
    );
    expect(isPrevented).toBe(false);
    expect(await tab.draft()).toBe("日本語");
    expect(await stored(ref)).toBe("");
    await tab.page.keyboard.press("Enter");
    await tab.answered(1);
    expect(await tab.page.$eval("[role=log] article", ({ textContent }) => textContent)).toContain("日本語");
  });

  test("breaks lines with Shift+Enter, stops with Escape and brings back what was said with the arrow", async () => {
    const { tab } = await open();
    await tab.page.focus("#composer-input");
    await tab.page.keyboard.type("first");
    await tab.page.keyboard.down("Shift");
    await tab.page.keyboard.press("Enter");
    await tab.page.keyboard.up("Shift");
    await tab.page.keyboard.type("second");
    expect(await tab.draft()).toBe("first\nsecond");
    await tab.page.keyboard.press("Enter");
    await tab.answered(1);
    await tab.say("/demo slow");
    await tab.written(10);
    await tab.page.keyboard.press("Escape");
    await tab.answered(2);
    await tab.page.waitForSelector("::-p-text(Stopped)");
    await tab.page.keyboard.press("ArrowUp");
    await tab.until("the last message in the box", async () => (await tab.draft()) === "/demo slow");
  });

  test("opens the palette with Ctrl+K, and changes colours and language from there", async () => {
    const { tab } = await open();
    const choose = async (text: string) => {
      await tab.page.keyboard.down("Control");
      await tab.page.keyboard.press("k");
      await tab.page.keyboard.up("Control");
      await tab.page.waitForSelector("dialog[open] input");
      await tab.page.keyboard.type(text);
      await tab.page.waitForSelector("dialog[open] [role=option]");
      await tab.page.keyboard.press("Enter");
    };
    await choose("Theme: Dark");
    await tab.page.waitForSelector("html[data-theme=dark]");
    const paper = await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(paper).toBe("rgb(23, 22, 31)");
    await choose("Language: 日本語");
    await tab.page.waitForSelector("html[lang=ja]");
    await tab.alive();
    expect(await tab.page.$eval("html", (html) => html.dataset["theme"])).toBe("dark");
  });

  test("finds what was said", async () => {
    const { tab } = await open();
    await tab.say("my name is Ada");
    await tab.answered(1);
    await tab.page.focus("[role=log]");
    await tab.page.keyboard.press("/");
    await tab.page.waitForSelector("dialog[open] input");
    await tab.page.keyboard.type("Ada");
    await tab.page.waitForSelector("dialog[open] mark");
    expect(await tab.page.$eval("dialog[open] mark", (mark) => mark.textContent)).toBe("Ada");
    await tab.page.keyboard.press("Escape");
    await tab.page.waitForFunction(() => document.querySelector("dialog[open]") === null);
  });

  test("sees to it that nothing is wider than the smallest screen", async () => {
    const { tab } = await open();
    await tab.page.setViewport({ width: 320, height: 640 });
    await tab.say("/demo markdown");
    await tab.answered(1);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });
});
