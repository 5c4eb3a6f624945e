/**
 * Search through a whole conversation, the newest first: what the page has, then older pages as the server gives them.
 *
 * Owns what was fetched, how far a search has come and what it found. It changes nothing of the conversation. A newer
 * query ends the older one; what was fetched for it is not fetched again, within a bound.
 */
import { computed, createModel, signal } from "@preact/signals";
import type { WorkerEntries } from "../../protocol/backend-api.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import type { ApiResult } from "../store/api-client.ts";
import { entryText, type EntryText } from "./entry-text.ts";
import { findHits, type Hit } from "./find-hits.ts";
import { foldQuery } from "./fold-text.ts";

export interface ConversationSearchOptions {
  /** What the page has: the end of the conversation, from `entriesStart` on. */
  readonly entries: () => readonly LogEntry[];
  readonly entriesStart: () => number;
  readonly loadEntries: (before: number) => Promise<ApiResult<WorkerEntries>>;
}

export type SearchState =
  | { readonly kind: "empty" }
  | { readonly kind: "searching" }
  /** By the person, or because a page did not come; `searched` says how far it was. */
  | { readonly kind: "stopped"; readonly reason: "asked" | "failed" }
  /** So many hits are enough. */
  | { readonly kind: "capped" }
  | { readonly kind: "done" };

/** A list longer than this is of no use. */
export const MAX_HITS = 300;
/** Texts that are kept for the next query, in UTF-16 code units. */
const MAX_KEPT_CHARS = 8_000_000;

export const ConversationSearch = createModel((options: ConversationSearchOptions) => {
  const state = signal<SearchState>({ kind: "empty" });
  const hits = signal<readonly Hit[]>([]);
  /** Entries from here on have been searched. */
  const position = signal(0);
  /** Length of the conversation when the search began. */
  const total = signal(0);
  /** Newest first, of the entries from `keptStart` up to `keptEnd`, where what the page has begins. */
  let kept: EntryText[] = [];
  let keptChars = 0;
  let keptStart = 0;
  let keptEnd: number | undefined;
  let oldestKept = 0;
  let query = "";
  let run = 0;

  const look = (texts: readonly EntryText[]) => {
    const found = texts.flatMap((text) => findHits(text, query).toReversed());
    if (found.length > 0) hits.value = [...hits.peek(), ...found].slice(0, MAX_HITS);
    return hits.peek().length < MAX_HITS;
  };

  const end = (next: SearchState) => {
    run += 1;
    state.value = next;
  };

  const keep = (texts: readonly EntryText[], start: number, before: number) => {
    if (before !== keptStart || keptChars > MAX_KEPT_CHARS) return;
    kept.push(...texts);
    keptChars += texts.reduce((sum, { text }) => sum + text.length, 0);
    keptStart = start;
  };

  /** Goes on with the pages before `position`. */
  const goBack = async () => {
    const own = (run += 1);
    state.value = { kind: "searching" };
    while (position.peek() > oldestKept) {
      const before = position.peek();
      const result = await options.loadEntries(before);
      if (own !== run) return;
      if (!result.ok) return end({ kind: "stopped", reason: "failed" });
      const page = result.value;
      oldestKept = page.oldest_kept;
      if (page.entries.length === 0 || page.entries_start >= before) break;
      const texts = textsOf(page.entries, page.entries_start);
      keep(texts, page.entries_start, before);
      position.value = page.entries_start;
      if (!look(texts)) return end({ kind: "capped" });
    }
    end({ kind: "done" });
  };

  return {
    state: computed(() => state.value),
    /** Newest first. */
    hits: computed(() => hits.value),
    /** How many entries have been searched, of how many. */
    progress: computed(() => ({ searched: total.value - position.value, total: total.value })),

    /** Searches for these words from the newest entry on. */
    start(words: string): void {
      query = foldQuery(words);
      hits.value = [];
      if (query === "") return end({ kind: "empty" });
      const entries = options.entries();
      const start = options.entriesStart();
      total.value = start + entries.length;
      // The page may have got older entries itself meanwhile, or lost some; then what was kept does not fit any more.
      if (keptEnd !== start) {
        kept = [];
        keptChars = 0;
        keptStart = keptEnd = start;
      }
      position.value = keptStart;
      if (!look(textsOf(entries, start)) || !look(kept)) return end({ kind: "capped" });
      void goBack();
    },

    /** Leaves it at what was found. */
    stop(): void {
      if (state.peek().kind === "searching") end({ kind: "stopped", reason: "asked" });
    },

    /** Goes on where it stopped. */
    resume(): void {
      if (state.peek().kind === "stopped") void goBack();
    },
  };
});

/** The words of entries, newest first. */
function textsOf(entries: readonly LogEntry[], start: number): readonly EntryText[] {
  return entries.flatMap((entry, offset) => entryText(entry, start + offset) ?? []).toReversed();
}
