/**
 * A provider of MSW handlers that writes, for each message, exactly what some real provider writes or could write: chunks
 * split anywhere, refusals in every dialect, and every way to break off. Owns these bytes; what should become of them is
 * said in the test beside it.
 */
import { delay, http, HttpResponse } from "msw";
import { handlersFetch } from "../../runtime/model/demo/handlers-fetch.ts";
import type { ProviderFetch } from "../../runtime/model/provider-fetch.ts";
import { LONG_TEXT, UNICODE_TEXT } from "./model-suite.ts";

export const API_KEY = "sk-canary-4f1d8a20b7";
export const BASE_URL = "http://canary.provider.internal:18080/canary-path/v1";
export const CANARIES = [API_KEY, BASE_URL, "canary", "18080", "://", "/etc/"];
const PLANTED = `key ${API_KEY} at ${BASE_URL}/chat (canary.provider.internal:18080), header "Bearer ${API_KEY}", file /etc/canary/key.pem`;
export const PLANTED_SCRUBBED = 'key [hidden] at [hidden] ([hidden]), header "Bearer [hidden]", file [hidden]';

const chunk = (delta: object, finishReason: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finishReason }], ...more })}\n\n`;
export const content = (text: string) => chunk({ content: text });
const DONE = "data: [DONE]\n\n";
export const stop = chunk({}, "stop") + DONE;
const usage = (tokens: object) => `data: ${JSON.stringify({ choices: [], usage: tokens })}\n\n`;

/** What the provider writes for each message: a body in pieces, how it ends, or a whole response. */
type Answer = { body: readonly string[]; end?: "close" | "break" | "hang" } | (() => Response | Promise<Response>);

const refusal =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    typeof body === "string"
      ? new HttpResponse(body, { status, headers: { "content-type": "text/html", ...headers } })
      : HttpResponse.json(body as object, { status, headers });

const openaiError = (message: string, code: string | null = null, type = "invalid_request_error") => ({
  error: { message, type, param: null, code },
});

export const PIECES = ["Hel", "lo", ",", " wor", "ld", "!"];

const ANSWERS: Record<string, Answer> = {
  plain: {
    body: [
      chunk({ role: "assistant", content: "" }),
      ...PIECES.map(content),
      chunk({}, "stop"),
      usage({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, prompt_tokens_details: { cached_tokens: 5 } }),
      DONE,
    ],
  },
  "no usage, null fields": {
    body: [
      chunk({ content: null, tool_calls: null, refusal: null }),
      content("ok"),
      chunk({}, "stop", { usage: null }),
      DONE,
    ],
  },
  "no done": { body: [content("ok"), chunk({}, "stop")] },
  "broken after the end": { body: [content("ok"), chunk({}, "stop")], end: "break" },
  "odd usage": { body: [content("ok"), chunk({}, "stop"), usage({ prompt_tokens: -1, completion_tokens: "3" }), DONE] },
  "own reason": { body: [content("ok"), chunk({}, "eos"), DONE] },
  length: { body: [content("cut o"), chunk({}, "length"), DONE] },
  refused: { body: [chunk({ refusal: "I'd rather " }), chunk({ refusal: "not." }), stop] },
  thinking: {
    body: [chunk({ reasoning_content: "Let me " }), chunk({ reasoning_content: "see. 😀" }), content("42"), stop],
  },
  reasoning: {
    body: [chunk({ reasoning: "Hm", reasoning_content: "Hm" }), chunk({ reasoning: "m." }), content("42"), stop],
  },
  "thinking in parts": {
    body: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Let me " }] }] }),
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "see." }] }] }),
      chunk({
        content: [
          { type: "text", text: "4" },
          { type: "reference", reference_ids: [1] },
        ],
      }),
      content("2"),
      stop,
    ],
  },
  unicode: { body: [...UNICODE_TEXT.split("").map(content), stop] },
  "a byte at a time": { body: [content(UNICODE_TEXT), stop] },
  "one packet": { body: [PIECES.map(content).join("") + stop] },
  "carriage returns": {
    body: [`: a comment\r\n\r\n${content("ok").replaceAll("\n", "\r\n")}`, "retry: 10\r\n\r\n", stop],
  },
  long: { body: [...(LONG_TEXT.match(/[^]{1,9}/g) ?? []).map(content), stop] },
  tools: {
    body: [
      chunk({ tool_calls: [{ index: 0, id: "t", function: { name: "rm", arguments: "{}" } }] }),
      content("Done."),
      chunk({}, "tool_calls"),
      DONE,
    ],
  },

  429: refusal(429, openaiError(`Slow down: ${PLANTED}`, "rate_limit_exceeded", "requests"), { "retry-after": "2" }),
  "429 in milliseconds": refusal(429, openaiError("Slow down"), { "retry-after-ms": "1500", "retry-after": "9" }),
  "429 until a date": refusal(429, openaiError("Slow down"), {
    "retry-after": "Mon, 29 Jun 2026 00:00:10 GMT",
    date: "Mon, 29 Jun 2026 00:00:00 GMT",
  }),
  "429 for ever": refusal(429, openaiError("Slow down"), { "retry-after": "99999999" }),
  "429 as Google's": refusal(429, [
    { error: { code: 429, message: "Slow down", details: [{ violations: [] }, { retryDelay: "34.4s" }] } },
  ]),
  "429 quota": refusal(
    429,
    openaiError("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
  ),
  401: refusal(401, openaiError(`Incorrect API key provided: ${API_KEY}.`, "invalid_api_key")),
  403: refusal(403, openaiError("Not for your region.", "unsupported_country_region_territory", "request_forbidden")),
  400: refusal(400, openaiError("Unsupported value: 'temperature'.", "unsupported_value")),
  404: refusal(404, { detail: "Not Found" }),
  "404 bare": refusal(404, {
    object: "error",
    message: "The model `m` does not exist.",
    type: "NotFoundError",
    code: 404,
  }),
  "404 string": refusal(404, { error: "model 'm' not found" }),
  "400 for the key": refusal(400, [
    { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } },
  ]),
  "400 for the length": refusal(400, [
    {
      error: {
        code: 400,
        message: "The input token count (12) exceeds the maximum number of tokens allowed (8).",
        status: "INVALID_ARGUMENT",
      },
    },
  ]),
  422: refusal(422, { detail: [{ loc: ["body"], msg: "field required" }] }),
  context: refusal(400, openaiError("This model's maximum context length is 8 tokens.", "context_length_exceeded")),
  "context by words": refusal(400, openaiError("the request exceeds the available context size, try increasing it")),
  filter: refusal(400, openaiError("The response was filtered.", "content_filter")),
  500: refusal(500, openaiError("The server had an error.", null, "server_error")),
  "502 page": refusal(502, `<html><head><title>502 canary</title></head><body>nginx ${PLANTED}</body></html>`),
  "503 empty": refusal(503, ""),
  "529 long": refusal(529, openaiError("over ".repeat(200).trim(), null, "overloaded_error")),
  "huge body": refusal(500, "x".repeat(5_000_000)),
  lost: () => HttpResponse.error(),
  "not a stream": () => HttpResponse.json({ choices: [{ message: { content: "whole" } }] }),
  page: () => HttpResponse.html("<html>Log in</html>"),
  empty: { body: [] },
  "done only": { body: [DONE] },
  cut: { body: PIECES.map(content) },
  broken: { body: PIECES.map(content), end: "break" },
  "not JSON": { body: [content("ok"), 'data: {"choices":[{"delta":{"con\n\n', stop] },
  "wrong shape": { body: [content("ok"), 'data: {"choices":[{"delta":{"content":7}}]}\n\n', stop] },
  "no shape": { body: [content("ok"), 'data: {"hello":"there"}\n\n', stop] },
  "a null": { body: [content("ok"), "data: null\n\n", stop] },
  "an error inside": {
    body: [content("ok"), `data: ${JSON.stringify(openaiError(`Overloaded: ${PLANTED}`, null, "server_error"))}\n\n`],
  },
  "an error with a status inside": {
    body: [
      content("ok"),
      `data: ${JSON.stringify({ error: { code: 429, message: "Upstream is busy" }, choices: [] })}\n\n`,
    ],
  },
  filtered: { body: [content("ok"), chunk({}, "content_filter"), DONE] },
  "gave up": { body: [content("ok"), chunk({}, "error"), DONE] },
  "only tools": { body: [chunk({ tool_calls: [{ index: 0, id: "t" }] }), chunk({}, "tool_calls"), DONE] },

  silent: { body: [], end: "hang" },
  stalled: { body: [content("Wait")], end: "hang" },
};

export const BYTE_BY_BYTE = "a byte at a time";

/** The provider as a fetch, and what it has seen. */
export interface MswProvider {
  readonly fetch: ProviderFetch;
  /** Resolves when a client closes a connection, from now on. */
  readonly closed: () => Promise<void>;
  readonly requests: readonly { readonly headers: Headers; readonly body: unknown }[];
}

/** A provider that answers by the last message. */
export function createProvider(): MswProvider {
  const waiting: (() => void)[] = [];
  const requests: { headers: Headers; body: unknown }[] = [];
  const onClose = () => waiting.splice(0).forEach((resolve) => resolve());
  const handler = http.post(`${BASE_URL}/chat/completions`, async ({ request }) => {
    const body = (await request.clone().json()) as { messages: { content: string }[] };
    requests.push({ headers: request.headers, body });
    const name = body.messages.at(-1)!.content;
    const answer = ANSWERS[name]!;
    if (typeof answer === "function") return answer();
    const bytes = answer.body.map((piece) => new TextEncoder().encode(piece));
    const packets =
      name === BYTE_BY_BYTE ? bytes.flatMap((piece) => Array.from(piece, (byte) => Uint8Array.of(byte))) : bytes;
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const packet = packets[sent++];
        if (packet) controller.enqueue(packet);
        else if (answer.end === "hang") await delay("infinite");
        else if (answer.end === "break") controller.error(new TypeError(`terminated: ${BASE_URL}`));
        else controller.close();
      },
      cancel: onClose,
    });
    return new HttpResponse(stream, { headers: { "content-type": "text/event-stream" } });
  });
  const closed = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { fetch: handlersFetch([handler]), closed, requests };
}
