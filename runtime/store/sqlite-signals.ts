/**
 * What the program and its store's thread see of each other without a message.
 *
 * Owns a few bytes that both share: whether the thread is busy with the disk, and when the program last wrote by itself.
 * Either is a hint. One that comes late costs a wait, or a look at the clock too many, and never a record.
 */

const SAVING = 0;
const LAST_APPEND = 1;
const BYTES = 16;

/** The shared bytes, for a thread's `workerData`. */
export function createSignals(): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES);
}

/** Either side's view of them. */
export class Signals {
  readonly #flags: Int32Array;
  readonly #times: Float64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#flags = new Int32Array(shared);
    this.#times = new Float64Array(shared);
  }

  /** Whether the thread brings what was written to the disk: whoever writes meanwhile may have to wait for the disk too. */
  get isSaving(): boolean {
    return Atomics.load(this.#flags, SAVING) === 1;
  }

  set isSaving(is: boolean) {
    Atomics.store(this.#flags, SAVING, is ? 1 : 0);
  }

  /** Epoch milliseconds; 0 where the program has not yet written by itself. */
  get lastAppendMs(): number {
    return this.#times[LAST_APPEND] ?? 0;
  }

  set lastAppendMs(ms: number) {
    this.#times[LAST_APPEND] = ms;
  }
}
