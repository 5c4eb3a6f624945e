/**
 * How a run's end is told.
 *
 * Owns the events that close a run and the words for why it did not end by itself. Every run ends with `run_end`; a
 * failure is announced by `error` before it, a person's own wish is not.
 */
import type { RunCause } from "../protocol/entry.ts";
import type { ErrorCode, KnownEvent } from "../protocol/event.ts";
import type { ProblemCode } from "../protocol/problem.ts";
import type { RunOutcome } from "./run.ts";

/** The events that tell how a run ended. */
export function endEvents(outcome: RunOutcome): KnownEvent[] {
  if (outcome.kind !== "failed") return [{ event: "run_end", data: { result: outcome.kind } }];
  const { code, detail } = outcome.problem;
  const cause = causeOf(code);
  const end: KnownEvent = { event: "run_end", data: { result: "finished", cause } };
  if (isAskedEnd(code)) return [end];
  return [{ event: "error", data: { code: errorCodeOf(code, cause), message: detail, cause, problem: code } }, end];
}

function errorCodeOf(code: ProblemCode, cause: RunCause): ErrorCode {
  if (cause === "provider" || cause === "timeout") return "provider_error";
  return code === "input_too_large" ? "invalid_request" : "internal";
}

function causeOf(code: ProblemCode): RunCause {
  switch (code) {
    case "cancelled":
      return "cancelled";
    case "interrupted":
      return "interrupted";
    case "worker_stopped":
      return "stopped";
    case "first_token_timeout":
    case "between_chunks_timeout":
    case "run_timeout":
      return "timeout";
    default:
      return code.startsWith("provider_") ? "provider" : "interrupted";
  }
}

/** Whether a run was ended from outside, which is no failure: a person's wish, or the end of its process. */
export function isAskedEnd(code: ProblemCode): boolean {
  return code === "cancelled" || code === "worker_stopped" || code === "interrupted";
}

/** Whether a run was ended because its process ends. */
export function isProcessEnd(outcome: RunOutcome): boolean {
  return outcome.kind === "failed" && outcome.problem.code === "interrupted";
}
