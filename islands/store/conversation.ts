/**
 * The conversation: the shared fold over the events that this viewer receives.
 *
 * Owns the transcript, the newest cursor, de-duplication and the older pages put before it. It knows nothing of sockets
 * or of the screen. Events are queued and folded together, as often as there is a rendering; each part of the state is a
 * signal of its own, so that a delta wakes nobody but who shows what is being written. Every oddity is counted, since
 * none should occur.
 */
import { batch, computed, createModel, signal } from "@preact/signals";
import { createStreamPosition, type Envelope } from "../../client/stream-position.ts";
import type { WorkerEntries } from "../../protocol/backend-api.ts";
import type { ClientCursor } from "../../protocol/cursor.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { isKnownBlock, isKnownEvent, type Event, type Snapshot } from "../../protocol/event.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { fold } from "../../protocol/fold.ts";
import { boundTranscript, transcriptOf, type Transcript } from "../../protocol/transcript.ts";
import type { Growth } from "../markdown/blocks.ts";
import type { ApiResult } from "./api-client.ts";
import type { FrameScheduler } from "./frame-scheduler.ts";

export type { Envelope };

/** What should never happen, counted. All zero on a sound stream. */
export interface ConversationCounters {
  readonly received: number;
  readonly snapshots: number;
  readonly duplicates: number;
  readonly foreign: number;
  readonly malformed: number;
}

/** Whether there is more of the conversation before the first entry shown. */
export type OlderState =
  | { readonly kind: "none" }
  | { readonly kind: "more" }
  | { readonly kind: "loading" }
  | { readonly kind: "failed" }
  /** As much is kept as this page can hold: older entries are a page of their own. */
  | { readonly kind: "full" };

export interface ConversationOptions {
  readonly ref: WorkerRef;
  readonly snapshot: Snapshot;
  readonly cursor: ClientCursor;
  readonly scheduler: FrameScheduler;
  readonly now: () => number;
  readonly loadEntries: (before: number) => Promise<ApiResult<WorkerEntries>>;
}

interface QueuedEvent {
  readonly event: Event;
  readonly ts: number;
}

/** What a page keeps of a conversation: enough for a day's, and little enough for a phone. */
const KEPT = { maxEntries: 20_000, maxChars: 64_000_000 } as const;
/** The bounds are looked at again after so many new entries; adding up their sizes is not free. */
const BOUND_EVERY_ENTRIES = 500;

