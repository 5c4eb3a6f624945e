/**
 * The problem table: every domain failure, once.
 *
 * Owns the closed list of codes with, for each, its HTTP status, its title, whether trying again may help, and the word
 * that the reference's diagnostics use for it on an observation socket. Servers, sockets and the browser ask this table;
 * nobody else decides a status or a close code. Rendering is the caller's matter.
 */
import * as z from "zod/mini";

interface ProblemRow {
  /** HTTP status; the WebSocket close code is 4000 more. */
  readonly status: number;
  readonly title: string;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  /** The reference's word on an observation socket, after `runtime.` or `backend.`. */
  readonly diagnostic: string;
}

const row = (status: number, title: string, retryable = false, diagnostic = "websocket_error"): ProblemRow => ({
  status,
  title,
  retryable,
  diagnostic,
});

const TABLE = {
  // What the client sent.
  invalid_json: row(400, "The body is not valid JSON"),
  invalid_request: row(400, "The request is not valid"),
  invalid_query: row(400, "The query is not valid"),
  limit_too_large: row(400, "The page is larger than allowed"),
  invalid_id: row(400, "The id is not valid"),
  input_empty: row(400, "The message is empty"),
  input_too_large: row(413, "The message is too long"),
  invalid_initial_input_kind: row(400, "A new Worker begins with a person's message"),
  invalid_profile_selector: row(400, "The profile can't be chosen"),
  unsupported_config_declaration: row(400, "The config bundle declares what is not supported"),
  config_bundle_digest_mismatch: row(400, "The config bundle has another digest"),
  unauthorized: row(401, "A token is required"),
  body_too_large: row(413, "The body is too large"),
  request_too_slow: row(408, "The request took too long to arrive", true),
  unsupported_media_type: row(415, "The content type is not supported"),
  websocket_upgrade_required: row(426, "A WebSocket upgrade is required"),
  // Where it came from, and who sent it.
  host_refused: row(421, "The server does not go by that name"),
  origin_refused: row(403, "Other sites may not do that here"),
  login_required: row(401, "A login is required"),
  login_failed: row(401, "That is not the access token"),
  too_many_tries: row(429, "There were too many failed tries", true),
  rate_limited: row(429, "There were too many requests", true),
  not_permitted: row(403, "This visitor may not do that"),
  // What it asked for.
  route_not_found: row(404, "There is no such route"),
  method_not_allowed: row(405, "The method is not allowed here"),
  runtime_not_found: row(404, "There is no such Runtime", false, "worker_not_found"),
  host_not_found: row(404, "There is no such host"),
  worker_not_found: row(404, "There is no such Worker", false, "worker_not_found"),
  config_bundle_missing: row(404, "There is no such config bundle"),
  unsupported: row(501, "This Runtime does not support that"),
  // What state it is in.
  worker_busy: row(409, "The Worker is busy with another message", true),
  worker_stopped: row(409, "The Worker has been stopped"),
  worker_exists: row(409, "A Worker of this id exists already"),
  submission_conflict: row(409, "This submission id was used for another message"),
  runtime_stopped: row(409, "The Runtime has been stopped", false, "unavailable"),
  runtime_unavailable: row(503, "The Runtime can't be reached", true, "runtime_unavailable"),
  // How a Runtime elsewhere fails its Backend.
  runtime_refused: row(502, "Nothing answers where the Runtime should be", true, "runtime_unavailable"),
  runtime_name_unknown: row(502, "The Runtime's address can't be looked up", true, "runtime_unavailable"),
  runtime_network_failed: row(502, "The connection to the Runtime broke", true, "upstream_disconnect"),
  runtime_tls_failed: row(502, "No secure connection to the Runtime could be made", false, "runtime_unavailable"),
  runtime_auth_failed: row(502, "The Runtime did not accept the workspace's credentials", false, "runtime_unavailable"),
  runtime_timeout: row(504, "The Runtime did not answer in time", true, "runtime_unavailable"),
  runtime_redirected: row(
    502,
    "The Runtime pointed elsewhere, where the workspace does not go",
    false,
    "runtime_unavailable",
  ),
  runtime_wrong_identity: row(
    502,
    "Another Runtime answered than the one that was asked",
    false,
    "runtime_unavailable",
  ),
  runtime_malformed_answer: row(502, "The Runtime's answer could not be read", false, "malformed_frame"),
  runtime_answer_too_large: row(502, "The Runtime's answer was too large", false, "malformed_frame"),
  runtime_failed: row(502, "The Runtime has a failure of its own", true, "runtime_unavailable"),
  runtime_rejected: row(502, "The Runtime rejected the request", false, "runtime_unavailable"),
  worker_unconnected: row(409, "The Worker is not connected to its Runtime any more", false, "worker_not_found"),
  too_many_workers: row(429, "The Runtime has no room for another Worker", true),
  too_many_config_bundles: row(429, "The Runtime has no room for another config bundle"),
  too_many_viewers: row(429, "Too many viewers are connected", true),
  viewer_too_slow: row(408, "The viewer took nothing for too long", true),
  shutting_down: row(503, "The server is shutting down", true, "upstream_disconnect"),
  internal: row(500, "Something went wrong on the server", true),
  // Cursors and observation.
  cursor_malformed: row(400, "The cursor is malformed", false, "cursor_malformed"),
  cursor_unknown: row(410, "The cursor is unknown", false, "cursor_unknown_or_expired"),
  cursor_expired: row(410, "The cursor has expired", false, "cursor_unknown_or_expired"),
  cursor_foreign: row(409, "The cursor belongs to another Worker", false, "cursor_unknown_or_expired"),
  observation_only: row(403, "This socket only observes", false, "observation_only"),
  malformed_frame: row(502, "A peer sent a malformed frame", true, "malformed_frame"),
  // What the store can't do.
  store_full: row(507, "The disk has no room left", true),
  store_read_only: row(507, "The disk can't be written to"),
  store_failed: row(500, "The store failed", true),
  store_locked: row(409, "Another process has the store open"),
  store_foreign: row(409, "The store belongs to another Runtime"),
  store_too_new: row(409, "The store was written by a newer version"),
  store_corrupt: row(500, "The store can't be read"),
  // How a run ends without an answer.
  provider_rate_limited: row(429, "The provider limits the rate of requests", true),
  provider_auth_failed: row(502, "The provider refused the key"),
  provider_request_refused: row(502, "The provider refused the request"),
  provider_context_too_long: row(502, "The conversation is too long for the model"),
  provider_content_filtered: row(502, "The provider's filter withheld the answer"),
  provider_unavailable: row(502, "The provider has a failure of its own", true),
  provider_unreachable: row(502, "The provider can't be reached", true),
  provider_malformed: row(502, "The provider's answer was malformed", true),
  provider_stream_cut: row(502, "The provider's answer broke off", true),
  first_token_timeout: row(504, "The provider did not begin to answer in time", true),
  between_chunks_timeout: row(504, "The provider's answer stalled", true),
  run_timeout: row(504, "The answer took too long", true),
  cancelled: row(409, "The run was cancelled"),
  interrupted: row(500, "The run was interrupted by a restart", true),
} as const satisfies Record<string, ProblemRow>;

