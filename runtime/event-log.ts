/**
 * A Worker's event log.
 *
 * Owns the order of the Worker's events, the bounded window that is kept for those who resume, and the rule that an
 * event is published only after the store has it. Whoever appends while a batch is being stored joins the next batch.
 * A reader is a position; `onPublish` only wakes it.
 */
import type { Event } from "../protocol/event.ts";
import type { WorkerId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import { MAX_POSITION, type Epoch } from "./log-cursor.ts";
import type { EventRecord, RuntimeStore } from "./store/store.ts";

/** What a log keeps at the most; both bounds hold. */
export interface RetentionLimits {
  readonly retentionEvents: number;
  readonly retentionChars: number;
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
  readonly resolve: (position: number) => void;
  readonly reject: (error: unknown) => void;
}

/** How often the store is asked to forget, as a share of what is kept: not at every event. */
const TRIM_SLACK = 0.25;

/** One Worker's log. */
export class EventLog {
  readonly epoch: Epoch;
  readonly #workerId: WorkerId;
  readonly #store: RuntimeStore;
  readonly #limits: RetentionLimits;
  readonly #onTrimFailed: (error: unknown) => void;
  readonly #listeners = new Set<(published: readonly PublishedEvent[]) => void>();
  readonly #pending: Pending[] = [];
  #window: EventRecord[];
  /** How many records at the front of the window have been evicted but not yet cut off. */
  #evicted = 0;
  #evictedChars = 0;
  #chars = 0;
  #head: number;
  #storing = false;

  constructor(options: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly store: RuntimeStore;
    readonly limits: RetentionLimits;
    /** Events that the store already has. */
    readonly kept?: readonly EventRecord[];
    /** Told when the store could not forget old events; nothing is lost by that. */
    readonly onTrimFailed: (error: unknown) => void;
  }) {
    this.epoch = options.epoch;
    this.#workerId = options.workerId;
    this.#store = options.store;
    this.#limits = options.limits;
    this.#onTrimFailed = options.onTrimFailed;
    this.#window = [...(options.kept ?? [])];
    this.#head = this.#window.at(-1)?.position ?? 0;
    for (const record of this.#window) this.#chars += record.payload.length;
  }

  /** Position of the newest published event; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Position of the oldest event that is kept; `head + 1` where none is. */
  get oldest(): number {
    return this.#window[this.#evicted]?.position ?? this.#head + 1;
  }

  /**
   * Stores the events, in order and together, then publishes them.
   *
   * @returns the position of the last one
   * @throws what the store throws; nothing was published then
   */
  append(events: readonly Event[], ts: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pending.push({ events, ts, resolve, reject });
    if (!this.#storing) void this.#drain();
    return promise;
  }

  /** The events after a position, oldest first, at most `maxEvents`. */
  read(after: number, maxEvents: number): ReadResult {
    if (after > this.#head) return { kind: "ahead" };
    if (after < this.oldest - 1) return { kind: "expired" };
    const first = this.#evicted + (after + 1 - this.oldest);
    return { kind: "events", events: this.#window.slice(first, first + maxEvents) };
  }

  /** Calls back in the same step in which events become readable. */
  onPublish(listener: (published: readonly PublishedEvent[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
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
    const published: PublishedEvent[] = [];
    for (const { events, ts } of batch) {
      for (const event of events) {
        const record = { position: this.#head + published.length + 1, ts, payload: JSON.stringify(event) };
        published.push({ record, event });
      }
    }
    try {
      if (this.#head + published.length > MAX_POSITION) throw new ProblemError("internal", "The Worker's log is full.");
      await this.#store.append(
        this.#workerId,
        published.map(({ record }) => record),
      );
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    let position = this.#head;
    this.#publish(published);
    for (const { events, resolve } of batch) {
      position += events.length;
      resolve(position);
    }
    await this.#trimStore();
  }

  #publish(published: readonly PublishedEvent[]): void {
    for (const { record } of published) {
      this.#window.push(record);
      this.#chars += record.payload.length;
    }
    this.#head += published.length;
    this.#evict();
    for (const listener of this.#listeners) listener(published);
  }

  #evict(): void {
    const { retentionEvents, retentionChars } = this.#limits;
    while (this.#window.length - this.#evicted > retentionEvents || this.#chars > retentionChars) {
      const oldest = this.#window[this.#evicted];
      if (oldest === undefined) return;
      this.#chars -= oldest.payload.length;
      this.#evictedChars += oldest.payload.length;
      this.#evicted += 1;
    }
  }

  /** Cuts off what was evicted, here and in the store, once it is worth the copying. */
  async #trimStore(): Promise<void> {
    const { retentionEvents, retentionChars } = this.#limits;
    if (this.#evicted < retentionEvents * TRIM_SLACK && this.#evictedChars < retentionChars * TRIM_SLACK) return;
    this.#window = this.#window.slice(this.#evicted);
    this.#evicted = 0;
    this.#evictedChars = 0;
    try {
      // The newest event stays there in any case, since it tells the next process where the log goes on.
      await this.#store.trim(this.#workerId, Math.min(this.oldest, this.#head));
    } catch (error) {
      this.#onTrimFailed(error);
    }
  }
}
