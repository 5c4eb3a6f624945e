/**
 * What went wrong at a provider, in the project's own words.
 *
 * Owns the mapping from the `openai` package's errors, and from error objects inside a stream, to `ModelError`: its code,
 * the provider's status, how long it asks to wait, and its own reason made fit for a browser. Called by `answer-parts.ts`, and by
 * what reads its events.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import * as z from "zod/mini";
import { ModelError, type ModelProblemCode } from "./model.ts";
import { parseRetryAfterMs, retryDelayMs } from "./retry-after.ts";
import { scrubReason } from "./scrub.ts";
import { refusalOf } from "./provider-fetch.ts";

/** What a provider says about a failure: `{"message":"…","type":"server_error","code":"overloaded"}` or a bare sentence. */
const ProviderFailure = z.union([
  z.pipe(
    z.string(),
    z.transform((message) => ({ message, type: null, code: null })),
  ),
  z.object({
    message: z.optional(z.unknown()),
    type: z.optional(z.unknown()),
    code: z.optional(z.unknown()),
  }),
]);

/** OpenRouter's own message says only that the provider behind it failed: what that one said is here, as it said it. */
const Routed = z.object({ metadata: z.object({ raw: z.string() }) });

/** A word that a program chose, e.g. `rate_limit_exceeded`; anything else is prose and no code. */
const CODE_WORD = /^[A-Za-z][\w.-]{1,63}$/;

const CONTEXT_WORDS =
  /context[ _-]?(length|window|size|limit)|maximum prompt length|model token limit|maximum context|prompt is too long|too many tokens|exceed_context|(input|prompt|request) (is )?too (long|large)|token count[^.]{0,40} exceeds/i;
/** OpenAI's 429 for a request of more tokens than an account may send in a minute: no wait helps. */
const RATE_SIZE_WORDS = /\brequest too large\b/i;
const FILTER_WORDS = /content_filter|content_policy|content management policy|responsible_ai|moderation/i;
/**
 * A refusal of what was said, in the words of OpenRouter, xAI and OpenAI: by its status or its code it could be one of
 * the key, or a failure that passes.
 */
const FLAGGED_WORDS = /(input|prompt) was flagged|violates? (our |the )?usage (guidelines|polic)/i;
/** Gemini and xAI answer 400 for a wrong key. */
const KEY_WORDS = /api key (not valid|expired)|incorrect api key/i;
const QUOTA_WORDS = /insufficient_quota|billing_|credit/i;
const RATE_WORDS = /rate_?limit|too_many_requests/i;
const AUTH_WORDS = /authentication|invalid_api_key|permission|unauthorized|forbidden/i;
/** LM Studio's, with 200, to an address without its version. */
const PATH_WORDS = /unexpected endpoint/i;
const REFUSED_WORDS = /invalid_request|not_found|unsupported|bad_?request/i;
const COUNT_WORDS = /stream_options|include_usage/;

/** Any failure of a request as a `ModelError`. The caller has already dealt with its own abort. */
export function toModelError(error: unknown, secrets: readonly string[]): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionError) {
    return new ModelError("provider_unreachable", connectionReason(error), { cause: error });
  }
  if (error instanceof APIError) {
    // why: `instanceof` leaves the package's type parameters at any; these are what it really holds.
    const {
      status,
      headers,
      error: body,
      message,
    } = error as APIError<number | undefined, Headers | undefined, object | undefined>;
    const failure = body ?? message.replace(/^\d{3} /, "");
    return failureError(failure, { status: status ?? null, headers, secrets, cause: error });
  }
  return new ModelError("provider_stream_cut", "The connection broke before the answer was complete.", {
    cause: error,
  });
}

/** Whether a refusal names the wish for a count of the tokens, as Databricks', Mistral's and older servers' may. */
export function refusesCount(error: unknown): boolean {
  return error instanceof APIError && COUNT_WORDS.test(JSON.stringify(error.error));
}

/** What is known of a failure besides the provider's own words. */
export interface FailureFacts {
  readonly status: number | null;
  readonly headers?: Headers | undefined;
  readonly secrets: readonly string[];
  readonly cause?: unknown;
}

/** A failure that a provider describes itself, as an HTTP body or inside its stream. */
export function failureError(described: unknown, { status, headers, secrets, cause }: FailureFacts): ModelError {
  const { message, type, code } = allOf(described);
  // Some providers put an HTTP status where others put a word.
  const saidStatus = status ?? statusIn(code);
  const word = [code, type].find((value) => typeof value === "string" && CODE_WORD.test(value));
  const text = wordsOf(message);
  const reason = [saidStatus === null ? "" : String(saidStatus), typeof word === "string" ? word : ""].filter(Boolean);
  const detail = scrubReason(`${reason.join(" ")}: ${sentence(text)}`.replace(/^: /, ""), secrets);
  return new ModelError(
    codeOf(saidStatus, [code, type].filter((value) => typeof value === "string").join(" "), text),
    detail,
    {
      status: saidStatus,
      retryAfterMs: (headers ? parseRetryAfterMs(headers) : null) ?? retryDelayMs(described),
      cause,
    },
  );
}

