/** The workspace in Firefox: Workers, commands, search, files, and what is told to somebody who looks elsewhere. */
import { expect, test } from "vitest";
import { messagesFor } from "../../islands/messages.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { WorkerId, type WorkerRef } from "../../protocol/id.ts";
import type { FirefoxTab } from "../support/firefox-tab.ts";
import type { FirefoxStage } from "./firefox-stage.ts";
import { recordNotifications } from "../support/in-page.ts";

const words = messagesFor("en");
const tools = toolMessagesFor("en");
const SHORT = "my name is Ada";
/** In Firefox too: the page opens it, not the browser. */
const EXPORTS = [
  [tools.menu.exportMarkdown, "text/markdown"],
  [tools.menu.exportJson, "application/json"],
] as const;

export function workspaceInFirefox(stage: FirefoxStage): void {
  const linkOf = (ref: WorkerRef) => `nav a[href="${workerPagePath(ref)}"]`;
  const onPageOf = async (tab: FirefoxTab, path: RegExp) => {
    await tab.page.waitForFunction((source) => new RegExp(source).test(location.pathname), {}, path.source);
    await tab.alive();
  };

  test("makes Workers, names them, switches by keys, marks what is new, and stops them after a question", async () => {
    const { tab, ref } = await stage.open();
    const { page } = tab;
    await tab.click("button", words.newWorker);
    await page.waitForFunction((path) => location.pathname !== path, {}, workerPagePath(ref));
    await onPageOf(tab, /\/workers\/worker-/);
    const made = new URL(page.url()).pathname;

    await tab.click("button", tools.menu.label);
    await tab.click("button", tools.menu.renameWorker);
    await page.waitForSelector("dialog[open] input[type=text]");
    await tab.press("Control", "a");
    await page.keyboard.type("Reading list");
    await tab.press("Enter");
    await tab.gone("dialog[open]");
    await tab.shows("h1", "Reading list");
    await page.waitForFunction(() => document.title.startsWith("Reading list · "));

    await page.focus("#composer-input");
    await tab.press("Alt", "ArrowUp");
    await onPageOf(tab, new RegExp(`^${workerPagePath(ref)}$`));
    await stage.client.converse({ ...ref, worker_id: refOf(made).worker_id }, SHORT);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await tab.shows(`nav a[href="${made}"]`, words.newAnswer);
    await page.click(`nav a[href="${made}"]`);
    await onPageOf(tab, new RegExp(`^${made}$`));
    await tab.shows(`nav a[href="${made}"]`, words.workerStatus("idle"));
    expect(await tab.texts("[role=log] article")).toHaveLength(2);

    await tab.click("button", tools.menu.label);
    await tab.click("button", tools.menu.stopWorker);
    await tab.click("button", tools.stopDialog.cancel);
    await tab.gone("dialog[open]");
    await tab.click("button", tools.menu.label);
    await tab.click("button", tools.menu.stopWorker);
    await tab.click("button", tools.stopDialog.confirm);
    await tab.shows("main", words.ended);
    await tab.shows(`nav a[href="${made}"]`, words.workerStatus("stopped"));
    await page.goBack();
    await tab.alive();
    await page.waitForSelector(`${linkOf(ref)}[aria-current="page"]`);
  });

  test("opens the palette with Ctrl+K, and changes colours and language from there", async () => {
    const { tab } = await stage.openOwn();
    const choose = async (text: string) => {
      await tab.press("Control", "k");
      await tab.page.waitForSelector("dialog[open] input");
      await tab.page.keyboard.type(text);
      await tab.page.waitForSelector("dialog[open] [role=option]");
      await tab.press("Enter");
    };
    await choose("Theme: Dark");
    await tab.page.waitForSelector("html[data-theme=dark]");
    const paper = await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(paper).toBe("rgb(23, 22, 31)");
    await choose("Language: 日本語");
    await tab.page.waitForSelector("html[lang=ja]");
    await tab.alive();
    expect(await tab.page.$eval("html", (html) => html.dataset["theme"])).toBe("dark");
    await choose("Companion");
    await onPageOf(tab, /\/workers\/companion$/);
  });

  test("finds what was said, tells what it has used, and gives it as files; a sheet names the keys", async () => {
    const { tab } = await stage.open();
    const { page } = tab;
    await tab.say(SHORT);
    await tab.answered(1);
    await page.focus("[role=log]");
    await tab.press("/");
    await page.waitForSelector("dialog[open] input");
    await page.keyboard.type("Ada");
    await page.waitForSelector("dialog[open] mark");
    expect(await page.$eval("dialog[open] mark", (mark) => mark.textContent)).toBe("Ada");
    await tab.press("Escape");
    await tab.gone("dialog[open]");

    await page.focus("[role=log]");
    await page.keyboard.type("?");
    await tab.shows("dialog[open]", tools.shortcuts.nextWorker);
    await tab.press("Escape");
    await tab.gone("dialog[open]");

    await tab.click("button", tools.menu.label);
    await page.waitForSelector("meter");
    const meter = await page.$eval("meter", ({ value, max }) => [value > 0, value < max]);
    expect(meter).toEqual([true, true]);
    await tab.shows('[data-testid="context-usage"]', "tokens (");
    await tab.shows("dl > div", `${tools.menu.calls}1`);
    for (const [name, type] of EXPORTS) {
      const link = await tab.find("link", name);
      const answer = await link.evaluate(async (element) => {
        if (!(element instanceof HTMLAnchorElement)) throw new Error("Cannot export: this is no link");
        const response = await fetch(element.href);
        return [element.hasAttribute("download"), response.headers.get("content-type"), await response.text()];
      });
      expect([answer[0], String(answer[1]).split(";")[0]]).toEqual([true, type]);
      expect(answer[2]).toContain(SHORT);
    }
    await tab.press("Escape");
  });

  test("tells of an answer that ends behind the reader's back, by title, icon and notification", async () => {
    const tab = await stage.newTab();
    const { page } = tab;
    // Whether a person allows notifications is asked by the browser's own window, which no page reaches.
    await page.evaluateOnNewDocument(recordNotifications);
    await tab.goto(`${stage.server.url}/`);
    await tab.click("button", tools.settings.title);
    await tab.click("checkbox", tools.settings.notify);
    await tab.press("Escape");
    await tab.gone("dialog[open]");
    const icon = () => page.$eval('link[rel="icon"]', (link) => link.getAttribute("href"));
    const still = await icon();
    await tab.say("/demo timeout");
    await page.waitForFunction(() => document.title.startsWith("● Companion · "));
    const atWork = await icon();
    await tab.press("Escape");
    await page.waitForFunction(() => document.title.startsWith("Companion · "));
    await page.keyboard.type(SHORT);
    await hide(true);
    await tab.press("Enter");
    await page.waitForFunction(() => document.title.startsWith("✓ "));
    expect(await page.evaluate(() => Reflect.get(globalThis, "shownNotifications") as unknown)).toEqual([
      `Companion: ${tools.notification.finished}`,
    ]);
    expect(new Set([still, atWork, await icon()]).size).toBe(3);
    await hide(false);
    await page.waitForFunction(() => document.title.startsWith("Companion · "));

    async function hide(isHidden: boolean): Promise<void> {
      await page.evaluate((hidden) => {
        const visibilityState = hidden ? "hidden" : "visible";
        Object.defineProperty(document, "visibilityState", { get: () => visibilityState, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    }
  });
}

function refOf(path: string): { readonly worker_id: WorkerRef["worker_id"] } {
  const id = path.split("/").at(-1) ?? "";
  return { worker_id: WorkerId.parse(id) };
}
