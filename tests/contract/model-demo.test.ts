/** The offline demo: the same contract as any provider, and each command's failure as it reaches the console. */
import { describe, expect, test } from "vitest";
import { systemClock } from "../../runtime/clock.ts";
import { demoAnswer, longAnswer } from "../../runtime/model/demo/answers.ts";
import { createDemoModel } from "../../runtime/model/demo/demo.ts";
import { demoReply } from "../../runtime/model/demo/reply.ts";
import { tokensOf } from "../../runtime/model/demo/tokens.ts";
import { estimateMessagesTokens, estimateTokens } from "../../runtime/model/history.ts";
import type { Model, ModelMessage } from "../../runtime/model/model.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { ask, modelSuite, readAnswer, type AnswerCase, type ModelSubject } from "./model-suite.ts";

const demo = (): Model => createDemoModel({ clock: systemClock, random: createSeededRandom(7), pace: 0 });

const createSubject = async (): Promise<ModelSubject> => ({
  model: demo(),
  canaries: ["sk-demo", "org-demo", "demo.invalid", "openai.com", "://"],
  [Symbol.asyncDispose]: async () => {},
});

const LONG_WORDS = 20_000;
const beginning = demoAnswer("beginning", "en");

/** A case from the prose: the demo streams exactly this text, token by token. */
function answers(when: string, messages: readonly ModelMessage[], text: string, thinking = ""): AnswerCase {
  const usage = {
    inputTokens: estimateMessagesTokens(messages),
    outputTokens: estimateTokens(thinking + text),
    cacheReadInputTokens: estimateMessagesTokens(messages.slice(0, -1)),
  };
  return { when, messages, text, thinking, pieces: tokensOf(text), usage };
}

const fails = (when: string, message: string, code: `provider_${string}`, status: number | null, detail: string) => ({
  when: `is asked for ${message}: ${when}`,
  messages: ask(message),
  text: status === null && code !== "provider_unreachable" ? beginning : "",
  // why: the suite compares it with what was thrown.
  code: code as "provider_unavailable",
  status,
  retryAfterMs: code === "provider_rate_limited" ? 1_000 : null,
  detail,
});

modelSuite(
  "createDemoModel",
  createSubject,
  {
    answers: [
      answers("greets", ask("Hello"), demoAnswer("greeting", "en")),
      answers("greets in Japanese", ask("こんにちは"), demoAnswer("greeting", "ja")),
      answers("lists its commands", ask("/demo help"), demoAnswer("help", "en")),
      answers("thinks", ask("/demo think"), demoAnswer("think", "en"), demoAnswer("thinking", "en")),
      answers("shows every Markdown construct", ask("/demo markdown"), demoAnswer("markdown", "en")),
      answers("writes all kinds of characters", ask("/demo unicode"), demoAnswer("unicode", "en")),
      answers("sends everything at once", ask("/demo burst"), demoAnswer("burst", "en")),
      answers("writes more than 100 kB", ask(`/demo long ${LONG_WORDS}`), longAnswer(LONG_WORDS, "en")),
    ],
    failures: [
      fails(
        "429",
        "/demo rate-limit",
        "provider_rate_limited",
        429,
        "429 rate_limit_exceeded: Rate limit reached for yoi-demo in organization [hidden] on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1s. Visit [hidden] to learn more.",
      ),
      fails(
        "401",
        "/demo auth",
        "provider_auth_failed",
        401,
        "401 invalid_api_key: Incorrect API key provided: [hidden]. You can find your API key at [hidden].",
      ),
      fails(
        "400",
        "/demo context",
        "provider_context_too_long",
        400,
        "400 context_length_exceeded: This model's maximum context length is 32768 tokens. However, your messages resulted in 40213 tokens. Please reduce the length of the messages.",
      ),
      fails(
        "503",
        "/demo server-error",
        "provider_unavailable",
        503,
        "503 server_error: The engine is currently overloaded, please try again later.",
      ),
      fails("nothing", "/demo unreachable", "provider_unreachable", null, "The connection could not be made."),
      fails("a cut", "/demo cut", "provider_stream_cut", null, "The connection broke before the answer was complete."),
      fails(
        "a broken chunk",
        "/demo malformed",
        "provider_malformed",
        null,
        "The provider sent a chunk that is not JSON.",
      ),
      fails(
        "a filter",
        "/demo filter",
        "provider_content_filtered",
        null,
        "content_filter: the provider withheld the rest of the answer.",
      ),
    ],
    silent: ask("/demo timeout"),
    stalled: ask("/demo stall"),
  },
  { deliversBeforeCut: true },
);

const signal = new AbortController().signal;

async function textOf(model: Model, messages: readonly ModelMessage[]): Promise<string> {
  const parts = await readAnswer(model, messages);
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

describe("createDemoModel", () => {
  test("labels itself honestly", () => {
    expect(demo()).toMatchObject({ provider: "demo", name: "yoi-demo", contextWindowTokens: 32_768 });
  });

  test("stream() refuses /demo rate-limit twice and then answers, and again for the next conversation", async () => {
    const model = demo();
    const attempt = () => textOf(model, ask("/demo rate-limit"));
    for (let round = 0; round < 2; round += 1) {
      await expect(attempt()).rejects.toMatchObject({ code: "provider_rate_limited" });
      await expect(attempt()).rejects.toMatchObject({ code: "provider_rate_limited" });
      expect(await attempt()).toBe(demoAnswer("rate-limit", "en"));
    }
  });

  test("stream() refuses /demo rate-limit always as often as it is asked", async () => {
    const model = demo();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(textOf(model, ask("/demo rate-limit always"))).rejects.toMatchObject({ retryAfterMs: 1_000 });
    }
  });

  test("stream() sends tokens 25 to 40 ms apart at a human pace", async () => {
    const clock = new ManualClock();
    const parts = createDemoModel({ clock, random: createSeededRandom(1) }).stream(
      { messages: ask("Hello") },
      { signal },
    );
    const seenAtMs: number[] = [];
    const reading = (async () => {
      for await (const part of parts) if (part.kind === "text") seenAtMs.push(clock.now());
    })();
    for (let at = 0; at < 20_000; at += 1) await clock.advance(1);
    await reading;
    const gaps = seenAtMs.slice(1).map((at, index) => at - seenAtMs[index]!);
    expect(gaps.length).toBe(tokensOf(demoAnswer("greeting", "en")).length - 1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(24);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(40);
  });

  test("stream() takes about a minute for /demo slow", async () => {
    for (const language of ["en", "ja"] as const) {
      const reply = demoReply(ask("/demo slow"), { failedAttempts: 0, language });
      const [step] = reply.kind === "stream" ? reply.steps : [];
      expect(step?.kind === "text" ? Math.round(step.everyMs * tokensOf(step.text).length) : null).toBe(60_000);
    }
  });

  test("stream() leaves no timer behind when it is aborted between two tokens", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const model = createDemoModel({ clock, random: createSeededRandom(1) });
    const parts = model.stream({ messages: ask("Hello") }, { signal: controller.signal })[Symbol.asyncIterator]();
    const first = parts.next();
    await clock.advance(1_000);
    expect((await first).value).toMatchObject({ kind: "text" });
    const next = (async () => {
      while (!(await parts.next()).done);
    })();
    await clock.advance(100);
    expect(clock.waiting).toBe(1);
    controller.abort(new Error("stopped"));
    await expect(next).rejects.toThrow("stopped");
    await clock.advance(0);
    expect(clock.waiting).toBe(0);
  });
});
