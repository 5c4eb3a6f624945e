/**
 * Which addresses a text may link to. Owns the allow-list; everything else is shown as text.
 */

const ALLOWED = /^(?:https?:\/\/|mailto:)[^\s]/i;
/** Browsers skip these inside a scheme: `java\tscript:` is one. */
// oxlint-disable-next-line no-control-regex -- control characters are what must go
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]/g;

/** The address if a link may lead there (http, https, mailto, or a place on this page), else `undefined`. */
export function allowedUrl(raw: string): string | undefined {
  const url = raw.replace(INVISIBLE, "");
  if (url.startsWith("#")) return url;
  return ALLOWED.test(url) ? url : undefined;
}
