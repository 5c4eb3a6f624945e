/** Chance that a seed repeats. Owns a `Random` for tests, after Marsaglia's xorshift; nothing secret comes from it. */
import type { Random } from "../../runtime/clock.ts";

/** Random bytes that are the same for the same seed. */
export function createSeededRandom(seed: number): Random {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state >>> 24;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, next) };
}
