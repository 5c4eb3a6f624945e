/**
 * A Worker's event log.
 *
 * Owns the order of the Worker's events, the bounded window that is kept for those who resume, and the rule that an
 * event is published only after the store has it. Whoever appends while a batch is being stored joins the next batch.
 * A reader is a position; `onPublish` only wakes it. What the window has let go, the store may forget with the Worker's
 * next checkpoint.
 */
import type { Event } from "../protocol/event.ts";
import type { WorkerId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import { Compaction } from "./compaction.ts";
import { MAX_POSITION } from "./log-cursor.ts";
import type { EventRecord, RuntimeStore, SubmissionRecord, WorkerRecord } from "./store/store.ts";

/** What a log keeps at the most; every bound holds. */
export interface RetentionLimits {
  readonly retentionEvents: number;
  readonly retentionChars: number;
  readonly retentionAgeMs: number;
  readonly retentionDeltasMs: number;
}

/** An event and its record, as `onPublish` hands them on. */
export interface PublishedEvent {
  readonly record: EventRecord;
  readonly event: Event;
}

/** What follows a position. */
export type ReadResult =
  | { readonly kind: "events"; readonly events: readonly EventRecord[] }
  | { readonly kind: "expired" }
  | { readonly kind: "ahead" };

interface Pending {
  readonly events: readonly Event[];
  readonly ts: number;
  readonly submissionAt: SubmissionAt | undefined;
  readonly resolve: (position: number) => void;
  readonly reject: (error: unknown) => void;
}

/** The submission that events commit, by the position of the first of them. */
type SubmissionAt = (first: number) => SubmissionRecord;

/**
 * How long the pieces of a text stay beside the whole when a full log has to let something go. Whoever follows it has
 * read them by then, also over a slow link; older events go first.
 */
export const PIECES_GRACE_MS = 10_000;

/** How much of the window may have been evicted before it is cut off, as a share of what is kept: not at every event. */
const CUT_SLACK = 0.25;

/** What a log is made of. */
export interface EventLogOptions {
  readonly workerId: WorkerId;
  readonly store: RuntimeStore;
  readonly limits: RetentionLimits;
  /** Events that the store already has. */
  readonly kept: readonly EventRecord[];
  /** Position of the newest event ever appended. */
  readonly head: number;
  /** Position from which on events are kept, compaction apart. */
  readonly oldest: number;
  /** The Worker's record where it has to change with the next event, and what then becomes of it. */
  readonly renewal: () => WorkerRecord | null;
  readonly onRenewed: (record: WorkerRecord) => void;
}

/** One Worker's log. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #listeners = new Set<(published: readonly PublishedEvent[]) => void>();
  readonly #pending: Pending[] = [];
  readonly #compaction = new Compaction();
  #window: EventRecord[];
  /** How many records at the front of the window have been evicted but not yet cut off. */
  #evicted = 0;
  #chars = 0;
  #head: number;
  #oldest: number;
  /** Positions that compaction has taken out of the window and that the store still has. */
  #compacted: readonly number[] = [];
  #storing = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#window = [...options.kept];
    this.#head = options.head;
    this.#oldest = Math.min(options.oldest, options.head + 1);
    for (const record of this.#window) {
      this.#chars += record.payload.length;
      this.#compaction.note(record);
    }
    this.#evict();
  }

  /** Position of the newest published event; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Position from which on events are kept; `head + 1` where none is. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Positions from `oldest` on that were taken out and that the store may forget. */
  get compacted(): readonly number[] {
    return this.#compacted;
  }

  /** The store has forgotten these of `compacted`. */
  forgotten(positions: readonly number[]): void {
    if (positions.length === 0) return;
    const gone = new Set(positions);
    this.#compacted = this.#compacted.filter((position) => !gone.has(position));
  }

  /**
   * Stores the events, in order and together, then publishes them. Without any it writes the Worker's record, where that
   * has to change.
   *
   * @param submissionAt The submission that is kept with them.
   * @returns the position of the last one
   * @throws what the store throws; nothing was published then
   */
  append(events: readonly Event[], ts: number, submissionAt?: SubmissionAt): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pending.push({ events, ts, submissionAt, resolve, reject });
    if (!this.#storing) void this.#drain();
    return promise;
  }

  /** The events after a position, oldest first, at most `maxEvents`. */
  read(after: number, maxEvents: number): ReadResult {
    if (after > this.#head) return { kind: "ahead" };
    if (after < this.#oldest - 1) return { kind: "expired" };
    const first = this.#indexAfter(after);
    return { kind: "events", events: this.#window.slice(first, first + maxEvents) };
  }

  /** Calls back in the same step in which events become readable. */
  onPublish(listener: (published: readonly PublishedEvent[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Lets go of what has become too old. @returns whether there was anything */
  retain(now: number): boolean {
    const { retentionAgeMs, retentionDeltasMs } = this.#options.limits;
    const oldest = this.#oldest;
    const compacted = this.#compacted.length;
    this.#compact(now - retentionDeltasMs);
    for (let next = this.#window[this.#evicted]; next && next.ts < now - retentionAgeMs;) {
      this.#evictOldest();
      next = this.#window[this.#evicted];
    }
    this.#cut(0);
    return this.#oldest !== oldest || this.#compacted.length !== compacted;
  }

  async #drain(): Promise<void> {
    this.#storing = true;
    try {
      for (let batch = this.#pending.splice(0); batch.length > 0; batch = this.#pending.splice(0)) {
        await this.#storeAndPublish(batch);
      }
    } finally {
      this.#storing = false;
    }
  }

  async #storeAndPublish(batch: readonly Pending[]): Promise<void> {
    const { workerId, store, renewal, onRenewed } = this.#options;
    const published: PublishedEvent[] = [];
    let submission: SubmissionRecord | undefined;
    for (const { events, ts, submissionAt } of batch) {
      submission ??= submissionAt?.(this.#head + published.length + 1);
      for (const event of events) {
        const record = { position: this.#head + published.length + 1, ts, payload: JSON.stringify(event) };
        published.push({ record, event });
      }
    }
    const record = renewal();
    try {
      if (this.#head + published.length > MAX_POSITION) throw new ProblemError("internal", "The Worker's log is full.");
      const records = published.map((one) => one.record);
      await store.append(workerId, records, { ...(record && { record }), ...(submission && { submission }) });
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    if (record) onRenewed(record);
    let position = this.#head;
    if (published.length > 0) this.#publish(published);
    for (const { events, resolve } of batch) {
      position += events.length;
      resolve(position);
    }
  }

  #publish(published: readonly PublishedEvent[]): void {
    for (const { record } of published) {
      this.#window.push(record);
      this.#chars += record.payload.length;
      this.#compaction.note(record);
    }
    this.#head += published.length;
    this.#evict();
    for (const listener of this.#listeners) listener(published);
  }

  get #isOver(): boolean {
    const { retentionEvents, retentionChars } = this.#options.limits;
    return this.#window.length - this.#evicted > retentionEvents || this.#chars > retentionChars;
  }

  /** Pieces of texts that have been whole for a while go first, then the oldest events. */
  #evict(): void {
    if (!this.#isOver) return;
    this.#compact((this.#window.at(-1)?.ts ?? 0) - PIECES_GRACE_MS);
    while (this.#isOver) this.#evictOldest();
    this.#cut(this.#options.limits.retentionEvents * CUT_SLACK);
  }

  #evictOldest(): void {
    const oldest = this.#window[this.#evicted];
    if (oldest === undefined) throw new RangeError("Cannot evict: the log is empty");
    this.#chars -= oldest.payload.length;
    this.#evicted += 1;
    this.#oldest = oldest.position + 1;
  }

  #compact(untilTs: number): void {
    const pieces = this.#compaction.take(untilTs).filter((position) => position >= this.#oldest);
    if (pieces.length === 0) return;
    const out = new Set(pieces);
    this.#window = this.#window.slice(this.#evicted).filter(({ position, payload }) => {
      if (!out.has(position)) return true;
      this.#chars -= payload.length;
      return false;
    });
    this.#evicted = 0;
    // A new array: whoever was told the one before says later that the store has forgotten that one.
    this.#compacted = [...this.#compacted, ...out];
  }

  /** Cuts off what was evicted, once it is worth the copying. */
  #cut(slack: number): void {
    if (this.#evicted <= slack) return;
    this.#window = this.#window.slice(this.#evicted);
    this.#evicted = 0;
    this.#compacted = this.#compacted.filter((position) => position >= this.#oldest);
  }

  /** Index in the window of the first record after a position. */
  #indexAfter(after: number): number {
    let low = this.#evicted;
    let high = this.#window.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#window[middle]?.position ?? Number.POSITIVE_INFINITY) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
