/**
 * The fetch that the `openai` client gets.
 *
 * Owns one correction: a refusal's body is read here, up to a limit, and brought into OpenAI's shape, since the client
 * reads bodies without a limit and forgets the reason of every provider that does not wrap it in `{"error":…}`. And it is
 * where the span of a call learns who was called; a provider is told nothing of the trace unless that is wished.
 */
import * as z from "zod/mini";
import { parseJson } from "../parse-json.ts";
import type { Tracing } from "../tracing/tracing.ts";

/** What a model makes its requests with; the platform's `fetch` unless a test or the demo brings its own. */
export type ProviderFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const REFUSAL_MAX_BYTES = 64 * 1024;

/** `{"detail":"Not Found"}`, `{"object":"error","message":"…","code":400}` and their like. */
const BareRefusal = z.object({
  error: z.optional(z.unknown()),
  message: z.optional(z.unknown()),
  detail: z.optional(z.unknown()),
  type: z.optional(z.unknown()),
  code: z.optional(z.unknown()),
});

/** How calls are traced. */
export interface ProviderTracing {
  readonly tracing: Tracing;
  /** Whether the provider is told the trace's name. */
  readonly isTold: boolean;
}

/** Wraps `fetch` so that every refusal is bounded and has OpenAI's shape. Successes pass untouched. */
export function providerFetch(fetch: ProviderFetch, traced: ProviderTracing): ProviderFetch {
  const traceFetch = tracedFetch(fetch, traced);
  return async (input, init) => {
    const response = await traceFetch(input, init);
    if (response.status < 400) return response;
    const text = await readStart(response, REFUSAL_MAX_BYTES);
    const { status, headers } = response;
    return new Response(JSON.stringify({ error: refusalOf(text) }), { status, headers });
  };
}

function tracedFetch(fetch: ProviderFetch, { tracing, isTold }: ProviderTracing): ProviderFetch {
  return async (input, init) => {
    const span = tracing.current;
    if (span === null) return fetch(input, init);
    const { hostname, port, protocol } = new URL(input instanceof Request ? input.url : input);
    span.set({ "server.address": hostname, "server.port": Number(port) || (protocol === "http:" ? 80 : 443) });
    let response: Response;
    if (isTold) {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(tracing.headers(span))) headers.set(name, value);
      response = await fetch(input, { ...init, headers });
    } else {
      response = await tracing.unsent(() => fetch(input, init));
    }
    span.set({ "http.response.status_code": response.status });
    return response;
  };
}

/** What a body refuses with, e.g. `{ message: "Not Found" }`, whatever it is wrapped in. */
export function refusalOf(text: string): unknown {
  const said = parseJson(text);
  // Gemini's stands in a list.
  const parsed = BareRefusal.safeParse(Array.isArray(said) ? said[0] : said);
  if (!parsed.success) return { message: text };
  const { error, message, detail, type, code } = parsed.data;
  if (error !== undefined && error !== null) return error;
  return { message: message ?? (typeof detail === "string" ? detail : JSON.stringify(detail)), type, code };
}

async function readStart(response: Response, maxBytes: number): Promise<string> {
  if (!response.body) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  while (bytes < maxBytes) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  // The rest is of no interest, and neither is whether the provider minds.
  reader.cancel().catch(() => undefined);
  return text.slice(0, maxBytes);
}
