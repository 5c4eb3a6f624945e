/**
 * How groups of operations may fail.
 *
 * Owns lists of problem codes that the rows of operations share; what a code means is the problem table's matter.
 */
import type { ProblemCode } from "../protocol/problem.ts";

/** How everything may fail. */
export const COMMON_PROBLEMS: readonly ProblemCode[] = [
  "host_refused",
  "origin_refused",
  "login_required",
  "login_failed",
  "too_many_tries",
  "rate_limited",
  "not_permitted",
  "body_too_large",
  "shutting_down",
  "internal",
];

/** A body that is not what it should be. */
export const BODY: readonly ProblemCode[] = [
  "invalid_json",
  "invalid_request",
  "request_too_slow",
  "unsupported_media_type",
];
/** How a Runtime elsewhere fails. */
export const REMOTE: readonly ProblemCode[] = [
  "runtime_stopped",
  "runtime_unavailable",
  "runtime_refused",
  "runtime_name_unknown",
  "runtime_network_failed",
  "runtime_tls_failed",
  "runtime_auth_failed",
  "runtime_timeout",
  "runtime_redirected",
  "runtime_wrong_identity",
  "runtime_malformed_answer",
  "runtime_answer_too_large",
  "runtime_failed",
  "runtime_rejected",
];
/** What the store can't do. */
export const STORE: readonly ProblemCode[] = ["store_full", "store_read_only", "store_failed"];
/** A path that names a Runtime. */
export const RUNTIME: readonly ProblemCode[] = ["invalid_id", "runtime_not_found", ...REMOTE];
/** A path that names a Worker. */
export const WORKER: readonly ProblemCode[] = [...RUNTIME, "worker_not_found", "worker_unconnected"];
/** Config bundles of a Runtime. */
export const BUNDLE: readonly ProblemCode[] = [...RUNTIME, "unsupported"];
/** A message to a Worker. */
export const INPUT: readonly ProblemCode[] = [
  ...BODY,
  ...STORE,
  "input_empty",
  "input_too_large",
  "worker_busy",
  "worker_stopped",
  "submission_conflict",
  "unsupported",
];
/** A new Worker. */
export const SPAWN: readonly ProblemCode[] = ["too_many_workers", "invalid_profile_selector", "unsupported", ...STORE];
