/**
 * The Backend's bounds and intervals, each with its unit in its name.
 *
 * Owns the defaults and their shape; configuration may change them.
 */
import { BODY_TIMEOUT_MS } from "../protocol/arrived.ts";

/** See above. */
export interface BackendLimits {
  /** Frames kept per observed Worker for those who resume. */
  readonly windowFrames: number;
  /** Size of the frames kept per observed Worker, in UTF-16 code units. */
  readonly windowChars: number;
  /** Frames that one write to a viewer takes together, in UTF-16 code units; one alone may be longer. */
  readonly writeChars: number;
  /** Entries in a snapshot for a viewer. */
  readonly snapshotEntries: number;
  /** Size of the entries in a snapshot for a viewer, in UTF-16 code units of their JSON. */
  readonly snapshotChars: number;
  readonly maxViewersPerWorker: number;
  readonly maxViewersPerClient: number;
  readonly maxViewers: number;
  /** Past this a viewer's socket is written no further until it drains. */
  readonly viewerBufferBytes: number;
  /** How often a viewer that does not drain is looked at again. */
  readonly viewerDrainCheckMs: number;
  /** A viewer that takes nothing for so long is let go. */
  readonly viewerStallTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long a Worker stays observed after its last viewer has left. */
  readonly relayGraceMs: number;
  /** First wait before a lost observation is taken up again; it doubles up to the maximum. */
  readonly upstreamMinBackoffMs: number;
  readonly upstreamMaxBackoffMs: number;
  /** How long reading a stretch that a returning viewer missed may take. */
  readonly catchUpTimeoutMs: number;
  /** Largest request body. */
  readonly maxBodyBytes: number;
  /** How long one may take to arrive; a conversation's file has a time of its own. */
  readonly bodyTimeoutMs: number;
  /** Items in a page. */
  readonly maxRecords: number;
  /** Items in a list, which has no pages: a Worker that is not in it can't be found. */
  readonly maxListed: number;
  /** How long one Runtime may take to answer before the others are shown without it. */
  readonly runtimeTimeoutMs: number;
  /** How long it may take to keep a conversation that is brought in. */
  readonly importTimeoutMs: number;
}

/** What holds where configuration says nothing. */
export const DEFAULT_BACKEND_LIMITS: BackendLimits = {
  windowFrames: 8_192,
  windowChars: 8 * 1024 * 1024,
  writeChars: 64 * 1024,
  snapshotEntries: 120,
  snapshotChars: 48 * 1024,
  maxViewersPerWorker: 2_000,
  maxViewersPerClient: 500,
  maxViewers: 10_000,
  viewerBufferBytes: 1024 * 1024,
  viewerDrainCheckMs: 20,
  viewerStallTimeoutMs: 60_000,
  heartbeatIntervalMs: 10_000,
  relayGraceMs: 30_000,
  upstreamMinBackoffMs: 250,
  upstreamMaxBackoffMs: 10_000,
  catchUpTimeoutMs: 10_000,
  maxBodyBytes: 1024 * 1024,
  bodyTimeoutMs: BODY_TIMEOUT_MS,
  maxRecords: 200,
  maxListed: 10_000,
  runtimeTimeoutMs: 10_000,
  importTimeoutMs: 70_000,
};
