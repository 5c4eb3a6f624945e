/** Chance as a number. Owns the one conversion from random bytes; jitter in `retry.ts` and the demo's pace use it. */
import type { Random } from "../clock.ts";

/** A number from 0 up to, never reaching, 1. */
export function randomFraction(random: Random): number {
  return random.bytes(4).reduce((value, byte) => value * 256 + byte, 0) / 2 ** 32;
}
