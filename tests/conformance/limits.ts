/**
 * Bounds of a run of the kit, each with its unit in its name.
 *
 * Owns the defaults and their shape. They bound what a Runtime can cost: a hanging one its time-outs, an endless one its
 * bytes.
 */
export interface KitLimits {
  /** From a request to the end of its answer, and for a socket to open or to end. */
  readonly requestTimeoutMs: number;
  /** From a message to the end of the Worker's run. */
  readonly answerTimeoutMs: number;
  /** How long a heartbeat that was asked for is waited for. */
  readonly heartbeatWaitMs: number;
  /** How long the answer to a ping is waited for, behind which nothing more was on its way. */
  readonly fenceTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly maxAnswerBytes: number;
  readonly maxFrameBytes: number;
  readonly maxFramesPerSocket: number;
  /** Positions of a run that are resumed from; of a longer run they are spread evenly. */
  readonly maxResumePositions: number;
  readonly resumesAtATime: number;
  /** Longest text of an answer in a report, in characters. */
  readonly maxReportChars: number;
}

/** What holds where the command line says nothing. */
export const DEFAULT_KIT_LIMITS: KitLimits = {
  requestTimeoutMs: 10_000,
  answerTimeoutMs: 120_000,
  heartbeatWaitMs: 3_000,
  fenceTimeoutMs: 500,
  pollIntervalMs: 50,
  maxAnswerBytes: 8 * 1024 * 1024,
  maxFrameBytes: 16 * 1024 * 1024,
  maxFramesPerSocket: 20_000,
  maxResumePositions: 200,
  resumesAtATime: 8,
  maxReportChars: 400,
};
