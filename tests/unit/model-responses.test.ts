/** The Responses API's events, and the connections' errors as each platform words them. */
import { describe, expect, test } from "vitest";
import type { ModelPart } from "../../runtime/model/model.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";
import type { OpenAIModelOptions } from "../../runtime/model/openai-options.ts";

const options: OpenAIModelOptions = {
  apiKey: "sk-canary",
  baseURL: "http://canary.internal:8080/v1",
  model: "m",
  contextWindowTokens: 1_000,
  api: "responses",
};

async function read(events: readonly object[], more: Partial<OpenAIModelOptions> = {}, content = "hi") {
  const requests: unknown[] = [];
  const fetch = async (_input: unknown, init?: RequestInit) => {
    requests.push(typeof init?.body === "string" ? JSON.parse(init.body) : null);
    const body = events.map(
      (event) => `event: ${"type" in event ? String(event.type) : ""}\ndata: ${JSON.stringify(event)}\n\n`,
    );
    return new Response(body.join(""), { headers: { "content-type": "text/event-stream" } });
  };
  const parts: ModelPart[] = [];
  let error: unknown = null;
  try {
    const model = createOpenAIModel({ ...options, fetch, ...more });
    const messages = [{ role: "user" as const, content }];
    for await (const part of model.stream({ messages }, { signal: new AbortController().signal })) parts.push(part);
  } catch (caught) {
    error = caught;
  }
  return { parts, error, requests };
}

const text = (delta: string) => ({ type: "response.output_text.delta", delta });
const usage = { input_tokens: 9, output_tokens: 4, input_tokens_details: { cached_tokens: 2 } };
const completed = { type: "response.completed", response: { status: "completed", usage } };

