/** Whether two pictures of a conversation are the same. Owns the comparison of a part of the newest entries with more. */
import type { Transcript } from "../../protocol/transcript.ts";

/** Where a picture of the newest entries differs from the whole; null where it does not. */
export function differenceOf(shown: Transcript, whole: Transcript): string | null {
  const total = whole.entries_start + whole.entries.length;
  const shownTotal = shown.entries_start + shown.entries.length;
  if (shownTotal !== total) return `${shownTotal} entries instead of ${total}`;
  const start = Math.max(shown.entries_start, whole.entries_start);
  const part = (of: Transcript): Transcript => ({
    ...of,
    entries_start: start,
    entries: of.entries.slice(start - of.entries_start),
  });
  const [left, right] = [part(shown), part(whole)];
  // The same order of keys is usual, and quickly seen.
  if (JSON.stringify(left) === JSON.stringify(right)) return null;
  const [one, other] = [stateJson(left), stateJson(right)];
  if (one === other) return null;
  let at = 0;
  while (one[at] === other[at]) at += 1;
  return `…${one.slice(Math.max(0, at - 40), at + 40)}… instead of …${other.slice(Math.max(0, at - 40), at + 40)}…`;
}

/** The same text for the same state, whatever the order of keys and whichever are absent. */
function stateJson(transcript: Transcript): string {
  return JSON.stringify(transcript, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}
