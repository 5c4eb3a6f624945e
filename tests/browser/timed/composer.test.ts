/** The message box: it grows, sends by the key that a person wants, remembers, and takes whatever is put into it. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { INPUT_MAX_CHARS } from "../../../protocol/runtime-api.ts";
import { onOneServer, SHORT } from "../both-servers.ts";
import type { ConsolePage } from "../console-page.ts";

/** A megabyte, far more than a message may have. */
const LARGE_PASTE = "lorem ipsum dolor sit amet, consectetur adipiscing\n".repeat(20_000);
const KEYS = ["x", "y", "z"];

/** Pastes into a field and types there: how long the fastest key takes until it is seen. */
async function fastestKeyMs(page: Page, field: string): Promise<number> {
  const painted = () =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.focus(field);
  await page.keyboard.press("Control+V");
  await painted();
  const times: number[] = [];
  for (const key of KEYS) {
    const startedMs = performance.now();
    await page.keyboard.press(key);
    await painted();
    times.push(performance.now() - startedMs);
  }
  return Math.min(...times);
}

async function putCaret(tab: ConsolePage, place: number): Promise<void> {
  await tab.composer.evaluate((field: HTMLTextAreaElement, at) => {
    field.focus();
    field.setSelectionRange(at, at);
  }, place);
}

onOneServer("The message box", { YOI_DEMO_PACE: "0.02" }, (stage) => {
  test("grows with its text, up to a part of the window, and shrinks again", async () => {
    const tab = await stage.openConsole();
    const height = async () => (await tab.composer.boundingBox())?.height ?? 0;
    const heights: number[] = [await height()];
    for (const lines of [4, 8, 200]) {
      await tab.composer.fill("line\n".repeat(lines));
      heights.push(await height());
    }
    const [one = 0, four = 0, eight = 0, many = 0] = heights;
    expect([four > one, eight > four, many > eight]).toEqual([true, true, true]);
    expect(many).toBeLessThan(700 * 0.4);
    await tab.composer.fill("");
    expect(await height()).toBe(one);
  });

  test("sends by Ctrl+Enter where a person wants that, in every tab from then on", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const tab = await stage.openConsole({ context });
    const other = await stage.openConsole({ context, ref: tab.ref });
    await tab.page.getByText(tab.words.sendHint("enter"), { exact: true }).waitFor();
    await other.page.evaluate(() => localStorage.setItem("yoi.preferences", JSON.stringify({ sendKey: "mod-enter" })));
    await tab.page.getByText(tab.words.sendHint("mod-enter"), { exact: true }).waitFor();
    await other.reload();
    for (const [before, one] of [tab, other].entries()) {
      await expect.poll(() => one.userMessages.count()).toBe(before);
      await one.sendButton.waitFor();
      await one.composer.focus();
      await one.page.keyboard.type("first");
      await one.page.keyboard.press("Enter");
      await one.page.keyboard.type("second");
      expect(await one.composer.inputValue()).toBe("first\nsecond");
      await one.page.keyboard.press("Control+Enter");
      await one.userMessages.nth(before).waitFor();
      await one.settled(before + 1);
    }
    const said = (await stage.transcript(tab.ref)).filter(({ role }) => role === "user");
    expect(said.map(({ content }) => content)).toEqual(["first\nsecond", "first\nsecond"]);
  });

  test("takes up older messages by ↑ and comes back to the draft by ↓", async () => {
    const tab = await stage.openConsole();
    await tab.ask("older words");
    await tab.ask(SHORT);
    await tab.composer.fill("not sent yet");
    const press = async (key: string) => {
      await tab.page.keyboard.press(key);
      return tab.composer.inputValue();
    };
    // Within a text the keys move the caret.
    expect(await press("ArrowDown")).toBe("not sent yet");
    await putCaret(tab, 3);
    expect(await press("ArrowUp")).toBe("not sent yet");
    await putCaret(tab, 0);
    expect(await press("ArrowUp")).toBe(SHORT);
    expect(await press("ArrowUp")).toBe("older words");
    expect(await press("ArrowUp")).toBe("older words");
    expect(await press("ArrowDown")).toBe(SHORT);
    await tab.page.getByRole("button", { name: "Back to the draft" }).waitFor();
    expect(await press("ArrowDown")).toBe("not sent yet");
    expect(await press("ArrowDown")).toBe("not sent yet");
    expect(await tab.page.getByRole("button", { name: "Back to the draft" }).count()).toBe(0);
  });

  test("keeps the draft while older words are sent again, through a reload too", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    await tab.composer.fill("not sent yet");
    await putCaret(tab, 0);
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.keyboard.press("End");
    await tab.page.keyboard.type(", again");
    await tab.reload();
    expect(await tab.composer.inputValue()).toBe(`${SHORT}, again`);
    await tab.composer.press("Enter");
    await tab.userMessages.nth(1).waitFor();
    await expect.poll(() => tab.composer.inputValue()).toBe("not sent yet");
    await tab.settled(2);
    expect((await stage.transcript(tab.ref))[2]?.content).toBe(`${SHORT}, again`);
  });

  test("has a draft for each Worker, which is there again after a reload", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const one = await stage.openConsole({ context });
    await one.composer.fill("for the first");
    const other = await stage.openConsole({ context });
    expect(await other.composer.inputValue()).toBe("");
    await other.composer.fill("for the second");
    await one.page.bringToFront();
    await one.reload();
    await other.reload();
    expect([await one.composer.inputValue(), await other.composer.inputValue()]).toEqual([
      "for the first",
      "for the second",
    ]);
  });

  test("stays as quick as the browser's own field with a large paste in it, which is kept", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const tab = await stage.openConsole({ context });
    await tab.page.evaluate((text) => navigator.clipboard.writeText(text), LARGE_PASTE);
    const bare = await stage.newTab({ context });
    await bare.page.evaluate(() => document.body.append(document.createElement("textarea")));
    const bareMs = await fastestKeyMs(bare.page, "textarea");
    await tab.page.bringToFront();
    const ownMs = await fastestKeyMs(tab.page, "#composer-input");
    expect(ownMs).toBeLessThan(2 * bareMs + 100);
    expect((await tab.composer.inputValue()).length).toBe(LARGE_PASTE.length + KEYS.length);
    await tab.reload();
    expect((await tab.composer.inputValue()).length).toBe(LARGE_PASTE.length + KEYS.length);
  });

  test("says by how much a message is too long before it is sent, and sends nothing", async () => {
    const tab = await stage.openConsole();
    const posts: string[] = [];
    tab.page.on("request", (request) => void (request.method() === "POST" && posts.push(request.url())));
    await tab.composer.fill("w".repeat(INPUT_MAX_CHARS + 1_234));
    await tab.page.getByText(tab.words.tooLong("1,234")).waitFor();
    expect(await tab.composer.getAttribute("aria-invalid")).toBe("true");
    expect(await tab.sendButton.isDisabled()).toBe(true);
    await tab.composer.press("Enter");
    expect(posts).toEqual([]);
    await tab.composer.fill("w".repeat(INPUT_MAX_CHARS));
    expect(await tab.composer.getAttribute("aria-invalid")).toBeNull();
    expect(await tab.sendButton.isEnabled()).toBe(true);
    await tab.composer.press("Enter");
    await tab.userMessages.first().waitFor();
    await tab.settled();
    expect((await stage.transcript(tab.ref))[0]?.content.length).toBe(INPUT_MAX_CHARS);
  });
});
