/**
 * The Runtime's bounds and time-outs, each with its unit in its name.
 *
 * Owns the defaults and their shape. Configuration may change every one of them; nothing in the core is unbounded.
 */
import type { Pace } from "./model/pace-parts.ts";

/** Time-outs and bounds of one run. */
export interface RunLimits extends Pace {
  /** From the request to the first piece of the answer. */
  readonly firstTokenTimeoutMs: number;
  /** Between two pieces of the answer. */
  readonly betweenChunksTimeoutMs: number;
  /** The whole run, retries included. */
  readonly wholeRunTimeoutMs: number;
  /** Attempts in all, the first one included; only before the first piece of the answer. */
  readonly maxAttempts: number;
  /** Longest answer that is kept, thinking included, in UTF-16 code units; past it the run ends `limit_reached`. */
  readonly maxAnswerChars: number;
  /** How often an interrupted run is continued, where that is chosen, before it is ended as interrupted. */
  readonly maxContinuations: number;
  /** Room kept free in the model's window for the answer, in tokens. */
  readonly reservedOutputTokens: number;
}

/** Bounds of what one Worker keeps. */
export interface WorkerLimits {
  /** Longest message, in UTF-16 code units. */
  readonly maxInputChars: number;
  /** Events kept for those who resume. */
  readonly retentionEvents: number;
  /** Size of the events kept, in UTF-16 code units of their JSON. */
  readonly retentionChars: number;
  /** How long an event is kept. */
  readonly retentionAgeMs: number;
  /** How long the pieces of a finished text are kept apart from the whole that follows them. */
  readonly retentionDeltasMs: number;
  /** Entries kept of the conversation. */
  readonly retentionEntries: number;
  /** Size of the entries kept, in UTF-16 code units of their JSON. */
  readonly retentionEntryChars: number;
  /** Entries in a snapshot. */
  readonly snapshotEntries: number;
  /** Size of the entries in a snapshot, in UTF-16 code units of their JSON. */
  readonly snapshotChars: number;
  /** Submission ids remembered. */
  readonly retentionSubmissions: number;
}

/** Bounds of the Runtime as a whole. */
export interface RuntimeLimits {
  readonly maxWorkers: number;
  readonly maxConfigBundles: number;
  /** Items in a page of the transcript. */
  readonly maxTranscriptItems: number;
  /** Entries in a page of entries. */
  readonly maxEntries: number;
  /** Events handed to an observer in one step. */
  readonly maxEventBatch: number;
  /** How often what has become too old is looked for. */
  readonly retentionIntervalMs: number;
  /** How soon a run's end that the store refused is tried again. */
  readonly storeRetryMs: number;
}

/** All of them. */
export interface Limits {
  readonly run: RunLimits;
  readonly worker: WorkerLimits;
  readonly runtime: RuntimeLimits;
}

/** What holds where configuration says nothing. */
export const DEFAULT_LIMITS: Limits = {
  run: {
    // Some models think for minutes before they say a word.
    firstTokenTimeoutMs: 180_000,
    betweenChunksTimeoutMs: 30_000,
    wholeRunTimeoutMs: 10 * 60_000,
    maxAttempts: 3,
    maxAnswerChars: 1_000_000,
    maxContinuations: 3,
    reservedOutputTokens: 4_096,
    deltaIntervalMs: 40,
    deltaMaxChars: 512,
  },
  worker: {
    maxInputChars: 100_000,
    retentionEvents: 4_096,
    retentionChars: 4 * 1024 * 1024,
    retentionAgeMs: 7 * 24 * 3_600_000,
    retentionDeltasMs: 10 * 60_000,
    retentionEntries: 10_000,
    retentionEntryChars: 16 * 1024 * 1024,
    snapshotEntries: 120,
    snapshotChars: 48 * 1024,
    retentionSubmissions: 1_000,
  },
  runtime: {
    maxWorkers: 1_000,
    maxConfigBundles: 256,
    maxTranscriptItems: 256,
    maxEntries: 256,
    maxEventBatch: 256,
    retentionIntervalMs: 60_000,
    storeRetryMs: 1_000,
  },
};
