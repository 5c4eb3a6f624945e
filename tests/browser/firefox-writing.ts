/** Writing in Firefox: the message box, what waits for its turn, and what is done with what was said. */
import { expect, test } from "vitest";
import { messagesFor } from "../../islands/messages.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { turnMessagesFor } from "../../islands/messages-turns.ts";
import { workerPagePath } from "../../islands/paths.ts";
import type { FirefoxTab } from "../support/firefox-tab.ts";
import type { FirefoxStage } from "./firefox-stage.ts";

const words = messagesFor("en");
const { turn, queue } = turnMessagesFor("en");
const PROCESS_KEY_CODE = 229;
/** More than a person writes, and less than a message may have. */
const LARGE_PASTE = "lorem ipsum dolor sit amet\n".repeat(2_000);
/** A run that goes on until it is stopped. */
const ENDLESS = "/demo timeout";
const SHORT = "my name is Ada";

export function writingInFirefox(stage: FirefoxStage): void {
  const said = async (ref: Parameters<typeof stage.transcript>[0]) =>
    (await stage.transcript(ref)).filter(({ role }) => role === "user").map(({ content }) => content);

  test("leaves the Enter that confirms to the input method, in the order of Firefox", async () => {
    const { tab, ref } = await stage.openOwn("?lang=ja");
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
    expect(await said(ref)).toEqual([]);
    await tab.press("Enter");
    await tab.answered(1);
    expect(await said(ref)).toEqual(["日本語"]);
    expect(await stage.answerText(ref)).toMatch(/[\u3041-\u3096]/);
  });

  test("breaks lines with Shift+Enter, stops with Escape and brings back what was said with the arrow", async () => {
    const { tab } = await stage.open();
    const height = () => tab.page.$eval("#composer-input", (field) => field.getBoundingClientRect().height);
    await tab.page.focus("#composer-input");
    const oneLine = await height();
    await tab.page.keyboard.type("first");
    await tab.press("Shift", "Enter");
    await tab.page.keyboard.type("second");
    expect(await tab.draft()).toBe("first\nsecond");
    await tab.until("the box to grow", async () => (await height()) > oneLine);
    await tab.press("Enter");
    await tab.answered(1);
    await tab.say("/demo stall");
    await tab.written(10);
    const text = await tab.answerText();
    await tab.press("Escape");
    await tab.answered(2);
    await tab.shows("[role=log]", words.stopped);
    expect(await tab.answerText()).toContain(text);
    await tab.press("ArrowUp");
    await tab.until("the last message in the box", async () => (await tab.draft()) === "/demo stall");
    await tab.press("ArrowUp");
    await tab.until("the message before", async () => (await tab.draft()) === "first\nsecond");
  });

  test("keeps a draft for each Worker, takes a large paste, and sends by Ctrl+Enter where that was chosen", async () => {
    const { tab, ref } = await stage.openOwn();
    const other = await stage.client.createWorker();
    await tab.page.focus("#composer-input");
    // A paste is one insertion, however large.
    await tab.page.evaluate((text) => document.execCommand("insertText", false, text), LARGE_PASTE);
    await tab.page.keyboard.type("and typed on");
    expect(await tab.draft()).toBe(`${LARGE_PASTE}and typed on`);
    await tab.goto(stage.server.url + workerPagePath(other));
    expect(await tab.draft()).toBe("");
    await tab.goto(stage.server.url + workerPagePath(ref));
    expect(await tab.draft()).toBe(`${LARGE_PASTE}and typed on`);

    const { settings } = toolMessagesFor("en");
    await tab.click("button", settings.title);
    await tab.click("radio", settings.sendKeys("Ctrl")["mod-enter"]);
    await tab.press("Escape");
    await tab.gone("dialog[open]");
    await tab.page.focus("#composer-input");
    await tab.press("Control", "a");
    await tab.page.keyboard.type("one");
    await tab.press("Enter");
    await tab.page.keyboard.type("two");
    expect(await tab.draft()).toBe("one\ntwo");
    await tab.press("Control", "Enter");
    await tab.answered(1);
    expect(await said(ref)).toEqual(["one\ntwo"]);
  });

  test("shows what waits for the answer to end; it is edited, moved and removed by keys, held by a stop, and sent", async () => {
    const { tab, ref } = await stage.open();
    const waiting = () => tab.texts(`section[aria-label="${queue.label}"] li p`);
    const focused = () => tab.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    await tab.say(ENDLESS);
    await tab.page.waitForSelector("button.stop");
    for (const [index, text] of ["a", "b", "c"].entries()) {
      await tab.say(text);
      await tab.until(`${text} to wait`, async () => (await waiting()).length === index + 1);
    }
    await tab.page.$$eval("section.queue li button[name=up]", (buttons) => buttons.at(-1)?.focus());
    expect(await focused()).toBe(queue.moveUp);
    await tab.press("Enter");
    await tab.until("the third to be the second", async () => (await waiting()).join() === "a,c,b");
    expect(await focused()).toBe(queue.moveUp);
    await tab.press("Home");
    expect(await focused()).toBe(queue.edit);
    await tab.press("Enter");
    await tab.page.waitForFunction(() => document.activeElement?.matches("section.queue textarea"));
    await tab.press("End");
    await tab.page.keyboard.type(", but better");
    await tab.press("Enter");
    await tab.until("the change", async () => (await waiting()).join("|") === "a|c, but better|b");
    await tab.press("End");
    await tab.press("ArrowRight");
    await tab.press("End");
    expect(await focused()).toBe(queue.remove);
    await tab.press("Enter");
    await tab.until("one to be gone", async () => (await waiting()).join() === "a,b");
    await tab.page.focus("#composer-input");
    await tab.press("Escape");
    await tab.shows("section.queue", queue.heldStopped);
    await tab.click("button", queue.sendNow);
    await tab.until("all to have been said", async () => (await said(ref)).join() === `${ENDLESS},a,b`);
    await tab.gone("section.queue");
    await tab.page.waitForFunction(() => document.querySelector("button.stop") === null);
  });

  test("copies, links, quotes, edits and asks again, and changes nothing that was said", async () => {
    const { tab, ref } = await stage.open();
    await tab.say(SHORT);
    await tab.answered(1);
    const before = await tab.messages();
    await act(tab, "answer", turn.copyMarkdown);
    await tab.shows("[role=status]", turn.copied);
    const markdown = (await stage.transcript(ref)).at(-1)?.content ?? "";
    expect(markdown).toContain("**");
    await pasted(tab, (text) => text === markdown);
    await act(tab, "user", turn.link);
    await tab.shows("[role=status]", turn.linkCopied);
    await pasted(tab, (text) => /^http.*#entry-\d+$/.test(text));
    const link = await tab.draft();
    await empty(tab);
    await act(tab, "user", turn.quote);
    await tab.until("the quotation", async () => (await tab.draft()) === `> ${SHORT}\n\n`);
    await inBox(tab);
    await empty(tab);
    await act(tab, "user", turn.edit);
    await tab.until("the message to edit", async () => (await tab.draft()) === SHORT);
    await inBox(tab);
    await tab.page.keyboard.type(", really");
    await tab.press("Enter");
    await tab.answered(2);
    await act(tab, "answer", turn.regenerate);
    await tab.answered(3);
    expect(await said(ref)).toEqual([SHORT, `${SHORT}, really`, `${SHORT}, really`]);
    expect((await tab.messages()).slice(0, before.length)).toEqual(before);
    // The same page at another place in it: only a load opens it anew.
    await tab.page.goto("about:blank");
    await tab.goto(link);
    const linked = await tab.page.waitForSelector(".row[data-linked]");
    expect(await linked?.evaluate((row) => row.textContent)).toContain(SHORT);
  });

  test("gives the provider's own reason for a failure, and asks again by a button", async () => {
    const { tab, ref } = await stage.open();
    await tab.say("/demo auth");
    await tab.shows("[role=log] section.failure", words.problem("provider_auth_failed"));
    await tab.page.keyboard.type("half a thought");
    await tab.click("button", words.askAgain);
    await tab.page.waitForFunction(() => document.querySelectorAll("[role=log] section.failure").length === 2);
    expect(await said(ref)).toEqual(["/demo auth", "/demo auth"]);
    await tab.until("the draft to be back", async () => (await tab.draft()) === "half a thought");
  });
}

/** Presses a button of the newest message of a kind. */
async function act(tab: FirefoxTab, kind: "answer" | "user", name: string): Promise<void> {
  await tab.page.waitForSelector(`article.${kind} [role=toolbar] button[aria-label="${name}"]`);
  await tab.page.$$eval(`article.${kind} [role=toolbar] button[aria-label="${name}"]`, (buttons) =>
    buttons.at(-1)?.focus(),
  );
  await tab.press("Enter");
}

/** Waits for the focus, which follows what was put into the message box a frame later, and the caret with it. */
async function inBox(tab: FirefoxTab): Promise<void> {
  await tab.page.waitForFunction(() => document.activeElement?.id === "composer-input");
}

async function empty(tab: FirefoxTab): Promise<void> {
  await tab.page.focus("#composer-input");
  await tab.press("Control", "a");
  await tab.press("Delete");
}

/** Pastes into the message box until what was copied is there: as anybody finds out whether copying worked. */
async function pasted(tab: FirefoxTab, isCopied: (text: string) => boolean): Promise<void> {
  await tab.until("what was copied in the message box", async () => {
    await empty(tab);
    await tab.press("Control", "v");
    return isCopied(await tab.draft());
  });
}
