/**
 * Japanese: an input method's Enter confirms, and only the next one sends. Chromium's own order is played by its real
 * input method interface; Firefox's and Safari's by their events.
 */
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { onOneServer } from "./both-servers.ts";

type KeyOrder = readonly (
  | { readonly type: "compositionstart" | "compositionend"; readonly data: string }
  | { readonly type: "keydown" | "keyup"; readonly keyCode: number; readonly isComposing: boolean }
)[];

const key = (type: "keydown" | "keyup", keyCode: number, isComposing: boolean) => ({ type, keyCode, isComposing });
const ENTER = 13;
const PROCESS = 229;

/** What each browser sends when Enter confirms a composition, as its issue trackers record it. */
const ORDERS: Readonly<Record<string, KeyOrder>> = {
  Firefox: [
    { type: "compositionstart", data: "" },
    key("keydown", PROCESS, true),
    { type: "compositionend", data: "日本語" },
    key("keyup", ENTER, false),
  ],
  Safari: [
    { type: "compositionstart", data: "" },
    { type: "compositionend", data: "日本語" },
    key("keydown", PROCESS, false),
    key("keyup", ENTER, false),
  ],
  "Safari with the plain key code": [
    { type: "compositionstart", data: "" },
    { type: "compositionend", data: "日本語" },
    key("keydown", ENTER, false),
    key("keyup", ENTER, false),
  ],
};

onOneServer("A Japanese console", { YOI_DEMO_PACE: "0.02" }, (stage) => {
  test("speaks Japanese, and so does the demo", async () => {
    const tab = await stage.openConsole({ locale: "ja" });
    expect(await tab.page.locator("html").getAttribute("lang")).toBe("ja");
    await tab.page.getByRole("button", { name: "新しい Worker" }).waitFor();
    await tab.page.getByRole("textbox", { name: /へのメッセージ$/ }).waitFor();
    await tab.ask("こんにちは");
    expect(await tab.answers.last().innerText()).toMatch(/[\u3040-\u30ff]/);
    expect(await tab.linkState.innerText()).toBe("接続済み");
  });

  test("does not send on the Enter that confirms, in Chromium", async () => {
    const tab = await stage.openConsole({ locale: "ja" });
    await tab.composer.focus();
    const cdp = await tab.page.context().newCDPSession(tab.page);
    for (const text of ["に", "にほ", "にほん"]) {
      await cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    }
    const enter = { key: "Enter", code: "Enter" };
    await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter, windowsVirtualKeyCode: PROCESS });
    await cdp.send("Input.insertText", { text: "日本" });
    await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter, windowsVirtualKeyCode: ENTER });
    expect(await tab.composer.inputValue()).toBe("日本");
    expect(await tab.userMessages.count()).toBe(0);
    expect(await stage.transcript(tab.ref)).toEqual([]);
    await tab.page.keyboard.press("Enter");
    await tab.userMessages.filter({ hasText: "日本" }).waitFor();
    await tab.settled();
  });

  test.each(Object.entries(ORDERS))(
    "does not send on the Enter that confirms, in the order of %s",
    async (_, order) => {
      const tab = await stage.openConsole({ locale: "ja" });
      await tab.composer.fill("日本語");
      const prevented = await tab.composer.evaluate((field, events) => {
        const keydowns: boolean[] = [];
        for (const { type, ...init } of events) {
          if ("data" in init) field.dispatchEvent(new CompositionEvent(type, { bubbles: true, data: init.data }));
          else {
            const options = { bubbles: true, cancelable: true, key: "Enter", code: "Enter", ...init };
            const event = new KeyboardEvent(type, options);
            field.dispatchEvent(event);
            if (type === "keydown") keydowns.push(event.defaultPrevented);
          }
        }
        return keydowns;
      }, order);
      expect(prevented).toEqual([false]);
      expect(await tab.composer.inputValue()).toBe("日本語");
      expect(await stage.transcript(tab.ref)).toEqual([]);
      await tab.composer.press("Enter");
      await tab.userMessages.filter({ hasText: "日本語" }).waitFor();
      await tab.settled();
    },
  );

  test("leaves Escape to the input method in a dialog too, in the order of Safari", async () => {
    const tab = await stage.openConsole({ locale: "ja" });
    const { menu, renameDialog } = toolMessagesFor("ja");
    await tab.page.getByRole("button", { name: menu.label }).click();
    await tab.page.getByRole("button", { name: menu.renameWorker }).click();
    const prevented = await tab.page.getByLabel(renameDialog.name, { exact: true }).evaluate((field) => {
      const escape = () => {
        const options = { key: "Escape", code: "Escape", keyCode: 27, bubbles: true, cancelable: true };
        const press = new KeyboardEvent("keydown", options);
        field.dispatchEvent(press);
        field.dispatchEvent(new KeyboardEvent("keyup", options));
        return press.defaultPrevented;
      };
      field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
      field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "" }));
      return [escape(), escape()];
    });
    expect(prevented).toEqual([true, false]);
  });

  test("leaves Escape to the input method: a run goes on while a conversion is undone", async () => {
    const tab = await stage.openConsole({ locale: "ja" });
    await tab.say("/demo timeout");
    await tab.stopButton.waitFor();
    await tab.composer.focus();
    const cdp = await tab.page.context().newCDPSession(tab.page);
    await cdp.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
    const escape = { key: "Escape", code: "Escape", windowsVirtualKeyCode: PROCESS };
    await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...escape });
    await cdp.send("Input.insertText", { text: "" });
    await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...escape });
    expect(await tab.stopButton.count()).toBe(1);
    await tab.stopButton.click();
    await tab.settled();
  });
});
