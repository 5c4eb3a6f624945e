/** The `openai` client's model against MSW handlers: every chunk and every refusal exactly as a provider could send it. */
import { describe, expect, test } from "vitest";
import type { ModelPart } from "../../runtime/model/model.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";
import {
  API_KEY,
  BASE_URL,
  BYTE_BY_BYTE,
  CANARIES,
  content,
  createProvider,
  PIECES,
  PLANTED_SCRUBBED,
  stop,
} from "./model-openai-provider.ts";
import { ask, LONG_TEXT, modelSuite, readAnswer, UNICODE_TEXT, type ModelSubject } from "./model-suite.ts";

async function createSubject(): Promise<ModelSubject> {
  const { fetch, closed } = createProvider();
  return {
    model: createOpenAIModel({ apiKey: API_KEY, baseURL: BASE_URL, model: "m", contextWindowTokens: 8_000, fetch }),
    canaries: CANARIES,
    closed,
    [Symbol.asyncDispose]: async () => {},
  };
}

const answers = (when: string, name: string, text: string, more: object = {}) => ({
  when,
  messages: ask(name),
  text,
  usage: null,
  ...more,
});
const fails = (
  when: string,
  name: string,
  code: `provider_${string}`,
  detail: string,
  more: { status?: number; retryAfterMs?: number; text?: string } = {},
) => ({
  when,
  messages: ask(name),
  // why: the suite compares it with what was thrown.
  code: code as "provider_unavailable",
  detail,
  status: more.status ?? null,
  retryAfterMs: more.retryAfterMs ?? null,
  text: more.text ?? "",
});

