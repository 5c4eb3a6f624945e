// @vitest-environment happy-dom
/** What a person chooses, as the page takes it up at once and keeps it for the server. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createConsole } from "../../islands/console.ts";
import { choiceCookie, LOCALE_COOKIE } from "../../islands/cookies.ts";
import { renderEnvironment } from "../../islands/environment.ts";
import { en } from "../../islands/messages-en.ts";
import { choose, followTheme } from "../../islands/settings/choose.ts";
import { applyTheme } from "../../islands/theme.ts";
import { consoleData } from "../support/console-data.ts";

afterEach(() => {
  vi.restoreAllMocks();
  document.documentElement.removeAttribute("data-theme");
});

describe("applyTheme()", () => {
  test("changes colours in place", () => {
    document.head.innerHTML =
      '<meta name="color-scheme" content="light dark"><meta name="theme-color" media="(prefers-color-scheme: dark)">';
    applyTheme("light", document);
    expect(document.documentElement.dataset["theme"]).toBe("light");
    expect(document.head.innerHTML).toContain('content="light"');
    expect(document.head.innerHTML).toContain('content="#faf9f7"');
    applyTheme("system", document);
    expect(document.documentElement.dataset["theme"]).toBeUndefined();
    expect(document.head.innerHTML).toContain('content="#17161f"');
  });
});

describe("choose()", () => {
  test("keeps colours for the server and for this browser, below the app's base", () => {
    const cookie = vi.spyOn(document, "cookie", "set").mockReturnValue(undefined);
    const page = createConsole(consoleData({ base: "/yoi/" }), renderEnvironment(), en);
    choose(page, { theme: "dark" });
    expect(page.preferences.theme.value).toBe("dark");
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    expect(cookie).toHaveBeenCalledExactlyOnceWith("yoi_theme=dark; Path=/yoi/; Max-Age=31536000; SameSite=Lax");
  });

  test("forgets a choice that is the device's own again", () => {
    expect(choiceCookie(LOCALE_COOKIE, "system", "/")).toBe("yoi_locale=; Path=/; Max-Age=0; SameSite=Lax");
  });
});

test("followTheme() paints what another tab's settings say, and leaves what the server has painted until then", () => {
  document.documentElement.dataset["theme"] = "dark";
  const page = createConsole(consoleData(), renderEnvironment(), en);
  followTheme(page);
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  page.preferences.adopt({ key: "yoi.preferences", newValue: '{"theme":"light"}' });
  expect(document.documentElement.dataset["theme"]).toBe("light");
});
