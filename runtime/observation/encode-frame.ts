/**
 * Frames of a Runtime, as text.
 *
 * Owns the encoding: the envelope around a payload that is already JSON, and the reference's words for why a stream ends.
 */
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import { snapshotEventId } from "../../protocol/frame.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { problemRow, type ProblemError } from "../../protocol/problem.ts";
import type { ObservedEvent } from "../runtime.ts";

/** An event's frame. Ids and cursors have an alphabet that needs no escape in JSON. */
export function encodeEvent(workerId: WorkerId, event: ObservedEvent): string {
  return encodeEnvelope(workerId, event.cursor, event);
}

/** A snapshot's frame; its event id differs from that of the event at the same cursor. */
export function encodeSnapshot(workerId: WorkerId, event: ObservedEvent): string {
  return encodeEnvelope(workerId, snapshotEventId(event.cursor), event);
}

function encodeEnvelope(workerId: WorkerId, eventId: string, { cursor, ts, payload }: ObservedEvent): string {
  return `{"kind":"event","envelope":{"cursor":"${cursor}","event_id":"${eventId}","worker_id":"${workerId}","ts":${ts},"payload":${payload}}}`;
}

/** The frame that says why a stream ends. */
export function encodeDiagnostic(problem: ProblemError): string {
  const code = `runtime.${diagnosticWord(problem)}`;
  return JSON.stringify({ kind: "diagnostic", diagnostic: { code, message: problem.detail, problem: problem.code } });
}

/** The frame that says that the link is alive and that nothing is missing before `cursor`. */
export function encodeHeartbeat(cursor: RuntimeCursor, ts: number, intervalMs: number): string {
  return JSON.stringify({ kind: "heartbeat", ts, interval_ms: intervalMs, cursor });
}

/** The reference's word at a Runtime; the problem table has those at a Backend. */
function diagnosticWord({ code }: ProblemError): string {
  // There an observer that lags is told that what it has not read is gone.
  if (code === "viewer_too_slow") return "cursor_expired";
  if (code === "too_many_viewers") return "unavailable";
  const { diagnostic } = problemRow(code);
  switch (diagnostic) {
    case "runtime_unavailable":
      return "unavailable";
    case "upstream_disconnect":
      return "upstream_closed";
    case "malformed_frame":
      return "websocket_error";
    default:
      return diagnostic;
  }
}
