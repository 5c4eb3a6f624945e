/**
 * The statistics of the figures.
 *
 * Owns quantiles, medians, ratios of pairs and their bootstrap intervals. Pure: the chance that the bootstrap needs is a
 * seeded one, so that the same samples give the same interval.
 */

/** A median and the interval that holds it with 95 % confidence. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
const CONFIDENCE = 0.95;
const SEED = 0x9e37_79b9;

/** The quantile of `fraction` (0 … 1), between neighbours by linear interpolation. NaN of no values. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The median of the values with its bootstrap interval. */
export function estimate(values: readonly number[]): Estimate {
  const random = seededRandom(SEED);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  );
  const tail = (1 - CONFIDENCE) / 2;
  return { median: median(values), low: quantile(medians, tail), high: quantile(medians, 1 - tail) };
}

/** `combine` of the values that were taken in the same round. */
export function paired(
  subjects: readonly number[],
  peers: readonly number[],
  combine: (subject: number, peer: number) => number,
): number[] {
  if (subjects.length !== peers.length) {
    throw new RangeError(`Cannot pair ${subjects.length} values with ${peers.length}`);
  }
  return subjects.map((subject, round) => combine(subject, peers[round] ?? Number.NaN));
}

/** The median ratio of values that were taken in the same round, with its interval. */
export function pairedRatio(subjects: readonly number[], peers: readonly number[]): Estimate {
  return estimate(paired(subjects, peers, (subject, peer) => subject / peer));
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
