/**
 * Pages of a conversation.
 *
 * Owns which lines or entries a page has and where the next one begins. Pure but for reading the Worker.
 */
import { ProblemError } from "../protocol/problem.ts";
import type { EntryPage, TranscriptPage } from "../protocol/runtime-api.ts";
import { entriesTotal } from "../protocol/transcript.ts";
import type { RuntimeLimits } from "./limits.ts";
import type { EntriesQuery, TranscriptQuery } from "./runtime.ts";
import type { Worker } from "./worker.ts";

/** See `Runtime.transcript`. @throws ProblemError invalid_query */
export function transcriptPage(
  { ref, conversation }: Pick<Worker, "ref" | "conversation">,
  { start, limit }: TranscriptQuery,
  { maxTranscriptItems }: RuntimeLimits,
): TranscriptPage {
  if (limit > maxTranscriptItems) {
    throw new ProblemError("invalid_query", `limit: ${limit} is more than the ${maxTranscriptItems} of a page.`);
  }
  const items = conversation
    .lines()
    .filter(({ sequence }) => sequence > start)
    .slice(0, limit);
  const end = items.at(-1)?.sequence ?? start;
  const next = end < conversation.lineCount && (items.length > 0 || limit === 0) ? end : null;
  return { worker_ref: ref, start, limit, total_items: conversation.lineCount, items, next_start: next };
}

/** See `Runtime.entries`. */
export function entryPage(
  { ref, transcript }: Pick<Worker, "ref" | "transcript">,
  { before, limit }: EntriesQuery,
  { maxEntries }: RuntimeLimits,
): EntryPage {
  const total = entriesTotal(transcript);
  const oldest = transcript.entries_start;
  const end = Math.max(oldest, Math.min(before ?? total, total));
  const start = Math.max(oldest, end - Math.min(limit, maxEntries));
  return {
    worker_ref: ref,
    entries_start: start,
    entries_total: total,
    oldest_kept: oldest,
    entries: transcript.entries.slice(start - oldest, end - oldest),
  };
}
