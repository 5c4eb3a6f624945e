/**
 * The `openai` client's model over real sockets, against an OpenAI-compatible server that somebody else wrote (aimock),
 * with its ways to fail. The relay in between sees when the client hangs up.
 */
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, test } from "vitest";
import type { ModelPart } from "../../runtime/model/model.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";
import type { ProviderFetch } from "../../runtime/model/provider-fetch.ts";
import { httpFetch } from "../../runtime/node-provider-fetch.ts";
import { holdClosedPort } from "../support/closed-port.ts";
import { testEngine } from "../support/server-process.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import {
  ask,
  LONG_TEXT,
  modelSuite,
  readAnswer,
  UNICODE_TEXT,
  type ModelCases,
  type ModelSubject,
} from "./model-suite.ts";

const API_KEY = "sk-canary-4f1d8a20b7";
const PLANTED = `key ${API_KEY} at http://127.0.0.1:4010/v1, header "Bearer ${API_KEY}", file /etc/canary/key.pem`;
const PLANTED_SCRUBBED = 'key [hidden] at [hidden], header "Bearer [hidden]", file [hidden]';
const CHUNK_CHARS = 5;
const USAGE = { prompt_tokens: 11, completion_tokens: 7 };
const TEXT = "Hello from a server that somebody else wrote.";
const PIECES = TEXT.match(/[^]{1,5}/g) ?? [];

/** Between chunks, where they must not travel in one packet. */
const CHUNK_GAP_MS = 4;

/** As good as for ever: every test ends long before. */
const NEVER_MS = 2 ** 31 - 1;

async function startForeignServer(): Promise<LLMock> {
  const server = new LLMock({ port: 0, chunkSize: CHUNK_CHARS, logLevel: "silent" });
  const exactly = (name: string) => new RegExp(`^${name}$`);
  server
    .onMessage(exactly("plain"), { content: TEXT, usage: USAGE })
    .onMessage(exactly("slow"), { content: TEXT, usage: USAGE }, { latency: CHUNK_GAP_MS })
    .onMessage(exactly("thinking"), { content: "42", reasoning: "Let me see. 😀 ", usage: USAGE })
    .onMessage(exactly("unicode"), { content: UNICODE_TEXT, usage: USAGE })
    .onMessage(exactly("long"), { content: LONG_TEXT, usage: USAGE })
    .onMessage(exactly("length"), { content: "cut o", finishReason: "length", usage: USAGE })
    .onMessage(exactly("filtered"), { content: "ok", finishReason: "content_filter" })
    .onMessage(exactly("cut"), { content: TEXT }, { latency: CHUNK_GAP_MS, truncateAfterChunks: 5 })
    .onMessage(exactly("malformed"), { content: TEXT }, { chaos: { malformedRate: 1 } })
    .onMessage(exactly("dropped"), { content: TEXT }, { chaos: { disconnectRate: 1 } })
    .onMessage(exactly("chaos 429"), { content: TEXT }, { chaos: { rateLimitRate: 1 } })
    .onMessage(exactly("chaos 500"), { content: TEXT }, { chaos: { dropRate: 1 } })
    .onMessage(exactly("silent"), { content: TEXT }, { streamingProfile: { ttft: NEVER_MS } })
    .onMessage(
      exactly("stalled"),
      { content: TEXT },
      { recordedTimings: { ttftMs: 0, interChunkDelaysMs: [0, NEVER_MS, NEVER_MS], totalDurationMs: NEVER_MS } },
    );
  server.on({ userMessage: exactly("tools") }, { toolCalls: [{ name: "remove", arguments: "{}" }] });
  const onError = (name: string, status: number, message: string, code: string, type: string) =>
    server.onMessage(exactly(name), { error: { message, code, type }, status, retryAfter: 7 });
  onError("429", 429, `Slow down: ${PLANTED}`, "rate_limit_exceeded", "requests");
  onError("401", 401, `Incorrect API key provided: ${API_KEY}.`, "invalid_api_key", "invalid_request_error");
  onError(
    "too long",
    400,
    "The maximum context length is 8 tokens.",
    "context_length_exceeded",
    "invalid_request_error",
  );
  onError("503", 503, "The engine is currently overloaded.", "overloaded", "server_error");
  await server.start();
  return server;
}

interface Manner {
  readonly api?: "chat" | "responses";
  readonly fetch?: ProviderFetch;
}

