/**
 * What a Runtime's refusal means: its HTTP status and the code in its body, as a problem.
 *
 * Owns the one closed table of it. The peer's words stay here unread; the details are ours. A status decides where the
 * body says nothing that is known.
 */
import * as z from "zod/mini";
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";

/** `{"error":{"code":"worker_not_found","message":"…"}}`. */
const ErrorBody = z.looseObject({ error: z.looseObject({ code: z.string() }) });

type Rejection = Readonly<Record<string, readonly [code: ProblemCode, detail: string]>>;

/** By the code in the body: the reference's, then ours. `LABEL` stands for the Runtime. */
const BY_CODE: Rejection = {
  worker_not_found: ["worker_not_found", "LABEL has no such Worker."],
  invalid_worker_id: ["worker_not_found", "LABEL has no such Worker."],
  runtime_stopped: ["runtime_stopped", "LABEL has been stopped."],
  execution_backend_unavailable: ["unsupported", "LABEL has nothing that could run a Worker."],
  worker_execution_unavailable: ["worker_unconnected", "LABEL no longer runs this Worker; it may have restarted."],
  worker_execution_rejected: ["runtime_rejected", "LABEL did not accept that for this Worker."],
  invalid_profile_selector: ["invalid_profile_selector", "profile: LABEL does not offer it."],
  invalid_initial_input_kind: ["invalid_initial_input_kind", 'initial_input.kind: expected "user".'],
  unsupported_config_declaration: ["unsupported_config_declaration", "declarations: LABEL does not take one of them."],
  config_bundle_missing: ["config_bundle_missing", "LABEL does not have this config bundle."],
  config_bundle_digest_mismatch: [
    "config_bundle_digest_mismatch",
    "config_bundle: the digest is not that of its content at LABEL.",
  ],
  too_many_config_bundles: ["too_many_config_bundles", "LABEL has no room for another config bundle."],
  limit_too_large: ["limit_too_large", "limit: it is more than LABEL gives in one page."],
  worker_busy: ["worker_busy", "The Worker is still busy with another message."],
  worker_stopped: ["worker_stopped", "The Worker has been stopped and takes no more messages."],
  worker_unconnected: ["worker_unconnected", "LABEL no longer runs this Worker; it may have restarted."],
  submission_conflict: ["submission_conflict", "submission_id: it was used for a message with other content."],
  input_empty: ["input_empty", "content: the message is empty."],
  input_too_large: ["input_too_large", "content: the message is longer than LABEL takes."],
  body_too_large: ["body_too_large", "The request is larger than LABEL takes."],
  too_many_workers: ["too_many_workers", "LABEL has no room for another Worker."],
  invalid_query: ["invalid_query", "LABEL does not take this query."],
  invalid_request: ["invalid_request", "LABEL does not take this request."],
  invalid_json: ["runtime_rejected", "LABEL could not read the request."],
  unsupported: ["unsupported", "LABEL does not support that."],
  route_not_found: ["unsupported", "LABEL does not support that."],
  host_refused: ["runtime_rejected", "LABEL goes by the names of loopback alone as long as it has no token."],
  shutting_down: ["runtime_unavailable", "LABEL is shutting down."],
  store_full: ["store_full", "LABEL has no room left on its disk."],
  store_read_only: ["store_read_only", "LABEL can't write to its disk."],
  store_failed: ["store_failed", "LABEL could not keep it."],
};

/** By the status, where the body has no known code. */
function byStatus(status: number): Rejection[string] {
  switch (status) {
    case 404:
    case 405:
    case 501:
      return ["unsupported", "LABEL does not support that."];
    case 408:
    case 504:
      return ["runtime_timeout", "LABEL did not answer in time."];
    case 413:
      return ["body_too_large", "The request is larger than LABEL takes."];
    case 429:
    case 503:
      return ["runtime_unavailable", "LABEL takes no requests at the moment."];
  }
  if (status >= 500) return ["runtime_failed", "LABEL has a failure of its own."];
  return ["runtime_rejected", "LABEL rejected the request."];
}

/**
 * The problem of an answer that is no success.
 *
 * @param body The parsed body, or null where it is none that can be read.
 */
export function rejectionOf(status: number, body: unknown, label: string): ProblemError {
  const [code, detail] = rejectionRow(status, body);
  return new ProblemError(code, detail.replace("LABEL", label));
}

function rejectionRow(status: number, body: unknown): Rejection[string] {
  // Whoever stands at the door decides before the Runtime does: these hold whatever the body says.
  if (status === 401 || status === 403) return ["runtime_auth_failed", "LABEL did not accept the workspace's token."];
  if (status >= 300 && status < 400) return ["runtime_redirected", "LABEL pointed elsewhere; that is not followed."];
  if (status < 300) return ["runtime_malformed_answer", "LABEL gave an answer that could not be read."];
  const code = codeOf(body);
  const known = code === null || !Object.hasOwn(BY_CODE, code) ? undefined : BY_CODE[code];
  return known ?? byStatus(status);
}

/** The Runtime's own code in a body, for the few decisions that need it; null where there is none. */
export function codeOf(body: unknown): string | null {
  const parsed = ErrorBody.safeParse(body);
  return parsed.success ? parsed.data.error.code : null;
}