modelSuite(
  "createOpenAIModel against MSW",
  createSubject,
  {
    answers: [
      answers("streams it in pieces", "plain", "Hello, world!", {
        pieces: PIECES,
        usage: { inputTokens: 11, outputTokens: 7, cacheReadInputTokens: 5 },
      }),
      answers("sends nulls for what it does not use", "no usage, null fields", "ok"),
      answers("never says [DONE]", "no done", "ok"),
      answers("breaks the connection after the end", "broken after the end", "ok"),
      answers("counts tokens in numbers that make no sense", "odd usage", "ok", {
        usage: { inputTokens: null, outputTokens: null, cacheReadInputTokens: null },
      }),
      answers("gives a finish reason of its own", "own reason", "ok"),
      answers("stops at its length limit", "length", "cut o", { finish: "length" }),
      answers("refuses in words", "refused", "I'd rather not."),
      answers("thinks in reasoning_content", "thinking", "42", { thinking: "Let me see. 😀" }),
      answers("thinks in reasoning", "reasoning", "42", { thinking: "Hmm." }),
      answers("thinks in parts of its content", "thinking in parts", "42", { thinking: "Let me see." }),
      answers("splits surrogate pairs", "unicode", UNICODE_TEXT),
      answers("sends one byte at a time", BYTE_BY_BYTE, UNICODE_TEXT),
      answers("sends everything in one packet", "one packet", "Hello, world!", { pieces: PIECES }),
      answers("sends comments, retries and carriage returns", "carriage returns", "ok"),
      answers("writes more than 100 kB", "long", LONG_TEXT),
      answers("asks for a tool besides answering", "tools", "Done."),
    ],
    failures: [
      fails("answers 429", "429", "provider_rate_limited", `429 rate_limit_exceeded: Slow down: ${PLANTED_SCRUBBED}`, {
        status: 429,
        retryAfterMs: 2_000,
      }),
      fails(
        "answers 429 with retry-after-ms",
        "429 in milliseconds",
        "provider_rate_limited",
        "429 invalid_request_error: Slow down",
        {
          status: 429,
          retryAfterMs: 1_500,
        },
      ),
      fails(
        "answers 429 until a date",
        "429 until a date",
        "provider_rate_limited",
        "429 invalid_request_error: Slow down",
        {
          status: 429,
          retryAfterMs: 10_000,
        },
      ),
      fails("answers 429 for years", "429 for ever", "provider_rate_limited", "429 invalid_request_error: Slow down", {
        status: 429,
        retryAfterMs: 3_600_000,
      }),
      fails("answers 429 as Gemini does", "429 as Google's", "provider_rate_limited", "429: Slow down", {
        status: 429,
        retryAfterMs: 34_400,
      }),
      fails(
        "answers 429 since nothing is left of a quota",
        "429 quota",
        "provider_request_refused",
        "429 insufficient_quota: You exceeded your current quota.",
        { status: 429 },
      ),
      fails(
        "answers 401",
        "401",
        "provider_auth_failed",
        "401 invalid_api_key: Incorrect API key provided: [hidden].",
        {
          status: 401,
        },
      ),
      fails(
        "answers 403",
        "403",
        "provider_auth_failed",
        "403 unsupported_country_region_territory: Not for your region.",
        { status: 403 },
      ),
      fails(
        "answers 400",
        "400",
        "provider_request_refused",
        "400 unsupported_value: Unsupported value: 'temperature'.",
        { status: 400 },
      ),
      fails("answers 404 as FastAPI does", "404", "provider_request_refused", "404: Not Found", { status: 404 }),
      fails(
        "answers 404 as vLLM does",
        "404 bare",
        "provider_request_refused",
        "404 NotFoundError: The model `m` does not exist.",
        { status: 404 },
      ),
      fails("answers 404 as Ollama does", "404 string", "provider_request_refused", "404: model 'm' not found", {
        status: 404,
      }),
      fails(
        "answers 400 for the key as Gemini does",
        "400 for the key",
        "provider_auth_failed",
        "400: API key not valid. Please pass a valid API key.",
        { status: 400 },
      ),
      fails(
        "answers 400 for the length as Gemini does",
        "400 for the length",
        "provider_context_too_long",
        "400: The input token count (12) exceeds the maximum number of tokens allowed (8).",
        { status: 400 },
      ),
      fails("answers 422", "422", "provider_request_refused", '422: [{"loc":["body"],"msg":"field required"}]', {
        status: 422,
      }),
      fails(
        "answers context_length_exceeded",
        "context",
        "provider_context_too_long",
        "400 context_length_exceeded: This model's maximum context length is 8 tokens.",
        { status: 400 },
      ),
      fails(
        "says that the context is too long",
        "context by words",
        "provider_context_too_long",
        "400 invalid_request_error: the request exceeds the available context size, try increasing it",
        { status: 400 },
      ),
      fails(
        "answers 400 for its filter",
        "filter",
        "provider_content_filtered",
        "400 content_filter: The response was filtered.",
        { status: 400 },
      ),
      fails("answers 500", "500", "provider_unavailable", "500 server_error: The server had an error.", {
        status: 500,
      }),
      fails(
        "answers 502 with a web page",
        "502 page",
        "provider_unavailable",
        "502: the provider answered with a web page",
        { status: 502 },
      ),
      fails("answers 503 without a body", "503 empty", "provider_unavailable", "503: the provider gave no reason", {
        status: 503,
      }),
      fails(
        "answers 529 at length",
        "529 long",
        "provider_unavailable",
        `529 overloaded_error: ${"over ".repeat(200)}`.slice(0, 299) + "…",
        { status: 529 },
      ),
      fails("answers 500 with megabytes", "huge body", "provider_unavailable", "500:", { status: 500 }),
      fails("can't be reached", "lost", "provider_unreachable", "The connection could not be made."),
      fails(
        "answers whole instead of streaming",
        "not a stream",
        "provider_malformed",
        "The provider answered without a single chunk.",
      ),
      fails(
        "answers 200 with a web page",
        "page",
        "provider_malformed",
        "The provider answered without a single chunk.",
      ),
      fails("answers nothing", "empty", "provider_malformed", "The provider answered without a single chunk."),
      fails("answers only [DONE]", "done only", "provider_malformed", "The provider answered without a single chunk."),
      fails(
        "ends the stream too early",
        "cut",
        "provider_stream_cut",
        "The stream ended before the answer was complete.",
        { text: "Hello, world!" },
      ),
      fails(
        "breaks the connection",
        "broken",
        "provider_stream_cut",
        "The connection broke before the answer was complete.",
        { text: "Hello, world!" },
      ),
      fails(
        "sends a chunk that is not JSON",
        "not JSON",
        "provider_malformed",
        "The provider sent a chunk that is not JSON.",
        { text: "ok" },
      ),
      fails(
        "sends a chunk of a wrong type",
        "wrong shape",
        "provider_malformed",
        "The provider sent a chunk of an unknown shape.",
        { text: "ok" },
      ),
      fails(
        "sends a chunk without anything we know",
        "no shape",
        "provider_malformed",
        "The provider sent a chunk of an unknown shape.",
        { text: "ok" },
      ),
      fails(
        "sends null for a chunk",
        "a null",
        "provider_malformed",
        "The provider sent a chunk of an unknown shape.",
        { text: "ok" },
      ),
      fails(
        "sends an error in the stream",
        "an error inside",
        "provider_unavailable",
        `server_error: Overloaded: ${PLANTED_SCRUBBED}`,
        { text: "ok" },
      ),
      fails(
        "sends an error with a status in the stream",
        "an error with a status inside",
        "provider_rate_limited",
        "429: Upstream is busy",
        { status: 429, text: "ok" },
      ),
      fails(
        "filters the rest of the answer",
        "filtered",
        "provider_content_filtered",
        "content_filter: the provider withheld the rest of the answer.",
        { text: "ok" },
      ),
      fails(
        "gives up in the middle",
        "gave up",
        "provider_unavailable",
        "error: the provider gave up in the middle of the answer.",
        { text: "ok" },
      ),
      fails(
        "only asks for a tool",
        "only tools",
        "provider_malformed",
        "The provider asked for a tool instead of answering; this Worker has no tools.",
      ),
    ],
    silent: ask("silent"),
    stalled: ask("stalled"),
  },
  { deliversBeforeCut: true },
);