/** What is said of a failure, together with what is told of the one behind it. */
function allOf(described: unknown): z.infer<typeof ProviderFailure> {
  const { message, type, code } = partsOf(described);
  const routed = Routed.safeParse(described);
  if (!routed.success) return { message, type, code };
  const behind = partsOf(refusalOf(routed.data.metadata.raw));
  const words = [message, behind.message].map(wordsOf).filter(Boolean);
  const codes = [behind.code, behind.type, type];
  return { message: words.join(": "), type: codes.find((value) => typeof value === "string"), code };
}

function partsOf(described: unknown): z.infer<typeof ProviderFailure> {
  const parsed = ProviderFailure.safeParse(described);
  return parsed.success ? parsed.data : { message: null, type: null, code: null };
}

/** What stands where a sentence should: Mistral tells what it does not know as an object. */
function wordsOf(said: unknown): string {
  if (said === undefined || said === null) return "";
  return typeof said === "string" ? said : JSON.stringify(said);
}

function codeOf(status: number | null, words: string, message: string): ModelProblemCode {
  const mayBeFlagged = status === null || status === 400 || status === 403;
  if (FILTER_WORDS.test(words) || (mayBeFlagged && FLAGGED_WORDS.test(message))) return "provider_content_filtered";
  if (status === 401 || (status === 400 && KEY_WORDS.test(message))) return "provider_auth_failed";
  if (QUOTA_WORDS.test(words) || status === 402) return "provider_request_refused";
  const mayBeTooLong = status === null || status === 400 || status === 413 || status === 422;
  if (mayBeTooLong && (CONTEXT_WORDS.test(words) || CONTEXT_WORDS.test(message))) return "provider_context_too_long";
  if (status === null) return PATH_WORDS.test(message) ? "provider_request_refused" : codeOfWords(words);
  if (status === 403) return "provider_auth_failed";
  if (status === 429) return RATE_SIZE_WORDS.test(message) ? "provider_context_too_long" : "provider_rate_limited";
  if (status === 413) return "provider_context_too_long";
  // A time-out of theirs, a conflict over a lock, too early: the same request may succeed.
  if (status >= 500 || status === 408 || status === 409 || status === 425) return "provider_unavailable";
  return status >= 400 ? "provider_request_refused" : "provider_malformed";
}

/** For an error inside a stream, which has no status. */
function codeOfWords(words: string): ModelProblemCode {
  if (RATE_WORDS.test(words)) return "provider_rate_limited";
  if (AUTH_WORDS.test(words)) return "provider_auth_failed";
  return REFUSED_WORDS.test(words) ? "provider_request_refused" : "provider_unavailable";
}

function statusIn(code: unknown): number | null {
  const status = typeof code === "string" && /^[1-5]\d\d$/.test(code) ? Number(code) : code;
  return typeof status === "number" && Number.isInteger(status) && status >= 100 && status < 600 ? status : null;
}

/** The provider's sentence, unless it is a web page or nothing. */
function sentence(message: string): string {
  if (message.trim() === "" || message === "status code (no body)") return "the provider gave no reason";
  return /^\s*<|<html|<!doctype|<body|<\/\w+>/i.test(message) ? "the provider answered with a web page" : message;
}

const CONNECTION_REASONS: readonly (readonly [words: RegExp, reason: string])[] = [
  [/ECONNREFUSED|connection refused/i, "The connection was refused: nothing listens at the provider's address."],
  [/ENOTFOUND|EAI_AGAIN|dns error|name resolution/i, "The provider's name could not be resolved."],
  [/certificate|CERT_|SSL|TLS/i, "The provider's certificate was not accepted."],
  [/timed? ?out|ETIMEDOUT/i, "The connection timed out."],
  [/ECONNRESET|UND_ERR_SOCKET|other side closed|reset|closed/i, "The connection was closed before an answer came."],
];

/** Why there was no connection. The platforms' own messages name hosts and ports: they only choose among our sentences. */
function connectionReason(error: APIConnectionError): string {
  if (error instanceof APIConnectionTimeoutError) return "The connection timed out.";
  const words = causes(error).join(" ");
  const known = CONNECTION_REASONS.find(([pattern]) => pattern.test(words));
  return known ? known[1] : "The connection could not be made.";
}

function causes(error: Error): readonly string[] {
  const words: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    words.push(at.message, "code" in at ? String(at.code) : "");
  }
  return words;
}
