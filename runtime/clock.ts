/**
 * Time and chance, as values.
 *
 * Owns the interfaces that the core asks for the time, for timers and for random bytes, so that a simulator can be
 * handed in. Entry points pass `systemClock` and `systemRandom`.
 */

/** The time and timers. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Runs `callback` once after `delayMs`; disposing of the result before that prevents it. */
  schedule(delayMs: number, callback: () => void): Disposable;
  /**
   * Runs `callback` once all is done that this turn of the event loop began: whatever else arrives in it comes before. No
   * timer, and no time passes.
   */
  afterTurn(callback: () => void): void;
}

/** Random bytes. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** The platform's own clock. */
export const systemClock: Clock = createSystemClock();

function createSystemClock(): Clock {
  const waiting: (() => void)[] = [];
  /** All in one step, so that what many begin at a turn's end, as a write, can go together. */
  const endTurn = (): void => {
    for (const callback of waiting.splice(0)) callback();
  };
  return {
    now: () => Date.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    },
    afterTurn(callback) {
      // why: Node, Deno and Bun have it, browsers never load this, and a timer would take a millisecond.
      // oxlint-disable-next-line no-restricted-globals -- as above
      if (waiting.push(callback) === 1) setImmediate(endTurn);
    },
  };
}

/** The platform's own source of randomness. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};

/** `count` random bytes as lower-case hexadecimal digits, two per byte. */
export function randomHex(random: Random, count: number): string {
  return Array.from(random.bytes(count), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) {
    reject(signal.reason);
    return promise;
  }
  const onAbort = () => {
    timer[Symbol.dispose]();
    reject(signal.reason);
  };
  const timer = clock.schedule(delayMs, () => {
    signal.removeEventListener("abort", onAbort);
    resolve();
  });
  signal.addEventListener("abort", onAbort, { once: true });
  return promise;
}
