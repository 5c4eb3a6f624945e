/**
 * The page's colours as a person chose them. The server renders the choice from a cookie, so that a page never flashes
 * in the wrong ones; the browser changes it in place.
 */
import * as z from "zod/mini";

/** `system`: as the device has it. */
export const Theme = z.enum(["system", "light", "dark"]);
export type Theme = z.infer<typeof Theme>;

/** What the browser paints around the page, per scheme. */
export const PAPER = { light: "#faf9f7", dark: "#17161f" } as const;

/** What `<html data-theme>` is; none for the device's own. */
export function themeAttribute(theme: Theme): "light" | "dark" | undefined {
  return theme === "system" ? undefined : theme;
}

/** Paints the page in the theme. */
export function applyTheme(theme: Theme, document: Document): void {
  const attribute = themeAttribute(theme);
  if (attribute === undefined) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = attribute;
  const scheme = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
  if (scheme) scheme.content = attribute ?? "light dark";
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = PAPER[attribute ?? (meta.getAttribute("media")?.includes("dark") ? "dark" : "light")];
  }
}