/** A code of the problem table, e.g. `worker_busy`. */
export type ProblemCode = keyof typeof TABLE;

/** Every code, in the table's order. */
export const PROBLEM_CODES = Object.keys(TABLE) as readonly ProblemCode[];

/** The table's row of a code. */
export function problemRow(code: ProblemCode): ProblemRow {
  return TABLE[code];
}

/** Whether a string off the wire is a code of this table; a newer peer may send others. */
export function isProblemCode(value: string): value is ProblemCode {
  return Object.hasOwn(TABLE, value);
}

const CLOSE_CODE_BASE = 4000;

/** The WebSocket close code of a problem, e.g. 4410 for `cursor_expired`. */
export function closeCodeOf(code: ProblemCode): number {
  return CLOSE_CODE_BASE + TABLE[code].status;
}

/**
 * A domain failure. `detail` is meant for people and for browsers: never put a URL, a key, a path or a peer's own text
 * into it. `cause` stays on the server.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly detail: string;
  /** How long to wait before the same may succeed, where that is known. */
  readonly retryAfterMs: number | null;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | null | undefined } = {},
  ) {
    super(`${code}: ${detail}`, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Any failure as a problem: a `ProblemError` as it is, everything else as `internal` without its text. */
export function asProblem(error: unknown): ProblemError {
  if (isProblemError(error)) return error;
  return new ProblemError("internal", "The server met an unexpected condition.", { cause: error });
}

/** By its name, since a module that was loaded anew, as in development, has a class of its own. */
function isProblemError(error: unknown): error is ProblemError {
  return error instanceof Error && error.name === "ProblemError" && "code" in error && "detail" in error;
}

/** A remark on a resource or a failure: `{"code":"worker_busy","severity":"warning","message":"…"}`. */
export const Diagnostic = z.looseObject({
  code: z.string(),
  severity: z.enum(["info", "warning", "error"]),
  message: z.string(),
});
export type Diagnostic = z.infer<typeof Diagnostic>;

/** The body of every failure that the Backend answers, `application/problem+json` (RFC 9457). */
export const ProblemBody = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  diagnostics: z.array(Diagnostic),
  /** How long to wait before the same may succeed; the header `Retry-After` says it in whole seconds. */
  retry_after_ms: z.optional(z.number()),
});
export type ProblemBody = z.infer<typeof ProblemBody>;

/** The body for a problem. `type` is a URN, since the project owns no web address. */
export function problemBody(problem: ProblemError): ProblemBody {
  const { status, title } = TABLE[problem.code];
  return {
    type: `urn:yoi-workspace:problem:${problem.code}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    diagnostics: [{ code: problem.code, severity: status >= 500 ? "error" : "warning", message: problem.detail }],
    ...(problem.retryAfterMs === null ? {} : { retry_after_ms: problem.retryAfterMs }),
  };
}

/**
 * Says what a Zod error found wrong, and where, in one sentence per issue: `content: Invalid input: expected string,
 * received number`.
 */
export function describeIssues(error: z.core.$ZodError): string {
  return error.issues
    .slice(0, 4)
    .map((issue) => (issue.path.length > 0 ? `${issue.path.map(String).join(".")}: ${issue.message}` : issue.message))
    .join("; ");
}