describe("createOpenAIModel", () => {
  const options = { apiKey: API_KEY, baseURL: BASE_URL, model: "m", contextWindowTokens: 8_000 };

  test("names its provider by the interface unless told otherwise", () => {
    expect(createOpenAIModel(options).provider).toBe("openai_chat");
    expect(createOpenAIModel({ ...options, api: "responses" }).provider).toBe("openai_responses");
    expect(createOpenAIModel({ ...options, provider: "ollama" })).toMatchObject({
      provider: "ollama",
      name: "m",
      contextWindowTokens: 8_000,
    });
  });

  test("stream() sends the conversation, asks for the usage and limits the answer by the request before the option", async () => {
    const { fetch, requests } = createProvider();
    const model = createOpenAIModel({ ...options, fetch, maxOutputTokens: 100 });
    const messages = [{ role: "system" as const, content: "Be brief." }, ...ask("plain")];
    for (const maxOutputTokens of [undefined, 5]) {
      const request = maxOutputTokens === undefined ? { messages } : { messages, maxOutputTokens };
      for await (const part of model.stream(request, { signal: new AbortController().signal }))
        expect(part).toBeDefined();
    }
    const sent = { model: "m", messages, stream: true, stream_options: { include_usage: true } };
    expect(requests.map(({ body }) => body)).toEqual([
      { ...sent, max_completion_tokens: 100 },
      { ...sent, max_completion_tokens: 5 },
    ]);
    expect(requests[0]!.headers.get("authorization")).toBe(`Bearer ${API_KEY}`);
  });

  test("stream() sends no authorization when there is no key", async () => {
    const { fetch, requests } = createProvider();
    const model = createOpenAIModel({ ...options, apiKey: null, fetch });
    await readAnswer(model, ask("plain"));
    expect(requests[0]!.headers.get("authorization")).toBe(null);
  });

  test("stream() makes one attempt when the provider invites to retry", async () => {
    const { fetch, requests } = createProvider();
    const model = createOpenAIModel({ ...options, fetch });
    await expect(readAnswer(model, ask("429"))).rejects.toMatchObject({ code: "provider_rate_limited" });
    expect(requests.length).toBe(1);
  });

  test("stream() gives each part before the provider writes the next", async () => {
    let written = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = PIECES[written++];
          controller.enqueue(new TextEncoder().encode(piece === undefined ? stop : content(piece)));
          if (piece === undefined) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
    const seen: [ModelPart, number][] = [];
    const model = createOpenAIModel({ ...options, fetch });
    for await (const part of model.stream({ messages: ask("") }, { signal: new AbortController().signal }))
      seen.push([part, written]);
    expect(seen.slice(0, PIECES.length)).toEqual(PIECES.map((text, index) => [{ kind: "text", text }, index + 1]));
  });
});
