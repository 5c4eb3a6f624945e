/**
 * How long this program's own thread can do nothing else at a time, and why.
 *
 * Owns the watch: a timer that should come every millisecond, the collector's own account, and the time for which the
 * thread was ready and the system had no processor for it, which Linux counts in nanoseconds.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";

/** Some work's pauses, in milliseconds. */
export interface Pauses {
  /** The longest by the clock. */
  readonly longestMs: number;
  /** Of that one, without a processor. */
  readonly waitedMs: number;
  /** Of that one, collecting garbage; what the collector itself waited for a processor is in both. */
  readonly collectedMs: number;
  /** The longest, where the time without a processor counts for none. */
  readonly ownMs: number;
  /** Of that one, collecting garbage. */
  readonly ownCollectedMs: number;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}
interface Pause extends Span {
  readonly waitedMs: number;
}

/** How often the thread is looked at, which is part of what is read. */
const LOOK_EVERY_MS = 1;
const NANOSECONDS_PER_MS = 1e6;
/** `1234567 890123 45`: time with a processor, time without one, how often. */
const ACCOUNT_BYTES = 128;

/** Does some work and tells the longest pause by the clock, in milliseconds, on any engine. */
export async function longestPauseMs(work: () => Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let fromMs = performance.now();
  const look = (): void => {
    const toMs = performance.now();
    longestMs = Math.max(longestMs, toMs - fromMs);
    fromMs = toMs;
  };
  await lookWhile(work, look);
  look();
  return Math.max(0, longestMs - LOOK_EVERY_MS);
}

/** Does some work and tells its pauses. */
export async function pausesOf(work: () => Promise<unknown>): Promise<Pauses> {
  using account = openAccount();
  const collections: Span[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      collections.push({ fromMs: startTime, toMs: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  const pauses: Pause[] = [];
  let fromMs = performance.now();
  let waitedMs = account.waitedMs();
  await lookWhile(work, () => {
    const toMs = performance.now();
    const waitedUntilNowMs = account.waitedMs();
    pauses.push({ fromMs, toMs, waitedMs: waitedUntilNowMs - waitedMs });
    fromMs = toMs;
    waitedMs = waitedUntilNowMs;
  });
  // The collector's account comes a turn later.
  await turn();
  await turn();
  observer.disconnect();
  const collectedMs = (pause: Span): number => collections.reduce((sum, span) => sum + overlapMs(span, pause), 0);
  const longest = largest(pauses, lengthMs);
  const own = largest(pauses, ownMs);
  return {
    longestMs: lengthMs(longest) - LOOK_EVERY_MS,
    waitedMs: longest.waitedMs,
    collectedMs: collectedMs(longest),
    ownMs: Math.max(0, ownMs(own) - LOOK_EVERY_MS),
    ownCollectedMs: collectedMs(own),
  };
}

/** Has the thread looked at as often as a timer comes, until the work is done. */
async function lookWhile(work: () => Promise<unknown>, look: () => void): Promise<void> {
  const timer = setInterval(look, LOOK_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

const lengthMs = ({ fromMs, toMs }: Span): number => toMs - fromMs;
const ownMs = (pause: Pause): number => lengthMs(pause) - pause.waitedMs;

/** @throws RangeError when the thread was never looked at */
function largest(pauses: readonly Pause[], sizeOf: (pause: Pause) => number): Pause {
  const [first, ...others] = pauses;
  if (first === undefined) throw new RangeError("Cannot tell a pause: the thread was never free");
  return others.reduce((most, pause) => (sizeOf(pause) > sizeOf(most) ? pause : most), first);
}

function overlapMs(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}

/** The system's account of this thread, kept open: it is read a thousand times a second. Where there is none, no wait shows. */
function openAccount(): Disposable & { readonly waitedMs: () => number } {
  const path = `/proc/self/task/${process.pid}/schedstat`;
  if (!existsSync(path)) return { waitedMs: () => 0, [Symbol.dispose]: () => {} };
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(ACCOUNT_BYTES);
  return {
    waitedMs() {
      const length = readSync(file, bytes, 0, ACCOUNT_BYTES, 0);
      return Number(bytes.toString("latin1", 0, length).split(" ")[1]) / NANOSECONDS_PER_MS;
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}
