/**
 * How often someone may try to log in.
 *
 * Owns the count of failures per address and in all. After a few free tries each failure doubles the wait; a wait is never
 * spent by trying during it. The common count goes down again with time. Bounded: when too many addresses have failed,
 * all of them wait for the common count alone.
 */
import type { Clock } from "../../runtime/clock.ts";
import { ProblemError } from "../../protocol/problem.ts";

/** How tries are limited. */
export interface TryLimits {
  /** Failures that cost nothing yet. */
  readonly freeTries: number;
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
  /** Failures are forgotten after this long without another. */
  readonly forgetMs: number;
  readonly maxAddresses: number;
  /** The same, for failures from all addresses together; as many of them are let go of in `forgetMs`. */
  readonly freeTriesInAll: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_TRY_LIMITS: TryLimits = {
  freeTries: 5,
  firstWaitMs: 1_000,
  maxWaitMs: 15 * 60_000,
  forgetMs: 60 * 60_000,
  maxAddresses: 10_000,
  freeTriesInAll: 100,
};

interface Failures {
  count: number;
  lastMs: number;
}

const ALL = "";

/** Counts failures and says who has to wait. */
export class Tries {
  readonly #limits: TryLimits;
  readonly #clock: Pick<Clock, "now">;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Pick<Clock, "now">, limits: TryLimits = DEFAULT_TRY_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @throws ProblemError too_many_tries while the address, or everybody, has to wait */
  check(address: string): void {
    const waitMs = Math.max(
      this.#waitMs(address, this.#limits.freeTries),
      this.#waitMs(ALL, this.#limits.freeTriesInAll),
    );
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1_000);
    const detail = `There were too many failed tries; try again in ${seconds} s.`;
    throw new ProblemError("too_many_tries", detail, { retryAfterMs: waitMs });
  }

  failed(address: string): void {
    this.#note(ALL);
    if (this.#failures.has(address) || this.#failures.size < this.#limits.maxAddresses) this.#note(address);
  }

  succeeded(address: string): void {
    this.#failures.delete(address);
  }

  #note(key: string): void {
    const now = this.#clock.now();
    const known = this.#failures.get(key);
    const isFresh = known !== undefined && now - known.lastMs < this.#limits.forgetMs;
    if (key !== ALL && !isFresh) this.#forgetOld(now);
    const before = !isFresh ? 0 : key === ALL ? this.#leftInAll(known, now) : known.count;
    this.#failures.set(key, { count: before + 1, lastMs: now });
  }

  /** A program that goes on with an old token fails for ever, however long it waits: nobody else waits for it. */
  #leftInAll({ count, lastMs }: Failures, now: number): number {
    const { forgetMs, freeTriesInAll } = this.#limits;
    return Math.max(0, count - (Math.max(0, now - lastMs) * freeTriesInAll) / forgetMs);
  }

  #waitMs(key: string, freeTries: number): number {
    const known = this.#failures.get(key);
    const { forgetMs, firstWaitMs, maxWaitMs } = this.#limits;
    const now = this.#clock.now();
    // A clock that was set back makes nobody wait for longer.
    if (known !== undefined) known.lastMs = Math.min(known.lastMs, now);
    if (known === undefined || known.count < freeTries || now - known.lastMs >= forgetMs) return 0;
    const waitMs = Math.min(maxWaitMs, Math.ceil(firstWaitMs * 2 ** (known.count - freeTries)));
    return known.lastMs + waitMs - now;
  }

  #forgetOld(now: number): void {
    for (const [key, { lastMs }] of this.#failures) {
      if (now - lastMs >= this.#limits.forgetMs) this.#failures.delete(key);
    }
  }
}