/** A model whose requests go to a server of its own, through a relay. */
async function createForeign(manner: Manner = {}): Promise<ModelSubject> {
  const server = await startForeignServer();
  const relay = await TcpProxy.start(server.port);
  const baseURL = `http://127.0.0.1:${relay.port}/v1`;
  return {
    model: createOpenAIModel({ apiKey: API_KEY, baseURL, model: "gpt-5", contextWindowTokens: 8_000, ...manner }),
    canaries: [API_KEY, baseURL, "127.0.0.1", String(relay.port), "4010", "/etc/", "://"],
    closed: () => relay.clientClosed(),
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

const usage = { inputTokens: 11, outputTokens: 7, cacheReadInputTokens: null };
const answers = (when: string, name: string, text: string, more: object = {}) => ({
  when,
  messages: ask(name),
  text,
  usage,
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

const cases: ModelCases = {
  answers: [
    answers("streams it at once", "plain", TEXT, { pieces: PIECES }),
    answers("streams it slowly", "slow", TEXT, { pieces: PIECES }),
    answers("thinks first", "thinking", "42", { thinking: "Let me see. 😀 " }),
    answers("splits surrogate pairs", "unicode", UNICODE_TEXT),
    answers("writes more than 100 kB", "long", LONG_TEXT),
    answers("stops at its length limit", "length", "cut o", { finish: "length" }),
  ],
  failures: [
    fails("answers 429", "429", "provider_rate_limited", `429 rate_limit_exceeded: Slow down: ${PLANTED_SCRUBBED}`, {
      status: 429,
      retryAfterMs: 7_000,
    }),
    fails(
      "has a chaotic 429",
      "chaos 429",
      "provider_rate_limited",
      "429 chaos_ratelimit: Chaos: rate limit exceeded",
      {
        status: 429,
        retryAfterMs: 1_000,
      },
    ),
    fails("answers 401", "401", "provider_auth_failed", "401 invalid_api_key: Incorrect API key provided: [hidden].", {
      status: 401,
    }),
    fails("knows no answer", "unheard of", "provider_request_refused", "404 no_fixture_match: No fixture matched", {
      status: 404,
    }),
    fails(
      "finds it too long",
      "too long",
      "provider_context_too_long",
      "400 context_length_exceeded: The maximum context length is 8 tokens.",
      { status: 400 },
    ),
    fails("answers 503", "503", "provider_unavailable", "503 overloaded: The engine is currently overloaded.", {
      status: 503,
    }),
    fails("has a chaotic 500", "chaos 500", "provider_unavailable", "500 chaos_drop: Chaos: request dropped", {
      status: 500,
    }),
    fails(
      "hangs up before it answers",
      "dropped",
      "provider_unreachable",
      "The connection was closed before an answer came.",
    ),
    fails(
      "breaks the connection",
      "cut",
      "provider_stream_cut",
      "The connection broke before the answer was complete.",
      {
        text: TEXT,
      },
    ),
    fails("answers garbage", "malformed", "provider_malformed", "The provider answered without a single chunk."),
    fails(
      "filters the rest",
      "filtered",
      "provider_content_filtered",
      "content_filter: the provider withheld the rest of the answer.",
      { text: "ok" },
    ),
    fails(
      "asks for a tool",
      "tools",
      "provider_malformed",
      "The provider asked for a tool instead of answering; this Worker has no tools.",
    ),
  ],
  silent: ask("silent"),
  stalled: ask("stalled"),
};

modelSuite("createOpenAIModel against aimock", () => createForeign(), cases, { deliversBeforeCut: false });

describe.runIf(testEngine === "node")("by Node's HTTP client", () => {
  const subject = () => createForeign({ fetch: httpFetch });
  modelSuite("createOpenAIModel against aimock", subject, cases, { deliversBeforeCut: false });
});

describe("createOpenAIModel against aimock", () => {
  test.each([
    ["the platform's fetch", {}],
    ["Node's HTTP client", { fetch: httpFetch }],
  ])("stream() by %s throws provider_unreachable when nothing listens at the address", async (_name, manner) => {
    await using closed = await holdClosedPort();
    const baseURL = `http://127.0.0.1:${closed.port}/v1`;
    const model = createOpenAIModel({ apiKey: API_KEY, baseURL, model: "m", contextWindowTokens: 8_000, ...manner });
    await expect(readAnswer(model, ask("plain"))).rejects.toMatchObject({
      code: "provider_unreachable",
      detail: "The connection was refused: nothing listens at the provider's address.",
    });
  });

  test("stream() gives text, thinking and usage over the Responses API", async () => {
    await using subject = await createForeign({ api: "responses" });
    const parts = await readAnswer(subject.model, ask("thinking"));
    const of = (kind: ModelPart["kind"]) =>
      parts.flatMap((part) => (part.kind === kind && "text" in part ? part.text : []));
    expect(of("thinking").join("")).toBe("Let me see. 😀 ");
    expect(of("text").join("")).toBe("42");
    expect(parts.at(-1)).toEqual({ kind: "finish", reason: "stop" });
  });

  test("stream() throws the same failures over the Responses API", async () => {
    await using subject = await createForeign({ api: "responses" });
    for (const { messages, code, status, retryAfterMs, detail } of cases.failures.slice(0, 8)) {
      const failure = { code, status, retryAfterMs, detail };
      await expect(readAnswer(subject.model, messages)).rejects.toMatchObject(failure);
    }
  });

  test("stream() throws provider_stream_cut when the connection breaks over the Responses API", async () => {
    await using subject = await createForeign({ api: "responses" });
    const answer = readAnswer(subject.model, ask("cut"));
    await expect(answer).rejects.toMatchObject({ code: "provider_stream_cut" });
  });
});
