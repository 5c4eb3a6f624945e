/** A person's choices: kept in the browser, read with care, shared by its tabs. */
import { expect, test } from "vitest";
import { Preferences } from "../../islands/store/preferences.ts";

const KEY = "yoi.preferences";
const DEFAULTS = { sendKey: "enter", theme: "system", locale: "system", notify: false };

function setUp(stored?: string) {
  const items = new Map<string, string>(stored === undefined ? [] : [[KEY, stored]]);
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  const preferences = new Preferences(() => storage);
  preferences.restore();
  return { preferences, items };
}

function read({ sendKey, theme, locale, notify }: Preferences) {
  return { sendKey: sendKey.value, theme: theme.value, locale: locale.value, notify: notify.value };
}

test("Preferences are the defaults where nothing, or nothing readable, is stored", () => {
  for (const stored of [undefined, "", "null", "[]", "not json", '"light"', "3"]) {
    expect(read(setUp(stored).preferences)).toEqual(DEFAULTS);
  }
});

test("Preferences are the defaults where a later version has stored what this one does not know", () => {
  expect(read(setUp('{"sendKey":"any","theme":"dark"}').preferences)).toEqual(DEFAULTS);
  expect(read(setUp('{"theme":"dark","other":1}').preferences)).toEqual({ ...DEFAULTS, theme: "dark" });
});

test("Preferences.change() holds for this page and for the next one", () => {
  const { preferences, items } = setUp('{"theme":"light"}');
  preferences.change({ sendKey: "mod-enter", notify: true });
  const expected = { ...DEFAULTS, theme: "light", sendKey: "mod-enter", notify: true };
  expect(read(preferences)).toEqual(expected);
  expect(read(setUp(items.get(KEY)).preferences)).toEqual(expected);
});

test("Preferences.adopt() follows another tab, and nothing that is about something else", () => {
  const { preferences } = setUp();
  preferences.adopt({ key: "yoi.draft:r/w", newValue: '{"theme":"dark"}' });
  expect(read(preferences)).toEqual(DEFAULTS);
  preferences.adopt({ key: KEY, newValue: '{"theme":"dark"}' });
  expect(read(preferences)).toEqual({ ...DEFAULTS, theme: "dark" });
  preferences.adopt({ key: KEY, newValue: null });
  expect(read(preferences)).toEqual(DEFAULTS);
});

test("Preferences hold until the page goes where the storage is forbidden", () => {
  const preferences = new Preferences(() => {
    throw new DOMException("denied", "SecurityError");
  });
  preferences.restore();
  preferences.change({ theme: "dark" });
  expect(read(preferences)).toEqual({ ...DEFAULTS, theme: "dark" });
});