describe("createOpenAIModel with the Responses API", () => {
  test("stream() gives thinking, text, usage and the end, and skips events that it does not know", async () => {
    const summary = (delta: string, index: number) => ({
      type: "response.reasoning_summary_text.delta",
      delta,
      summary_index: index,
    });
    const { parts, error } = await read([
      { type: "response.created", response: {} },
      summary("First", 0),
      summary("Second", 1),
      { type: "response.something.new", anything: 1 },
      text("Hel\ud83d"),
      text("\ude00"),
      { type: "response.refusal.delta", delta: "!" },
      completed,
    ]);
    expect(error).toBe(null);
    expect(parts).toEqual([
      { kind: "thinking", text: "First" },
      { kind: "thinking", text: "\n\n" },
      { kind: "thinking", text: "Second" },
      { kind: "text", text: "Hel" },
      { kind: "text", text: "😀" },
      { kind: "text", text: "!" },
      { kind: "usage", inputTokens: 9, outputTokens: 4, cacheReadInputTokens: 2 },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("stream() begins a paragraph with each item of the output", async () => {
    const at = (item: number, event: object) => ({ ...event, output_index: item });
    const thought = (delta: string) => ({ type: "response.reasoning_summary_text.delta", delta, summary_index: 0 });
    const { parts } = await read([
      at(0, thought("One")),
      at(1, thought("Two")),
      at(2, text("Thr")),
      at(2, text("ee")),
      at(3, text("Four")),
      completed,
    ]);
    const said = (kind: ModelPart["kind"]) =>
      parts.flatMap((part) => (part.kind === kind && "text" in part ? [part.text] : [])).join("");
    expect([said("thinking"), said("text")]).toEqual(["One\n\nTwo", "Three\n\nFour"]);
  });

  test("stream() throws provider_malformed when a tool is asked for instead of an answer, tokens counted", async () => {
    const item = { type: "function_call", call_id: "c", name: "search", arguments: "{}", status: "completed" };
    const call = { type: "response.output_item.done", output_index: 0, item };
    const { parts, error } = await read([call, completed]);
    expect(error).toMatchObject({ code: "provider_malformed", detail: expect.stringContaining("asked for a tool") });
    expect(parts).toEqual([{ kind: "usage", inputTokens: 9, outputTokens: 4, cacheReadInputTokens: 2 }]);
    expect((await read([text("a"), call, completed])).parts.at(-1)).toEqual({ kind: "finish", reason: "stop" });
  });

  test("stream() counts the tokens of what is withheld", async () => {
    const incomplete = { incomplete_details: { reason: "content_filter" }, usage };
    const { parts } = await read([text("a"), { type: "response.incomplete", response: incomplete }]);
    expect(parts.at(-1)).toEqual({ kind: "usage", inputTokens: 9, outputTokens: 4, cacheReadInputTokens: 2 });
  });

  test("stream() sends the conversation, stores nothing and asks for summaries only when told", async () => {
    const sent = { model: "m", input: [{ role: "user", content: "hi" }], stream: true, store: false };
    expect((await read([completed])).requests).toEqual([sent]);
    expect((await read([completed], { reasoningSummary: true, maxOutputTokens: 7 })).requests).toEqual([
      { ...sent, max_output_tokens: 7, reasoning: { summary: "auto" } },
    ]);
  });

  test.each([
    ["responses", { input: [{ role: "user", content: "Oh \ufffd 😀" }] }],
    ["chat", { messages: [{ role: "user", content: "Oh \ufffd 😀" }] }],
  ] as const)("stream() sends by %s no half of a character", async (api, sent) => {
    expect((await read([completed], { api }, "Oh \ud83d 😀")).requests).toMatchObject([sent]);
  });

  test("stream() ends by length when the response is incomplete", async () => {
    const incomplete = {
      type: "response.incomplete",
      response: { incomplete_details: { reason: "max_output_tokens" }, usage: null },
    };
    expect((await read([text("a"), incomplete])).parts.at(-1)).toEqual({ kind: "finish", reason: "length" });
  });

  test.each([
    [
      "provider_content_filtered",
      { type: "response.incomplete", response: { incomplete_details: { reason: "content_filter" } } },
    ],
    [
      "provider_rate_limited",
      { type: "response.failed", response: { error: { code: "rate_limit_exceeded", message: "busy" } } },
    ],
    [
      "provider_unavailable",
      { type: "response.failed", response: { error: { code: "server_error", message: "oops" } } },
    ],
    [
      "provider_content_filtered",
      { type: "response.failed", response: { error: { code: "invalid_prompt", message: "Your prompt was flagged." } } },
    ],
    ["provider_unavailable", { type: "response.failed", response: { error: null } }],
    ["provider_unavailable", { type: "error", code: "server_error", message: "oops", param: null }],
    ["provider_context_too_long", { type: "error", code: "context_length_exceeded", message: "long", param: null }],
    ["provider_malformed", { type: "response.output_text.delta", delta: 7 }],
    ["provider_malformed", { hello: "there" }],
    ["provider_malformed", { type: "response.completed" }],
    ["provider_stream_cut", text("b")],
  ])("stream() throws %s after %j", async (code, event) => {
    const { parts, error } = await read([text("a"), event]);
    expect(error).toMatchObject({ code });
    expect(parts[0]).toEqual({ kind: "text", text: "a" });
  });

  test("stream() throws provider_malformed when there is not a single event", async () => {
    expect((await read([])).error).toMatchObject({ code: "provider_malformed" });
  });
});

describe("createOpenAIModel without a connection", () => {
  const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });
  const fetchFailed = (cause: Error) => new TypeError("fetch failed", { cause });

  test.each([
    [
      "refused on Node",
      fetchFailed(withCode("connect ECONNREFUSED 10.0.0.5:8080", "ECONNREFUSED")),
      "The connection was refused: nothing listens at the provider's address.",
    ],
    [
      "refused on Deno",
      new TypeError(
        "error sending request for url (http://canary.internal:8080/v1): client error (Connect): tcp connect error: Connection refused (os error 111)",
      ),
      "The connection was refused: nothing listens at the provider's address.",
    ],
    [
      "unresolved on Node",
      fetchFailed(withCode("getaddrinfo ENOTFOUND canary.internal", "ENOTFOUND")),
      "The provider's name could not be resolved.",
    ],
    [
      "unresolved on Deno",
      new TypeError(
        "error sending request for url (http://canary.internal:8080/v1): client error (Connect): dns error: failed to lookup address information: Name or service not known",
      ),
      "The provider's name could not be resolved.",
    ],
    [
      "of a wrong certificate on Node",
      fetchFailed(withCode("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT")),
      "The provider's certificate was not accepted.",
    ],
    ["timed out on Node", fetchFailed(withCode("Connect Timeout Error", "ETIMEDOUT")), "The connection timed out."],
    [
      "closed on Node",
      fetchFailed(withCode("other side closed", "UND_ERR_SOCKET")),
      "The connection was closed before an answer came.",
    ],
    ["of something else", new TypeError("canary"), "The connection could not be made."],
  ])("stream() says why when it is %s", async (_why, failure, detail) => {
    const { error } = await read([], { fetch: () => Promise.reject(failure) });
    expect(error).toMatchObject({ code: "provider_unreachable", status: null, retryAfterMs: null, detail });
  });
});