export const Conversation = createModel((options: ConversationOptions) => {
  const transcript = signal<Transcript>(transcriptOf(options.snapshot));
  const entries = signal(transcript.peek().entries);
  const entriesStart = signal(transcript.peek().entries_start);
  // Signals of their own, since every message on the page listens to them: derived from the transcript, each of them would
  // be asked again at every delta, although nothing about it has changed.
  const run = signal(transcript.peek().run);
  const greeting = signal(transcript.peek().greeting);
  const shutDown = signal(transcript.peek().shut_down);
  const position = createStreamPosition(options.ref, options.cursor);
  const cursor = signal<ClientCursor | undefined>(options.cursor);
  const counters = signal<ConversationCounters>({ received: 0, snapshots: 0, duplicates: 0, foreign: 0, malformed: 0 });
  const newestGrowth = signal<Growth | undefined>(undefined);
  const older = signal<OlderState>(olderStateOf(transcript.peek()));
  const queue: QueuedEvent[] = [];
  let boundedLength = entries.peek().length;
  /** The older page that is on its way. */
  let olderPage: Promise<void> | undefined;

  const show = (next: Transcript) => {
    batch(() => {
      transcript.value = next;
      entries.value = next.entries;
      entriesStart.value = next.entries_start;
      run.value = next.run;
      greeting.value = next.greeting;
      shutDown.value = next.shut_down;
    });
  };

  const bound = (next: Transcript): Transcript => {
    if (next.entries.length < boundedLength + BOUND_EVERY_ENTRIES) return next;
    const bounded = boundTranscript(next, KEPT);
    boundedLength = bounded.entries.length;
    return bounded;
  };

  const count = (name: keyof ConversationCounters, by = 1) => {
    counters.value = { ...counters.peek(), [name]: counters.peek()[name] + by };
  };

  const flush = () => {
    if (queue.length === 0) return;
    const growth = growthBy(queue, transcript.peek());
    let next = transcript.peek();
    let snapshots = 0;
    for (const { event, ts } of queue) {
      const before = next;
      next = fold(next, event, ts);
      if (event.event !== "snapshot") continue;
      snapshots += 1;
      next = keepOlder(before, next);
    }
    const received = queue.length;
    queue.length = 0;
    const bounded = bound(next);
    const isOther = snapshots > 0 || bounded.entries_start !== entriesStart.peek();
    batch(() => {
      newestGrowth.value = growth;
      show(bounded);
      count("received", received);
      if (snapshots > 0) count("snapshots", snapshots);
      if (isOther && older.peek().kind !== "loading") older.value = olderStateOf(bounded);
    });
  };
  const requestFlush = options.scheduler(flush);

  const loadBefore = async (before: number): Promise<void> => {
    older.value = { kind: "loading" };
    const result = await options.loadEntries(before);
    flush();
    // Before anybody hears that it has come, who may ask for the next one at once.
    olderPage = undefined;
    if (!result.ok) {
      older.value = { kind: "failed" };
      return;
    }
    const page = result.value;
    const current = transcript.peek();
    batch(() => {
      // A snapshot may have come meanwhile; the page fits only where it was asked for.
      if (current.entries_start === before && page.entries_start + page.entries.length === before) {
        show({ ...current, entries: [...page.entries, ...current.entries], entries_start: page.entries_start });
      }
      const first = transcript.peek().entries_start;
      const isNone = first <= page.oldest_kept || page.entries.length === 0;
      // Asking again for what did not fit would bring the same.
      older.value = { kind: isNone ? "none" : first === before ? "failed" : "more" };
    });
  };

  return {
    transcript: computed(() => transcript.value),
    /** Keep their identity while text streams in. */
    entries: computed(() => entries.value),
    entriesStart: computed(() => entriesStart.value),
    blocks: computed(() => transcript.value.in_flight.blocks),
    /** How the newest block's text has grown with the last rendering, if that is all that happened to it. */
    growth: computed(() => newestGrowth.value),
    run: computed(() => run.value),
    greeting: computed(() => greeting.value),
    usage: computed(() => transcript.value.usage),
    shutDown: computed(() => shutDown.value),
    counters: computed(() => counters.value),
    older: computed(() => older.value),
    /** Newest position that has been received. */
    cursor: computed(() => cursor.value),

    /** Takes an event off the wire. A repeated one is counted and dropped; a snapshot always counts. */
    receive(envelope: Envelope): void {
      const taken = position.take(envelope);
      cursor.value = position.cursor;
      switch (taken.kind) {
        case "event":
          queue.push({ event: taken.event, ts: envelope.ts ?? options.now() });
          return requestFlush();
        case "duplicate":
          return count("duplicates");
        case "foreign":
          return count("foreign");
        case "malformed":
          return count("malformed");
      }
    },

    /** Folds what is queued now, without waiting for its turn. */
    flush,

    /** Forgets the position: the next attempt asks for a snapshot. */
    dropCursor(): void {
      position.drop();
      cursor.value = undefined;
    },

    /** Puts the page before the first entry shown in front of it. Who asks while it is on its way waits for it too. */
    async loadOlder(): Promise<void> {
      if (olderPage !== undefined) return olderPage;
      const { entries_start: before, entries: shown } = transcript.peek();
      if (before === 0) return;
      if (shown.length >= KEPT.maxEntries - BOUND_EVERY_ENTRIES) {
        older.value = { kind: "full" };
        return;
      }
      olderPage = loadBefore(before);
      return olderPage;
    },
  };
});
export type Conversation = InstanceType<typeof Conversation>;

/** What the events put behind the text that is being written; absent where they do anything else. */
function growthBy(queue: readonly QueuedEvent[], { in_flight }: Transcript): Growth | undefined {
  const newest = in_flight.blocks.at(-1);
  if (newest === undefined || !isKnownBlock(newest) || newest.kind !== "text") return undefined;
  let by = "";
  for (const { event } of queue) {
    if (!isKnownEvent(event) || event.event !== "text_delta") return undefined;
    by += event.data.text;
  }
  return newest.finished === true ? undefined : { before: newest.text, by };
}

function olderStateOf(transcript: Transcript): OlderState {
  return transcript.entries_start > 0 ? { kind: "more" } : { kind: "none" };
}

/** Keeps the older pages that the reader has loaded, when a snapshot goes on where they end, and shows no more or less. */
function keepOlder(before: Transcript, after: Transcript): Transcript {
  const kept = after.entries_start - before.entries_start;
  if (kept <= 0 || kept >= before.entries.length || !sameEntry(before.entries[kept], after.entries[0])) return after;
  if (before.inner_work_hidden !== after.inner_work_hidden) return after;
  return {
    ...after,
    entries: [...before.entries.slice(0, kept), ...after.entries],
    entries_start: before.entries_start,
  };
}

function sameEntry(one: LogEntry | undefined, other: LogEntry | undefined): boolean {
  return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
