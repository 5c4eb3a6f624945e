/**
 * The console's own drawings: the mark, and the few icons. The mark is the evening star over the horizon (宵); it takes
 * its colours from the style sheet.
 */
import type { ComponentChild } from "preact";

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect class="mark-sky" width="32" height="32" rx="8" />
      <path class="mark-moon" d="M20.6 7.2a8.4 8.4 0 1 0 4.9 13.4A9.6 9.6 0 0 1 20.6 7.2Z" />
      <circle class="mark-star" cx="23.4" cy="10.2" r="1.9" />
      <path class="mark-horizon" d="M5.5 25.4h21" />
    </svg>
  );
}

const PATHS = {
  send: "M12 19V5m0 0-6 6m6-6 6 6",
  stop: "M7 7h10v10H7z",
  down: "M12 5v14m0 0 6-6m-6 6-6-6",
  menu: "M4 7h16M4 12h16M4 17h10",
  plus: "M12 5v14M5 12h14",
  import: "M12 4v11m0 0-5-5m5 5 5-5M5 19.5h14",
  chevron: "m9 6 6 6-6 6",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm4.8 11.3L20 20",
  settings: "M4 7h9m5 0h2M4 17h2m5 0h9M15.5 4.6v4.8M8.5 14.6v4.8",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  close: "m6.5 6.5 11 11m0-11-11 11",
  warn: "M12 8v5m0 3.2v.1M12 3 2.5 20h19Z",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }): ComponentChild {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
