/**
 * Frames for viewers, as text.
 *
 * Owns the encoding: the envelope around a payload that is already JSON, so that each event is encoded once for all
 * viewers and its payload stays as its Worker published it.
 */
import type { ClientCursor } from "../protocol/cursor.ts";
import { snapshotEventId } from "../protocol/frame.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { problemRow, type ProblemError } from "../protocol/problem.ts";

/** A Runtime elsewhere may break lines between the tokens of its JSON. */
const LINE_BREAK = /[\r\n]/g;

/** An event's frame, in one line. Ids and cursors have an alphabet that needs no escape in JSON. */
export function encodeEvent(ref: WorkerRef, cursor: ClientCursor, ts: number, payload: string): string {
  // Whoever reads a stream over plain HTTP takes each line for a frame.
  return encodeEnvelope(ref, cursor, cursor, ts, payload.replaceAll(LINE_BREAK, " "));
}

/** A snapshot's frame; its event id differs from that of the event at the same cursor. */
export function encodeSnapshot(ref: WorkerRef, cursor: ClientCursor, ts: number, payload: string): string {
  return encodeEnvelope(ref, cursor, snapshotEventId(cursor), ts, payload);
}

function encodeEnvelope(ref: WorkerRef, cursor: ClientCursor, eventId: string, ts: number, payload: string): string {
  return `{"kind":"event","envelope":{"cursor":"${cursor}","event_id":"${eventId}","runtime_id":"${ref.runtime_id}","worker_id":"${ref.worker_id}","ts":${ts},"payload":${payload}}}`;
}

/** The frame that says why a stream ends. */
export function encodeDiagnostic(problem: ProblemError): string {
  const code = `backend.${problemRow(problem.code).diagnostic}`;
  return JSON.stringify({ kind: "diagnostic", diagnostic: { code, message: problem.detail, problem: problem.code } });
}

/** What keeps a relay from hearing its Worker, and since when. */
export interface UpstreamTrouble {
  readonly problem: ProblemError;
  readonly sinceTs: number;
}

/** What a heartbeat tells of its link. */
export interface Pulse {
  /** The newest position that the viewer has been sent. */
  readonly cursor: ClientCursor;
  readonly ts: number;
  readonly intervalMs: number;
  readonly trouble: UpstreamTrouble | null;
}

/** How one viewer stands. */
export interface ViewerStanding {
  /** How many frames come next that it has missed; 0: it has everything. */
  readonly behind: number;
  readonly mayCommand: boolean;
}

/** The frame that says that the link is alive and that nothing is missing before its cursor. */
export function encodeHeartbeat({ cursor, ts, intervalMs, trouble }: Pulse, standing: ViewerStanding): string {
  const upstream = trouble === null ? {} : { upstream: { problem: trouble.problem.code, since_ts: trouble.sinceTs } };
  const behind = standing.behind === 0 ? {} : { behind: standing.behind };
  const rights = standing.mayCommand ? {} : { read_only: true };
  return JSON.stringify({ kind: "heartbeat", ts, interval_ms: intervalMs, cursor, ...upstream, ...behind, ...rights });
}
