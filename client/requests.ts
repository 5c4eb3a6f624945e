/**
 * Requests to a workspace's API.
 *
 * Owns the token's header, time-outs, and the step from an answer to a value or a typed failure. It repeats nothing.
 */
import type * as z from "zod/mini";
import { isProblemCode, ProblemBody, ProblemError } from "../protocol/problem.ts";

/** How a workspace is reached. */
export interface Reach {
  /** Where it is served, e.g. `http://127.0.0.1:8787/` or `https://host/yoi/`. */
  readonly url: string;
  /** The access token, sent as a header and never in an address. In a browser the session's cookie takes its place. */
  readonly token?: string;
  /** How long a request may take. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

/** An answer that is none of the API's: a proxy's page, or a failure that this client does not know. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly status: number;
  /** The failure's code where it had one. */
  readonly code: string | undefined;

  constructor(status: number, detail: string, code?: string) {
    super(`${status}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

/** What to send. */
export interface RequestOptions {
  readonly method?: "POST" | "PATCH";
  readonly body?: object;
  /** The same for the same command, also where a browser or an engine sends it twice: then it is done once. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Sends a request and parses its answer. Rejects as `fetch` does where nobody answered. */
export type Send = <Value>(schema: z.ZodMiniType<Value>, path: string, options?: RequestOptions) => Promise<Value>;

const DEFAULT_TIMEOUT_MS = 30_000;

/** The headers that show who one is. */
export function credentials(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The workspace's address with a slash at its end. @throws TypeError where it is no http address, or has a secret in it */
export function baseUrl(url: string): URL {
  const base = new URL(url);
  if (!/^https?:$/.test(base.protocol))
    throw new TypeError("Cannot use the workspace's address: expected http or https.");
  if (base.username !== "" || base.password !== "") {
    throw new TypeError("Cannot use the workspace's address: credentials go into `token`, never into an address.");
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  return base;
}

/** Makes the way to send requests. */
export function createSend(reach: Reach): Send {
  const { token, timeoutMs = DEFAULT_TIMEOUT_MS } = reach;
  const base = baseUrl(reach.url);

  return async (schema, path, { method = "POST", body, idempotencyKey, signal } = {}) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const send = reach.fetch ?? fetch;
    const response = await send(new URL(path, base), {
      method: body === undefined ? "GET" : method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...credentials(token),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Where the workspace points elsewhere, the token is not to go along.
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return readAnswer(schema, response.status, await response.text());
  };
}

/** @throws ProblemError as the server told it, AnswerError for what is no answer of the API */
function readAnswer<Value>(schema: z.ZodMiniType<Value>, status: number, text: string): Value {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AnswerError(status, "The answer is not JSON.");
  }
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new AnswerError(status, "The answer has not the shape that the API gives it.");
  }
  const problem = ProblemBody.safeParse(json);
  if (!problem.success) throw new AnswerError(status, "The failure is not told as the API tells one.");
  const { code, detail, retry_after_ms: retryAfterMs } = problem.data;
  if (!isProblemCode(code)) throw new AnswerError(status, detail, code);
  throw new ProblemError(code, detail, { retryAfterMs });
}
