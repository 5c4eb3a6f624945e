/**
 * A choice of the person's, with what follows from it at once: the page's colours change in place, and another language
 * is another page, for which what is being written is kept first (it is with every page that goes).
 */
import { effect } from "@preact/signals";
import { choiceCookie, LOCALE_COOKIE, THEME_COOKIE } from "../cookies.ts";
import type { Frame } from "../frame.ts";
import type { PreferenceValues } from "../store/preferences.ts";
import { applyTheme, type Theme } from "../theme.ts";

export function choose(
  { preferences, paths }: Pick<Frame, "preferences" | "paths">,
  change: Partial<PreferenceValues>,
) {
  preferences.change(change);
  if (change.theme !== undefined) tellTheme(change.theme, paths);
  if (change.locale !== undefined) {
    document.cookie = choiceCookie(LOCALE_COOKIE, change.locale, paths.home);
    const url = new URL(location.href);
    const hadLanguage = url.searchParams.has("lang");
    url.searchParams.delete("lang");
    // The server renders the page in the language that was chosen; an address that names one would win over it.
    if (hadLanguage) location.replace(url);
    else location.reload();
  }
}

/** Browsers let cookies that scripts write end after days. What is remembered here stays: the server is told again. */
export function renewChoices({ preferences, paths }: Pick<Frame, "preferences" | "paths">): void {
  const [theme, locale] = [preferences.theme.peek(), preferences.locale.peek()];
  if (theme !== "system") tellTheme(theme, paths);
  if (locale !== "system") document.cookie = choiceCookie(LOCALE_COOKIE, locale, paths.home);
}

/** Tells the server for its next page, and this page. */
function tellTheme(theme: Theme, paths: Frame["paths"]): void {
  document.cookie = choiceCookie(THEME_COOKIE, theme, paths.home);
  applyTheme(theme, document);
}

/** Paints the page anew also when other colours are chosen in another tab; the first are as the server has them. */
export function followTheme({ preferences }: Pick<Frame, "preferences">): void {
  let known = preferences.theme.peek();
  effect(() => {
    const theme = preferences.theme.value;
    if (theme !== known) applyTheme(theme, document);
    known = theme;
  });
}
