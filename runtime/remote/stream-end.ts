/**
 * Why an observation socket ended, as a problem.
 *
 * Owns the table of the Runtime's diagnostics and of its Close codes. A diagnostic that was read decides, whatever ended
 * the socket after it. What the peer says in words is not passed on.
 */
import type { StreamDiagnostic } from "../../protocol/frame.ts";
import { closeCodeOf, ProblemError, type ProblemCode } from "../../protocol/problem.ts";
import { parseJson } from "../parse-json.ts";
import { brokeOff, connectionFailure, timedOut } from "./connection-failure.ts";
import { rejectionOf } from "./rejection.ts";
import type { SocketEnd } from "./websocket.ts";

/** What may end a Runtime's stream, and what is said of it. `LABEL` stands for the Runtime. */
const WORDS = {
  cursor_malformed: "cursor: LABEL does not read it; connect without one.",
  cursor_unknown: "cursor: LABEL does not know it any more; connect without one.",
  cursor_expired: "cursor: what followed it is no longer kept; connect without one.",
  cursor_foreign: "cursor: it was issued for another Worker; connect without one.",
  worker_not_found: "LABEL has no such Worker.",
  runtime_stopped: "LABEL has been stopped.",
  runtime_unavailable: "LABEL ended the observation; it may be shutting down.",
  runtime_network_failed: "LABEL broke the connection off.",
  runtime_failed: "LABEL ended the observation for a reason of its own.",
  runtime_auth_failed: "LABEL did not accept the workspace's token.",
  malformed_frame: "LABEL could not put an event into words.",
  too_many_viewers: "LABEL has no room for another observer.",
} as const satisfies Partial<Record<ProblemCode, string>>;

type StreamProblem = keyof typeof WORDS;

/** The reference's diagnostics. */
const BY_DIAGNOSTIC: Readonly<Record<string, StreamProblem>> = {
  "runtime.cursor_malformed": "cursor_malformed",
  "runtime.cursor_unknown_or_expired": "cursor_unknown",
  "runtime.cursor_expired": "cursor_expired",
  "runtime.worker_not_found": "worker_not_found",
  "runtime.unavailable": "runtime_unavailable",
  "runtime.upstream_closed": "runtime_unavailable",
  "runtime.websocket_error": "runtime_network_failed",
  "runtime.serialize_failed": "malformed_frame",
};

/** Ours, where they mean the same here as there. */
const BY_PROBLEM: Readonly<Record<string, StreamProblem>> = {
  ...Object.fromEntries(
    (
      [
        "cursor_malformed",
        "cursor_unknown",
        "cursor_expired",
        "cursor_foreign",
        "worker_not_found",
        "runtime_stopped",
        "runtime_unavailable",
        "too_many_viewers",
      ] as const
    ).map((code) => [code, code]),
  ),
  shutting_down: "runtime_unavailable",
  // Its place in the stream is still known: who connects again goes on from there.
  viewer_too_slow: "runtime_network_failed",
  internal: "runtime_failed",
};

/** The problem that a Runtime's diagnostic names. */
export function diagnosticProblem({ code, problem }: StreamDiagnostic, label: string): ProblemError {
  const ours = problem !== undefined && Object.hasOwn(BY_PROBLEM, problem) ? BY_PROBLEM[problem] : undefined;
  const theirs = Object.hasOwn(BY_DIAGNOSTIC, code) ? BY_DIAGNOSTIC[code] : undefined;
  return streamProblem(ours ?? theirs ?? "runtime_failed", label);
}

/** The Close codes that say which problem it was, where the diagnostic before was lost. */
const BY_CLOSE_CODE: Readonly<Record<number, StreamProblem>> = {
  [closeCodeOf("cursor_malformed")]: "cursor_malformed",
  [closeCodeOf("worker_not_found")]: "worker_not_found",
  [closeCodeOf("cursor_expired")]: "cursor_expired",
  [closeCodeOf("runtime_unavailable")]: "runtime_unavailable",
  4401: "runtime_auth_failed",
  1001: "runtime_unavailable",
};

/** The problem of a socket that ended without a diagnostic. */
export function socketEndProblem(end: SocketEnd, label: string): ProblemError {
  switch (end.kind) {
    case "refused":
      return rejectionOf(end.status, parseJson(end.body), label);
    case "handshake_timeout":
      return timedOut(label);
    case "closed":
      return streamProblem(BY_CLOSE_CODE[end.code] ?? "runtime_network_failed", label);
    case "too_large":
      return new ProblemError("malformed_frame", `${label} sent a frame that is too large.`);
    case "not_websocket":
      return malformedFrame(label);
    case "broken":
      return end.error === null ? brokeOff(label) : connectionFailure(end.error, label);
  }
}

/** The problem of a frame that can't be read. */
export function malformedFrame(label: string): ProblemError {
  return new ProblemError("malformed_frame", `${label} sent a frame that could not be read.`);
}

function streamProblem(code: StreamProblem, label: string): ProblemError {
  return new ProblemError(code, WORDS[code].replace("LABEL", label));
}
