/**
 * Time that passes only when a test says so.
 *
 * Owns a `Clock` whose callbacks run in the order in which they are due. Between two of them, whatever they set going
 * may finish: nothing in the core waits for anything but promises and this clock.
 */
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../runtime/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** When a manual clock starts: 2026-06-29T00:00:00Z. */
const START_MS = 1_782_691_200_000;

/** Lets everything finish that waits for promises only. */
export async function settle(): Promise<void> {
  await setImmediate();
}

/** A clock of a test's own. */
export class ManualClock implements Clock {
  #nowMs = START_MS;
  /** By how much it was set. */
  #offsetMs = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#nowMs + this.#offsetMs;
  }

  /** Sets what it says, as somebody sets a machine's clock: timers are due as if nothing had happened. */
  setBy(ms: number): void {
    this.#offsetMs += ms;
  }

  /** How many callbacks are waiting: zero when everything that was opened has been closed. */
  get waiting(): number {
    return this.#timers.length;
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    const timer = { dueMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)), callback };
    const later = this.#timers.findIndex(({ dueMs }) => dueMs > timer.dueMs);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** When everything has finished that waits for promises only. */
  afterTurn(callback: () => void): void {
    process.nextTick(callback);
  }

  /** Lets time pass, with what is due in it, and everything that follows from that. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= untilMs; next = this.#timers[0]) {
      this.#timers.shift();
      this.#nowMs = next.dueMs;
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}
