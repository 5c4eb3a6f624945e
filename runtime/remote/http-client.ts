/**
 * One Runtime's REST API, as calls that give parsed answers.
 *
 * Owns what holds for every request: its time-out, the bound of its answer, that redirects are not followed, that nothing
 * but the configured address is contacted, and that every failure is a `ProblemError` in our words.
 */
import type * as z from "zod/mini";
import { asProblem, ProblemError } from "../../protocol/problem.ts";
import type { Clock } from "../clock.ts";
import { parseJson } from "../parse-json.ts";
import { NO_TRACING, type Span, type Tracing } from "../tracing/tracing.ts";
import { connectionFailure, timedOut } from "./connection-failure.ts";
import type { RuntimeEndpoint } from "./endpoint.ts";
import type { RemoteLimits } from "./limits.ts";
import { readBounded } from "./read-bounded.ts";
import { codeOf, rejectionOf } from "./rejection.ts";

/** What a client of a Runtime is made of. */
export interface HttpClientOptions {
  readonly endpoint: RuntimeEndpoint;
  /** Names the Runtime in problems, e.g. `Runtime "lab"`. */
  readonly label: string;
  readonly limits: Pick<RemoteLimits, "requestTimeoutMs" | "maxAnswerBytes">;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

/** One request. */
export interface HttpRequest {
  /** The route below `/v1`, in segments, e.g. `["workers", "companion", "input"]`. */
  readonly route: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST, where `method` says no other; absent: GET. */
  readonly body?: unknown;
  readonly method?: "PATCH";
  /** In all; absent: as for every request. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A refusal, with the code that the Runtime gave. */
export class RejectionError extends ProblemError {
  /** The Runtime's own code, e.g. `worker_execution_rejected`; never shown. */
  readonly peerCode: string | null;

  constructor(problem: ProblemError, peerCode: string | null) {
    super(problem.code, problem.detail);
    this.peerCode = peerCode;
  }
}

const REDIRECT_STATUS = 302;
const REQUEST_ID = "X-Request-Id";
const NO_HEADERS = {};

interface Answer {
  readonly status: number;
  readonly content: Awaited<ReturnType<typeof readBounded>>;
}

/** Asks a Runtime. */
export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /**
   * @throws ProblemError for every failure of the connection and of the Runtime; the signal's reason where it aborts
   */
  async request<Schema extends z.ZodMiniType>(schema: Schema, request: HttpRequest): Promise<z.output<Schema>> {
    const { tracing = NO_TRACING } = this.#options;
    // What nobody asked for, as looking whether a Runtime is back, is not traced.
    if (tracing.current === null) return this.#request(schema, request, null);
    const method = methodOf(request);
    const pattern = routePattern(request.route);
    const span = tracing.start(`${method} ${pattern}`, {
      kind: "client",
      attributes: { "http.request.method": method, "url.template": pattern },
    });
    try {
      return await tracing.within(span, () => this.#request(schema, request, span));
    } catch (error) {
      span.fail(asProblem(error).code);
      throw error;
    } finally {
      span.end();
    }
  }

  async #request<Schema extends z.ZodMiniType>(
    schema: Schema,
    request: HttpRequest,
    span: Span | null,
  ): Promise<z.output<Schema>> {
    const { clock, limits, label } = this.#options;
    request.signal?.throwIfAborted();
    const expiry = new AbortController();
    using _timeout = clock.schedule(request.timeoutMs ?? limits.requestTimeoutMs, () => expiry.abort());
    const signal = request.signal ? AbortSignal.any([request.signal, expiry.signal]) : expiry.signal;
    let answer: Answer;
    try {
      answer = await this.#exchange(request, signal, span);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw expiry.signal.aborted ? timedOut(label) : connectionFailure(error, label);
    }
    const { status, content } = answer;
    if (status < 200 || status > 299) {
      const body = content.kind === "text" ? parseJson(content.text) : null;
      throw new RejectionError(rejectionOf(status, body, label), codeOf(body));
    }
    if (content.kind === "too_large") {
      throw new ProblemError(
        "runtime_answer_too_large",
        `${label} answered more than ${limits.maxAnswerBytes} bytes; the rest was not read.`,
      );
    }
    const parsed = content.kind === "text" ? schema.safeParse(parseJson(content.text)) : null;
    if (parsed?.success) return parsed.data;
    throw new ProblemError("runtime_malformed_answer", `${label} gave an answer that could not be read.`);
  }

  async #exchange(request: HttpRequest, signal: AbortSignal, span: Span | null): Promise<Answer> {
    const { endpoint, fetch, limits, tracing = NO_TRACING } = this.#options;
    const { route, query, body } = request;
    const url = endpoint.url(["v1", ...route], query);
    span?.set({ "server.address": url.hostname, "server.port": portOf(url) });
    const response = await fetch(url, {
      method: methodOf(request),
      headers: {
        ...endpoint.headers,
        ...(span === null ? NO_HEADERS : requestHeaders(tracing, span)),
        "Content-Type": "application/json",
        Accept: "application/json",
      },
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : readOnce(JSON.stringify(body))),
    });
    // A standard engine hides a redirect behind the status 0.
    const status = response.type === "opaqueredirect" ? REDIRECT_STATUS : response.status;
    span?.set({ "http.response.status_code": status });
    return { status, content: await readBounded(response, limits.maxAnswerBytes) };
  }
}

/**
 * A body that can't be sent again. Where a connection breaks before the answer, Deno would repeat the request by itself
 * (denoland/deno#36415 tells when), and a message that was taken before the break would stand there twice. It sees
 * through the stream of a `Response`, so this is one of our own.
 */
function readOnce(text: string) {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
  return { body, duplex: "half" } as const;
}

const methodOf = ({ method, body }: HttpRequest): string => method ?? (body === undefined ? "GET" : "POST");

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === "http:" ? 80 : 443);

/** The request that it is for, and the span, so that both are found again over there. */
function requestHeaders(tracing: Tracing, span: Span): Readonly<Record<string, string>> {
  const { requestId } = span;
  return { ...tracing.headers(span), ...(requestId === null ? {} : { [REQUEST_ID]: requestId }) };
}

/** A route without its ids, e.g. `/v1/workers/:worker_id/input`. */
function routePattern([first = "", id, ...rest]: readonly string[]): string {
  const name = first === "workers" ? "worker_id" : "bundle_id";
  const place = id === undefined || id === "import" || id === "diagnostics" ? id : `:${name}`;
  return `/${["v1", first, place, ...rest].filter((part) => part !== undefined).join("/")}`;
}
