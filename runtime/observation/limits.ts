/**
 * Bounds and intervals of the observation, each with its unit in its name.
 *
 * Owns the defaults and their shape.
 */
export interface ObservationLimits {
  /** Observers at a time, over all Workers. */
  readonly maxObservers: number;
  /** Past this an observer's socket is written no further until it drains. */
  readonly bufferBytes: number;
  /** Events that one write takes together, in UTF-16 code units; one alone may be longer. */
  readonly writeChars: number;
  /** How often an observer that does not drain is looked at again. */
  readonly drainCheckMs: number;
  /** An observer that takes nothing for so long is let go. */
  readonly stallTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** What holds where configuration says nothing. */
export const DEFAULT_OBSERVATION_LIMITS: ObservationLimits = {
  maxObservers: 1_000,
  bufferBytes: 1024 * 1024,
  writeChars: 64 * 1024,
  drainCheckMs: 20,
  stallTimeoutMs: 60_000,
  heartbeatIntervalMs: 10_000,
};
