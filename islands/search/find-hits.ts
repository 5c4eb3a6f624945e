/** Where words stand in a text, with a little of what is around them. Pure. */
import type { EntryText } from "./entry-text.ts";
import { foldText } from "./fold-text.ts";

/** A place where the words stand. `before`, `match` and `after` are pieces of the text as it was written. */
export interface Hit extends Omit<EntryText, "text"> {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

const CONTEXT_CHARS = 60;
const MORE = "…";

/** @param query As `foldQuery()` gives it; an empty one is found nowhere. */
export function findHits(entry: EntryText, query: string): readonly Hit[] {
  if (query === "") return [];
  const { index, ts, who, text } = entry;
  const folded = foldText(text);
  const hits: Hit[] = [];
  for (let from = folded.text.indexOf(query); from !== -1; from = folded.text.indexOf(query, from + query.length)) {
    const start = folded.at[from] ?? 0;
    const last = folded.at[from + query.length - 1] ?? start;
    // From the hit on: a long text may have ten thousand of them, and each would be looked for from its beginning.
    let next = from + query.length;
    while ((folded.at[next] ?? text.length) <= last) next += 1;
    const end = folded.at[next] ?? text.length;
    hits.push({ index, ts, who, before: before(text, start), match: text.slice(start, end), after: after(text, end) });
  }
  return hits;
}

function before(text: string, start: number): string {
  const from = wholeAt(text, Math.max(0, start - CONTEXT_CHARS));
  return `${from > 0 ? MORE : ""}${oneLine(text.slice(from, start)).trimStart()}`;
}

function after(text: string, end: number): string {
  const to = wholeAt(text, Math.min(text.length, end + CONTEXT_CHARS));
  return `${oneLine(text.slice(end, to)).trimEnd()}${to < text.length ? MORE : ""}`;
}

/** A place that does not cut a character in two. */
function wholeAt(text: string, place: number): number {
  return /[\udc00-\udfff]/.test(text[place] ?? "") ? place + 1 : place;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
