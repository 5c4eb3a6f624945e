/**
 * A Worker's conversation as its Runtime keeps it.
 *
 * Owns the transcript folded from the Worker's log, its bound, the numbers of its lines, which count over the whole
 * conversation although the oldest of them are let go, and what a checkpoint keeps of all that.
 */
import { LogEntry } from "../protocol/entry.ts";
import { isKnownEvent, type Event, type Greeting } from "../protocol/event.ts";
import { fold } from "../protocol/fold.ts";
import type { TranscriptItem } from "../protocol/runtime-api.ts";
import { boundTranscript, emptyTranscript, entriesTotal, entryChars, type Transcript } from "../protocol/transcript.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import type { WorkerLimits } from "./limits.ts";
import type { EntryRecord, EventRecord } from "./store/store.ts";
import { transcriptLine } from "./transcript-line.ts";

/** Entries past the bound that are tolerated before the transcript is bounded again. */
const BOUND_SLACK_ENTRIES = 64;

type ConversationLimits = Pick<WorkerLimits, "retentionEntries" | "retentionEntryChars">;

/** One Worker's conversation. */
export class Conversation {
  readonly #limits: ConversationLimits;
  #transcript: Transcript;
  /** Position at which an entry was committed. */
  readonly #entryPositions = new WeakMap<object, number>();
  #lineCount = 0;
  /** Lines that were let go with their entries. */
  #evictedLines = 0;
  /** Size of the entries kept, in UTF-16 code units of their JSON. */
  #entryChars = 0;
  #turns = 0;
  #llmCalls = 0;
  /** Entries that a checkpoint has. */
  #savedEntries = 0;

  constructor(greeting: Greeting, limits: ConversationLimits) {
    this.#transcript = emptyTranscript(greeting);
    this.#limits = limits;
  }

  /** Takes up what a checkpoint kept; once, before any event. */
  restore(state: CheckpointState | null, entries: readonly EntryRecord[]): void {
    const parsed = entries.map(({ payload, position }) => {
      const entry = LogEntry.parse(JSON.parse(payload));
      this.#keep(entry, position);
      return entry;
    });
    const start = entries[0]?.index ?? state?.entries_total ?? 0;
    this.#savedEntries = start + parsed.length;
    const { run, usage, shut_down } = state ?? this.#transcript;
    this.#transcript = { ...this.#transcript, entries: parsed, entries_start: start, run, usage, shut_down };
    this.#turns = state?.turns ?? 0;
    this.#llmCalls = state?.llm_calls ?? 0;
    this.#evictedLines = Math.max(0, (state?.lines_total ?? 0) - this.#lineCount);
    this.#lineCount += this.#evictedLines;
  }

  /** Where the conversation stands at the newest event taken. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** How many lines the conversation has had. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** Number of the next turn, counted from 0. */
  get turns(): number {
    return this.#turns;
  }

  /** Number of the next call, counted from 0. */
  get llmCalls(): number {
    return this.#llmCalls;
  }

  /** Gives the Worker another name, for the next snapshot. */
  rename(displayName: string): void {
    const greeting = { ...this.#transcript.greeting, worker_name: displayName };
    this.#transcript = { ...this.#transcript, greeting };
  }

  /** The transcript's lines that are kept, oldest first. `sequence` counts from 1 over the whole conversation. */
  lines(): readonly TranscriptItem[] {
    let sequence = this.#evictedLines;
    return this.#transcript.entries.flatMap((entry) => {
      const line = transcriptLine(entry);
      if (line === null) return [];
      sequence += 1;
      return [{ sequence, ...line, event_id: this.#entryPositions.get(entry) ?? 0 }];
    });
  }

  /** Folds the next event of the log. */
  take(event: Event, { position, ts }: Pick<EventRecord, "position" | "ts">): void {
    this.#count(event);
    const before = entriesTotal(this.#transcript);
    this.#transcript = fold(this.#transcript, event, ts);
    const added = entriesTotal(this.#transcript) - before;
    if (added <= 0) return;
    for (const entry of this.#transcript.entries.slice(-added)) this.#keep(entry, position);
  }

  /** What a checkpoint keeps: the state, and the entries since the checkpoint before. */
  save(oldestPosition: number): { readonly state: CheckpointState; readonly entries: readonly EntryRecord[] } {
    const { entries, entries_start: start, run, usage, shut_down } = this.#transcript;
    const first = Math.max(0, this.#savedEntries - start);
    return {
      state: {
        version: 1,
        entries_total: entriesTotal(this.#transcript),
        lines_total: this.#lineCount,
        turns: this.#turns,
        llm_calls: this.#llmCalls,
        oldest_position: oldestPosition,
        run,
        usage,
        shut_down,
      },
      entries: entries.slice(first).map((entry, offset) => ({
        index: start + first + offset,
        position: this.#entryPositions.get(entry) ?? 0,
        payload: JSON.stringify(entry),
      })),
    };
  }

  /** Index of the oldest entry that the bound leaves. */
  oldestWithin(): number {
    const { retentionEntries, retentionEntryChars } = this.#limits;
    const { entries, entries_start: start } = this.#transcript;
    const isTooLarge = this.#entryChars > retentionEntryChars;
    if (entries.length < retentionEntries + BOUND_SLACK_ENTRIES && !isTooLarge) return start;
    // Half of the size at once, so that a conversation of long messages is not bounded anew at each of them.
    const maxChars = isTooLarge ? Math.ceil(retentionEntryChars / 2) : retentionEntryChars;
    return boundTranscript(this.#transcript, { maxEntries: retentionEntries, maxChars }).entries_start;
  }

  /** A checkpoint has these entries now, and those before `oldest` are let go. */
  saved(saved: readonly EntryRecord[], oldest: number): void {
    this.#savedEntries += saved.length;
    const { entries, entries_start: start } = this.#transcript;
    if (oldest <= start) return;
    for (const entry of entries.slice(0, oldest - start)) {
      this.#entryChars -= entryChars(entry);
      if (transcriptLine(entry) !== null) this.#evictedLines += 1;
    }
    this.#transcript = { ...this.#transcript, entries: entries.slice(oldest - start), entries_start: oldest };
  }

  #keep(entry: LogEntry, position: number): void {
    this.#entryPositions.set(entry, position);
    this.#entryChars += entryChars(entry);
    if (transcriptLine(entry) !== null) this.#lineCount += 1;
  }

  #count(event: Event): void {
    if (!isKnownEvent(event)) return;
    if (event.event === "turn_start") this.#turns = event.data.turn + 1;
    if (event.event === "llm_call_start") this.#llmCalls = event.data.llm_call + 1;
  }
}
