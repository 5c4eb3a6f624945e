/**
 * The mark as a tab's icon: the evening star over the horizon while nothing happens, a rising one while an answer is
 * written, and a full light once it is there and nobody has looked. Shapes differ, not colours alone.
 */

/** What a tab has to tell. */
export type TabState = "idle" | "generating" | "finished";

const NIGHT =
  '<rect width="32" height="32" rx="8" fill="#2b2a4c"/>' +
  '<path d="M20.6 7.2a8.4 8.4 0 1 0 4.9 13.4A9.6 9.6 0 0 1 20.6 7.2Z" fill="#f3e9d8"/>';
const HORIZON = '<path d="M5.5 25.4h21" stroke="#f0a66b" stroke-width="2" stroke-linecap="round"/>';
const STAR = '<circle cx="23.4" cy="10.2" r="1.9" fill="#f0a66b"/>';
const DOTS = [9, 16, 23].map((x) => `<circle cx="${x}" cy="25" r="2.9" fill="#f0a66b"/>`).join("");
const BADGE =
  '<circle cx="24" cy="24" r="8" fill="#6fc792"/>' +
  '<path d="m20.4 24.2 2.6 2.6 4.7-5.2" fill="none" stroke="#14231a" stroke-width="2.2" stroke-linecap="round" ' +
  'stroke-linejoin="round"/>';

const DRAWINGS: Readonly<Record<TabState, string>> = {
  idle: NIGHT + STAR + HORIZON,
  generating: NIGHT + STAR + DOTS,
  finished: NIGHT + STAR + BADGE,
};

/** The tab's icon as an address of its own, which needs no network to change. */
export function faviconOf(state: TabState): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${DRAWINGS[state]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
