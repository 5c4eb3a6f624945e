/**
 * A Worker's conversation as its Runtime keeps it.
 *
 * Owns the transcript folded from the Worker's log, its bound, and the numbers of its lines, which count over the whole
 * conversation although the oldest of them are let go.
 */
import type { Event, Greeting } from "../protocol/event.ts";
import { fold } from "../protocol/fold.ts";
import type { TranscriptItem } from "../protocol/runtime-api.ts";
import { boundTranscript, emptyTranscript, entriesTotal, entryChars, type Transcript } from "../protocol/transcript.ts";
import type { WorkerLimits } from "./limits.ts";
import type { EventRecord } from "./store/store.ts";
import { transcriptLine } from "./transcript-line.ts";

/** Entries past the bound that are tolerated before the transcript is bounded again. */
const BOUND_SLACK_ENTRIES = 64;

/** One Worker's conversation. */
export class Conversation {
  readonly #limits: Pick<WorkerLimits, "retentionEntries" | "retentionEntryChars">;
  #transcript: Transcript;
  /** Position at which an entry was committed. */
  readonly #entryPositions = new WeakMap<object, number>();
  #lineCount = 0;
  /** Lines that were let go with their entries. */
  #evictedLines = 0;
  /** Size of the entries kept, in UTF-16 code units of their JSON. */
  #entryChars = 0;

  constructor(greeting: Greeting, limits: Pick<WorkerLimits, "retentionEntries" | "retentionEntryChars">) {
    this.#transcript = emptyTranscript(greeting);
    this.#limits = limits;
  }

  /** Where the conversation stands at the newest event taken. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** How many lines the conversation has had. */
  get lineCount(): number {
    return this.#lineCount;
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
  take(event: Event, { position, ts }: EventRecord): void {
    const before = entriesTotal(this.#transcript);
    this.#transcript = fold(this.#transcript, event, ts);
    const added = entriesTotal(this.#transcript) - before;
    if (added <= 0) return;
    for (const entry of this.#transcript.entries.slice(-added)) {
      this.#entryPositions.set(entry, position);
      this.#entryChars += entryChars(entry);
      if (transcriptLine(entry) !== null) this.#lineCount += 1;
    }
    this.#bound();
  }

  #bound(): void {
    const { retentionEntries, retentionEntryChars } = this.#limits;
    const { entries } = this.#transcript;
    const isOver = entries.length >= retentionEntries + BOUND_SLACK_ENTRIES || this.#entryChars > retentionEntryChars;
    if (!isOver) return;
    // Half of the size at once, so that a conversation of long messages is not bounded anew at each of them.
    const bounds = { maxEntries: retentionEntries, maxChars: Math.ceil(retentionEntryChars / 2) };
    this.#transcript = boundTranscript(this.#transcript, bounds);
    for (const entry of entries.slice(0, entries.length - this.#transcript.entries.length)) {
      this.#entryChars -= entryChars(entry);
      if (transcriptLine(entry) !== null) this.#evictedLines += 1;
    }
  }
}
