/** Chance that a seed repeats. Owns one stream of numbers after Steele's SplitMix, and the few ways to ask it. */
import type { Random } from "../../../runtime/clock.ts";

/** A stream of numbers of its own. */
export class Chance implements Random {
  #state: number;

  /** @param path Tells streams of one seed apart, e.g. `(seed, viewer, link)`: what one draws does not change another. */
  constructor(...path: readonly number[]) {
    let state = 0x9e37_79b9;
    for (const part of path) state = mix(Math.imul(state, 31) + part + 0x6d2b_79f5);
    this.#state = state;
  }

  /** Within [0, 1). */
  fraction(): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    return (mix(this.#state) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True once in `1 / probability` times. */
  isTrue(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new RangeError("Cannot pick from nothing");
    return item;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.between(0, 255));
  }
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0_aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a_2d97);
  return mixed ^ (mixed >>> 15);
}
