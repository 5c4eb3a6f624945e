/**
 * What the core tells its operator.
 *
 * Owns the one interface that the Runtime, the store and the relays report to. They call it at boundaries only, never per
 * event and viewer; what becomes of it, figures or lines of a log, is the matter of whoever put it in. Without one nothing
 * is reported. What a piece of work belongs to is told by its span (`tracing/tracing.ts`).
 */
import type { WorkerRef } from "../protocol/id.ts";
import type { ProblemCode, ProblemError } from "../protocol/problem.ts";

/** How a run ended: with an answer, at the bound of its length, or with a problem. */
export type RunEnd = "finished" | "limit_reached" | ProblemCode;

/** A run that began. */
export interface StartedRun {
  readonly ref: WorkerRef;
  /** Names the run: its Worker and the position of its message, e.g. `worker-00000001:17`. */
  readonly runId: string;
}

/** A run that ended. */
export interface EndedRun extends StartedRun {
  readonly end: RunEnd;
  /** What went wrong; null where nothing did. */
  readonly problem: ProblemError | null;
  /** Until the first piece of the answer, in milliseconds; null where none came. */
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
}

/** How a viewer came in: with a snapshot, or from a position that it had. */
export type JoinKind = "snapshot" | "resumed";

/** Is told what happens. Nothing that it does may throw. */
export interface Telemetry {
  runStarted(run: StartedRun): void;
  runEnded(run: EndedRun): void;
  /** An attempt to get an answer failed, whether or not another one follows. */
  providerFailed(code: ProblemCode): void;
  storeAppended(durationMs: number): void;
  storeFailed(problem: ProblemError): void;
  /** @param replayedFrames Frames that the viewer had missed. */
  viewerJoined(kind: JoinKind, replayedFrames: number): void;
  /** @param hadCursor Whether it came back from a position. */
  viewerRefused(code: ProblemCode, hadCursor: boolean): void;
  /** A viewer took so little for so long that it gets a snapshot instead of what it has missed. */
  viewerFellBehind(): void;
  /** A frame was about to be sent that does not follow the one before it: a fault of the server. */
  gapSeen(): void;
  /** A Runtime elsewhere can't be observed; told once, until it is back. */
  upstreamLost(ref: WorkerRef, problem: ProblemError): void;
  upstreamBack(ref: WorkerRef, awayMs: number): void;
}

const nothing = (): void => {};

/** Reports nothing. */
export const NO_TELEMETRY: Telemetry = {
  runStarted: nothing,
  runEnded: nothing,
  providerFailed: nothing,
  storeAppended: nothing,
  storeFailed: nothing,
  viewerJoined: nothing,
  viewerRefused: nothing,
  viewerFellBehind: nothing,
  gapSeen: nothing,
  upstreamLost: nothing,
  upstreamBack: nothing,
};

/** Tells two. */
export function bothTelemetries(one: Telemetry, other: Telemetry): Telemetry {
  return {
    runStarted: (run) => (one.runStarted(run), other.runStarted(run)),
    runEnded: (run) => (one.runEnded(run), other.runEnded(run)),
    providerFailed: (code) => (one.providerFailed(code), other.providerFailed(code)),
    storeAppended: (durationMs) => (one.storeAppended(durationMs), other.storeAppended(durationMs)),
    storeFailed: (problem) => (one.storeFailed(problem), other.storeFailed(problem)),
    viewerJoined: (kind, frames) => (one.viewerJoined(kind, frames), other.viewerJoined(kind, frames)),
    viewerRefused: (code, hadCursor) => (one.viewerRefused(code, hadCursor), other.viewerRefused(code, hadCursor)),
    viewerFellBehind: () => (one.viewerFellBehind(), other.viewerFellBehind()),
    gapSeen: () => (one.gapSeen(), other.gapSeen()),
    upstreamLost: (ref, problem) => (one.upstreamLost(ref, problem), other.upstreamLost(ref, problem)),
    upstreamBack: (ref, awayMs) => (one.upstreamBack(ref, awayMs), other.upstreamBack(ref, awayMs)),
  };
}
