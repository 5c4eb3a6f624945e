/** Chance that a seed repeats. Owns the generator and what schedules draw from it. */

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Neighbouring seeds begin alike: the first draws are thrown away.
    for (let i = 0; i < 3; i += 1) this.next();
  }

  /** A number within [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` up to and without `end`. */
  int(min: number, end: number): number {
    return min + Math.floor(this.next() * (end - min));
  }

  /** Whether something of this probability happens. */
  has(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.int(0, values.length)];
    if (value === undefined) throw new RangeError("Cannot pick from nothing");
    return value;
  }
}
