/**
 * Time of a simulated run.
 *
 * Owns the one queue of what is due, in the order in which it is due, and the processes that own parts of it: when a
 * process dies, nothing of what it had planned happens any more. Between two steps everything finishes that waits for
 * promises only.
 */
import type { Clock as BrowserClock } from "../../../islands/store/clock.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { finishPromises } from "./finish-promises.ts";

/** When a run begins: 2026-06-29T00:00:00Z. */
const START_MS = 1_782_691_200_000;

interface Due {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | null;
}

/** The time and all that is planned. */
export class SimulatedTime {
  #nowMs = START_MS;
  #order = 0;
  /** A binary heap by time, then by order. */
  readonly #heap: Due[] = [];
  /** How many steps there have been. */
  steps = 0;

  now(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#nowMs - START_MS;
  }

  /** Plans a step; the returned function takes it back. */
  plan(delayMs: number, callback: () => void): () => void {
    const due: Due = { atMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)), order: (this.#order += 1), callback };
    push(this.#heap, due);
    return () => {
      due.callback = null;
    };
  }

  /** Takes every step that is due until `untilMs` after the beginning, or until `isOver` says so after a step. */
  run(untilMs: number, isOver: () => boolean = () => false): void {
    finishPromises();
    for (let next = this.#heap[0]; next !== undefined && next.atMs - START_MS <= untilMs; next = this.#heap[0]) {
      pop(this.#heap);
      const { callback } = next;
      if (callback === null) continue;
      this.#nowMs = next.atMs;
      this.steps += 1;
      callback();
      finishPromises();
      if (isOver()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, START_MS + untilMs);
  }
}

/** A process, or a machine's share of the time: a clock that stops with it. */
export class SimulatedProcess implements Clock, BrowserClock {
  readonly #time: SimulatedTime;
  readonly #ends = new Set<() => void>();
  isAlive = true;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  now(): number {
    return this.#time.now();
  }

  /** Plans a step that happens only while the process lives. */
  plan(delayMs: number, callback: () => void): () => void {
    if (!this.isAlive) return () => {};
    return this.#time.plan(delayMs, () => {
      if (this.isAlive) callback();
    });
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    return { [Symbol.dispose]: this.plan(delayMs, callback) };
  }

  afterTurn(callback: () => void): void {
    this.plan(0, callback);
  }

  setTimeout(callback: () => void, delayMs: number): ReturnType<typeof setTimeout> {
    // why: a handle is only handed back; what it is, nobody else asks.
    return this.plan(delayMs, callback) as unknown as ReturnType<typeof setTimeout>;
  }

  clearTimeout(handle: ReturnType<typeof setTimeout> | undefined): void {
    // why: as above.
    (handle as unknown as (() => void) | undefined)?.();
  }

  /** What is to happen to others when the process dies. */
  onEnd(callback: () => void): () => void {
    this.#ends.add(callback);
    return () => this.#ends.delete(callback);
  }

  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const callback of this.#ends) callback();
    this.#ends.clear();
  }
}

const isBefore = (one: Due, other: Due): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

function push(heap: Due[], due: Due): void {
  let index = heap.length;
  heap.push(due);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(due, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    let below = heap[child];
    if (below === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, below)) {
      child += 1;
      below = right;
    }
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
