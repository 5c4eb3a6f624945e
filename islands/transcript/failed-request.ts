/** Which message a failed run was asked: what can be asked again. Pure. */
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import { flattenSegments } from "../../protocol/segment.ts";

/** The text that the failed run of `entries[at]` was to answer; `undefined` once something has been said since. */
export function failedRequest(entries: readonly LogEntry[], at: number): string | undefined {
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (entry === undefined || !isKnownEntry(entry)) continue;
    const isEnd = entry.kind === "run_errored" || entry.kind === "run_completed";
    if (isEnd && index !== at) return undefined;
    if (entry.kind === "user_input") return index < at ? flattenSegments(entry.segments) : undefined;
  }
  return undefined;
}
