/** Commands above the page: opened by keys and by buttons, found by a few letters, left with the focus where it was. */
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { COMPANION, onOneServer } from "./both-servers.ts";

const words = toolMessagesFor("en");

onOneServer("The palette", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  test("opens by Ctrl+K while one writes, and gives the focus and the draft back", async () => {
    const tab = await stage.openConsole();
    await tab.composer.fill("half a thought");
    await tab.page.keyboard.press("Control+k");
    const field = tab.page.getByRole("combobox", { name: words.palette.placeholder });
    await field.and(tab.page.locator(":focus")).waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    await tab.composer.and(tab.page.locator(":focus")).waitFor();
    expect(await tab.composer.inputValue()).toBe("half a thought");
  });

  test("is opened by the key that its button names, also on a Mac", async () => {
    const userAgent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)";
    const context = await stage.newContext({ locale: "en-GB", userAgent });
    const tab = await stage.openConsole({ context });
    await expect.poll(() => tab.page.locator(".tool-button kbd").textContent()).toBe("⌘ K");
    await tab.page.keyboard.press("Meta+k");
    await tab.page.getByRole("combobox", { name: words.palette.placeholder }).waitFor();
  });

  test("stays where a selection in its field is let go of outside, and goes by a click there", async () => {
    const tab = await stage.openConsole();
    const { keyboard, mouse } = tab.page;
    await keyboard.press("Control+k");
    const field = tab.page.getByRole("combobox", { name: words.palette.placeholder });
    await field.fill("theme");
    const box = await field.boundingBox();
    if (box === null) throw new Error("Cannot drag: the field is not to be seen");
    await mouse.move(box.x + 60, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(5, 5);
    await mouse.up();
    await keyboard.press("End");
    await keyboard.type("s");
    expect(await field.inputValue()).toBe("themes");
    await mouse.click(5, 5);
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("goes to a Worker by a few of its letters", async () => {
    const tab = await stage.openConsole();
    await tab.page.keyboard.press("Control+k");
    await tab.page.getByRole("combobox").fill("cmpn");
    await tab.page.getByRole("option", { name: "Companion", selected: true }).waitFor();
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    expect(await tab.page.getByRole("heading", { level: 1 }).innerText()).toBe("Companion");
  });

  test("moves through its list by arrow keys, and a reader is told of each", async () => {
    const tab = await stage.openConsole();
    await tab.page.getByRole("button", { name: words.palette.title }).click();
    const field = tab.page.getByRole("combobox");
    await field.waitFor();
    await field.fill("theme");
    const options = tab.page.getByRole("option");
    const active = async () => tab.page.locator(`#${await field.getAttribute("aria-activedescendant")}`).innerText();
    expect(await active()).toBe(await options.first().innerText());
    await field.press("ArrowDown");
    expect(await active()).toBe(await options.nth(1).innerText());
    await field.press("ArrowUp");
    await field.press("ArrowUp");
    expect(await active()).toBe(await options.last().innerText());
    await tab.page
      .getByRole("status")
      .filter({ hasText: words.palette.count(await options.count()) })
      .waitFor();
  });

  test("takes no key that belongs to an input method", async () => {
    const tab = await stage.openConsole();
    await tab.page.keyboard.press("Control+k");
    const field = tab.page.getByRole("combobox");
    await field.waitFor();
    const session = await tab.page.context().newCDPSession(tab.page);
    await session.send("Input.imeSetComposition", { text: "だーく", selectionStart: 3, selectionEnd: 3 });
    await session.send("Input.dispatchKeyEvent", {
      type: "rawKeyDown",
      key: "Enter",
      code: "Enter",
      windowsVirtualKeyCode: 229,
    });
    expect(await tab.page.getByRole("dialog").count()).toBe(1);
    await session.send("Input.insertText", { text: "dark" });
    await tab.page.getByRole("option", { name: words.palette.theme("dark") }).waitFor();
    await field.press("Enter");
    await expect.poll(() => tab.page.locator("html").getAttribute("data-theme")).toBe("dark");
  });

  test("makes a new Worker", async () => {
    const tab = await stage.openConsole({ ref: COMPANION });
    await tab.page.keyboard.press("Control+k");
    await tab.page.getByRole("combobox").fill("new worker");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForURL(/\/workers\/worker-/);
    await tab.alive();
    expect(await tab.messages.count()).toBe(0);
  });

  test("has a sheet of all keys behind a question mark, outside of text fields only", async () => {
    const tab = await stage.openConsole();
    await tab.composer.press("Shift+?");
    expect(await tab.composer.inputValue()).toBe("?");
    await tab.scroller.focus();
    await tab.page.keyboard.press("Shift+?");
    const sheet = tab.page.getByRole("dialog", { name: words.shortcuts.title });
    await sheet.waitFor();
    expect(await sheet.getByText(words.shortcuts.nextWorker).isVisible()).toBe(true);
    await sheet.getByRole("button", { name: words.close }).click();
    await sheet.waitFor({ state: "detached" });
    await tab.scroller.and(tab.page.locator(":focus")).waitFor();
  });

  test("is not loaded before it is asked for", async () => {
    const tab = await stage.newTab();
    const asked: string[] = [];
    tab.page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
    await tab.open(stage.server.url);
    const isLoaded = () => asked.some((path) => /\/palette-[^/]+\.js$/.test(path));
    expect(isLoaded()).toBe(false);
    await tab.page.keyboard.press("Control+k");
    await tab.page.getByRole("combobox").waitFor();
    expect(isLoaded()).toBe(true);
  });
});
