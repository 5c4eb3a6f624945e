/**
 * What a run says, on its way to the log.
 *
 * Owns the order and the pace of it: what comes in one turn of the event loop goes to the log together, and so does what
 * comes while the store writes, in one write at a time. Nothing overtakes what the store has refused: that stands first
 * until the run's end brings it once more, so the log never has a hole in an answer. Called by `run.ts`; the end is
 * `run-to-end.ts`'s.
 */
import type { KnownEvent } from "../protocol/event.ts";
import type { Clock } from "./clock.ts";

/** How many events may wait for the store before the run does; their text is bounded as the answer's is. */
export const MAX_WAITING_EVENTS = 256;

/** What an outbox is made of. */
export interface RunOutboxOptions {
  /** Most that goes to the log at once: less than it keeps, so that nobody who follows it is left behind by one write. */
  readonly maxWriteEvents: number;
  readonly clock: Pick<Clock, "afterTurn">;
  /** Resolves when the events are in the log. */
  readonly publish: (...events: KnownEvent[]) => Promise<unknown>;
}

/** One run's. */
export class RunOutbox {
  readonly #options: RunOutboxOptions;
  /** In order, what was refused included. */
  #waiting: KnownEvent[] = [];
  #sending: Promise<void> | null = null;
  readonly #refusal = new AbortController();

  constructor(options: RunOutboxOptions) {
    this.#options = options;
  }

  /** Aborted with what the store threw: from then on only the end is sent, behind all that waits. */
  get refusal(): AbortSignal {
    return this.#refusal.signal;
  }

  /**
   * Takes pieces of an answer; they are on their way at the end of this turn.
   *
   * @returns null; or what to wait for before the next ones, where the store has fallen behind
   * @throws what the store threw at earlier ones; these are kept for the end all the same
   */
  push(events: readonly KnownEvent[]): Promise<void> | null {
    this.#take(events);
    return this.#waiting.length < MAX_WAITING_EVENTS ? null : this.#sent();
  }

  /** Takes events and resolves when they are in the log, and all before them. @throws what the store throws at any of them */
  async say(...events: readonly KnownEvent[]): Promise<void> {
    this.#take(events);
    await this.#sent();
  }

  /**
   * The run's last word: these events and all that still waits, whether it was refused or not, together.
   *
   * @throws what the store throws; then none of it is in the log
   */
  async end(...events: readonly KnownEvent[]): Promise<void> {
    await this.#sending;
    await this.#options.publish(...this.#waiting, ...events);
    this.#waiting = [];
  }

  #take(events: readonly KnownEvent[]): void {
    this.#waiting.push(...events);
    this.refusal.throwIfAborted();
    if (this.#waiting.length > 0) this.#sending ??= this.#send();
  }

  async #sent(): Promise<void> {
    await this.#sending;
    this.refusal.throwIfAborted();
  }

  /** Sends until nothing waits. Never rejects. */
  async #send(): Promise<void> {
    const { clock, maxWriteEvents, publish } = this.#options;
    await new Promise<void>((resolve) => clock.afterTurn(resolve));
    while (this.#waiting.length > 0 && !this.refusal.aborted) {
      const events = this.#waiting.splice(0, maxWriteEvents);
      try {
        await publish(...events);
      } catch (error) {
        this.#waiting = [...events, ...this.#waiting];
        this.#refusal.abort(error);
      }
    }
    this.#sending = null;
  }
}
