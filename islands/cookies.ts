/**
 * The two choices that the server must know to render a page: language and colours. Owns their cookies' names and form;
 * the browser writes them, the server reads them.
 */

/** Cookies that the server reads. */
export const LOCALE_COOKIE = "yoi_locale";
export const THEME_COOKIE = "yoi_theme";

const MAX_AGE_SECONDS = 365 * 24 * 60 * 60;

/** What to assign to `document.cookie`; `system` forgets the choice. */
export function choiceCookie(name: string, value: string, base: string): string {
  const isForgotten = value === "system";
  const maxAge = isForgotten ? 0 : MAX_AGE_SECONDS;
  return `${name}=${isForgotten ? "" : value}; Path=${base}; Max-Age=${maxAge}; SameSite=Lax`;
}
