/** Whose Enter it is: the event orders of Chromium, Firefox and Safari when a Japanese word is confirmed. */
import { describe, expect, test } from "vitest";
import { createIme, followIme, isSendKey, type KeyLike } from "../../islands/composer/ime.ts";

const enter = (change: Partial<KeyLike> = {}): KeyLike => ({
  key: "Enter",
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...change,
});

function setUp() {
  const tasks: (() => void)[] = [];
  const ime = createIme((callback) => void tasks.push(callback));
  return { ime, nextTask: () => tasks.splice(0).forEach((task) => task()) };
}

describe("isSendKey()", () => {
  test("Enter alone sends; with Shift or Alt it does not", () => {
    const { ime } = setUp();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
    expect(isSendKey(enter({ shiftKey: true }), ime, "enter")).toBe(false);
    expect(isSendKey(enter({ altKey: true }), ime, "enter")).toBe(false);
    expect(isSendKey(enter({ key: "a", keyCode: 65 }), ime, "enter")).toBe(false);
  });

  test("Chromium: the confirming Enter comes while composing, the end after it", () => {
    const { ime, nextTask } = setUp();
    ime.compositionStarted();
    expect(isSendKey(enter({ isComposing: true, keyCode: 229 }), ime, "enter")).toBe(false);
    ime.compositionEnded();
    nextTask();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
  });

  test("Chromium, busy: the next Enter sends though it comes before any timer", () => {
    const { ime } = setUp();
    ime.compositionStarted();
    expect(isSendKey(enter({ isComposing: true, keyCode: 229 }), ime, "enter")).toBe(false);
    ime.compositionEnded();
    ime.keyReleased();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
  });

  test("Firefox: the confirming Enter is composing, with the key's own code in older versions", () => {
    const { ime, nextTask } = setUp();
    ime.compositionStarted();
    expect(isSendKey(enter({ isComposing: true }), ime, "enter")).toBe(false);
    expect(isSendKey(enter({ key: "Process", isComposing: true, keyCode: 229 }), ime, "enter")).toBe(false);
    ime.compositionEnded();
    nextTask();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
  });

  test("Safari: the composition ends first, then its Enter comes as 229 and no longer composing", () => {
    const { ime, nextTask } = setUp();
    ime.compositionStarted();
    ime.compositionEnded();
    expect(isSendKey(enter({ keyCode: 229 }), ime, "enter")).toBe(false);
    nextTask();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
  });

  test("Safari: also an Enter with its own code is the method's within the task that ended the composition", () => {
    const { ime, nextTask } = setUp();
    ime.compositionStarted();
    ime.compositionEnded();
    expect(isSendKey(enter(), ime, "enter")).toBe(false);
    nextTask();
    expect(isSendKey(enter(), ime, "enter")).toBe(true);
  });

  test("a browser that tells only by the composition's own events is believed", () => {
    const { ime } = setUp();
    ime.compositionStarted();
    expect(isSendKey(enter(), ime, "enter")).toBe(false);
  });

  test("where Ctrl or ⌘ is wanted, Enter alone breaks the line", () => {
    const { ime, nextTask } = setUp();
    expect(isSendKey(enter(), ime, "mod-enter")).toBe(false);
    expect(isSendKey(enter({ ctrlKey: true }), ime, "mod-enter")).toBe(true);
    expect(isSendKey(enter({ metaKey: true }), ime, "mod-enter")).toBe(true);
    expect(isSendKey(enter({ ctrlKey: true, shiftKey: true }), ime, "mod-enter")).toBe(false);
    ime.compositionStarted();
    ime.compositionEnded();
    expect(isSendKey(enter({ ctrlKey: true }), ime, "mod-enter")).toBe(false);
    nextTask();
    expect(isSendKey(enter({ ctrlKey: true }), ime, "mod-enter")).toBe(true);
  });
});

test("followIme() hears of every field before the field's own handlers do", () => {
  const page = new EventTarget();
  const { ime, nextTask } = setUp();
  followIme(ime, page);
  expect(ime.owns(enter())).toBe(false);
  page.dispatchEvent(new Event("compositionstart"));
  expect(ime.owns(enter())).toBe(true);
  page.dispatchEvent(new Event("compositionend"));
  expect(ime.owns(enter())).toBe(true);
  page.dispatchEvent(new Event("keyup"));
  expect(ime.owns(enter())).toBe(false);
  nextTask();
  expect(ime.owns({ isComposing: false, keyCode: 229 })).toBe(true);
});
