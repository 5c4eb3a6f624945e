/**
 * What the peers of the resume are given: the history that stands before, and what was missed of it.
 *
 * Owns the two types. A peer has a file of its own, `jetstream.ts` and its neighbours, and says how it comes back.
 */

/** A history whose last events somebody has missed. */
export interface MissedHistory {
  /** How many there are, those included that were missed. */
  readonly events: number;
  /** The frames that were missed, as this server sends them; the rest of the history is the same ones again and again. */
  readonly missed: readonly string[];
}

/** Comes back and waits for all that was missed. @returns milliseconds since it began to open its link */
export type TimeToResume = () => Promise<number>;
