/**
 * Requests to the Runtime under judgement, and what is read out of its answers.
 *
 * Owns one request with its bounds, and the expectations that every answer shares: a success is 200 with JSON, a refusal
 * is `{"error":{"code","message"}}` with its status. Redirects are not followed.
 */
import * as z from "zod/mini";
import { describeIssues } from "../../protocol/problem.ts";
import { connectionFailure } from "../../runtime/remote/connection-failure.ts";
import type { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import { readBounded } from "../../runtime/remote/read-bounded.ts";
import { Mismatch, must, Unreachable } from "./check.ts";
import type { KitLimits } from "./limits.ts";

/** An answer, with its body as JSON where it is some. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** What may go with a request. */
export interface AskOptions {
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  /** In place of the usual ones of the same name; an empty `Authorization` sends none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes requests. */
export type Ask = (method: string, route: readonly string[], options?: AskOptions) => Promise<Answer>;

/** Requests to an endpoint; each ends with `signal` at the latest. */
export function createAsk(endpoint: RuntimeEndpoint, limits: KitLimits, signal: () => AbortSignal): Ask {
  return async (method, route, { query, body, text, headers = {} } = {}) => {
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const sent = new Headers({ Accept: "application/json", ...endpoint.headers });
    if (body !== undefined) sent.set("Content-Type", "application/json");
    for (const [name, value] of Object.entries(headers)) {
      if (value === "") sent.delete(name);
      else sent.set(name, value);
    }
    const expiry = AbortSignal.timeout(limits.requestTimeoutMs);
    try {
      const response = await fetch(endpoint.url(route, query), {
        method,
        headers: sent,
        redirect: "manual",
        signal: AbortSignal.any([expiry, signal()]),
        ...(content === undefined ? {} : { body: content }),
      });
      return await readAnswer(response, limits.maxAnswerBytes);
    } catch (error) {
      if (error instanceof Mismatch) throw error;
      const what = `an answer to ${method} /${route.join("/")}`;
      if (expiry.aborted) throw new Unreachable(what, `none within ${limits.requestTimeoutMs} ms`);
      throw new Unreachable(what, connectionFailure(error, "a Runtime that").detail);
    }
  };
}

async function readAnswer(response: Response, maxBytes: number): Promise<Answer> {
  const content = await readBounded(response, maxBytes);
  if (content.kind !== "text") {
    const isLarge = content.kind === "too_large";
    throw new Mismatch(`an answer of at most ${maxBytes} bytes in UTF-8`, isLarge ? "more" : "other bytes");
  }
  const { text } = content;
  const type = response.headers.get("Content-Type") ?? "";
  return { status: response.status, type, headers: response.headers, text, body: parseJson(text) };
}

/** The JSON of a text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value by its shape. @throws Mismatch */
export function parse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Mismatch(what, `${describeIssues(parsed.error)}, in ${JSON.stringify(value) ?? "nothing"}`);
}

/** The body of a success. @throws Mismatch */
export function expectOk<Schema extends z.ZodMiniType>(answer: Answer, schema: Schema): z.output<Schema> {
  must(answer.status === 200, "200", () => told(answer));
  must(/^application\/json\b/i.test(answer.type), "application/json", () => answer.type || "no content type");
  must(answer.body !== undefined, "JSON", () => answer.text);
  return parse(schema, answer.body, "a body of the protocol's shape");
}

const ErrorBody = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/** The code of a refusal with the status; one of `codes`. @throws Mismatch */
export function expectError(answer: Answer, status: number, ...codes: readonly string[]): string {
  const expected = `${status} with the code ${codes.join(" or ")}`;
  must(answer.status === status, expected, () => told(answer));
  must(/^application\/json\b/i.test(answer.type), "application/json", () => answer.type || "no content type");
  const { error } = parse(ErrorBody, answer.body, 'an error of the shape {"error":{"code","message"}}');
  must(codes.includes(error.code), expected, () => told(answer));
  return error.code;
}

/** An answer in a report. */
export function told({ status, text }: Answer): string {
  return `${status} ${text}`.trim();
}
