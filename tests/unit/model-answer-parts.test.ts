/** An answer's body: what ends it, what breaks it, and what an event called `error` means. */
import { describe, expect, test } from "vitest";
import { AFTER_ANSWER_MS } from "../../runtime/model/answer-parts.ts";
import type { ModelPart } from "../../runtime/model/model.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";
import { ManualClock } from "../support/manual-clock.ts";

const content = (text: string) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;
const STOP = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\n`;
const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } })}\n\n`;
const DONE = "data: [DONE]\n\n";
const COUNT = { kind: "usage", inputTokens: 3, outputTokens: 1, cacheReadInputTokens: null };
const FINISH = { kind: "finish", reason: "stop" };
const text = (words: string) => ({ kind: "text", text: words });

/** A body whose pieces come one at a time, and then nothing until it is cancelled, or an error. */
function bodyOf(pieces: readonly string[], end: "close" | "hang" | Error) {
  const left = [...pieces];
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
      else if (end === "close") controller.close();
      else if (end instanceof Error) controller.error(end);
    },
    cancel() {
      state.isCancelled = true;
    },
  });
  return { body, state };
}

async function answer(
  response: Response,
  signal = new AbortController().signal,
  onPart = () => {},
  clock = new ManualClock(),
) {
  const fetch = async () => response;
  const model = createOpenAIModel({
    apiKey: null,
    baseURL: "http://provider.test/v1",
    model: "m",
    contextWindowTokens: 100,
    fetch,
    clock,
  });
  const parts: ModelPart[] = [];
  let error: unknown = null;
  try {
    for await (const part of model.stream({ messages: [{ role: "user", content: "hi" }] }, { signal })) {
      parts.push(part);
      onPart();
    }
  } catch (caught) {
    error = caught;
  }
  return { parts, error };
}

const read = (pieces: readonly string[], end: "close" | Error = "close", headers: Record<string, string> = {}) =>
  answer(new Response(bodyOf(pieces, end).body, { headers }));

describe("an answer's body", () => {
  test("ends with [DONE]: the connection is closed, and nothing that follows is read", async () => {
    const { body, state } = bodyOf([content("a") + STOP + DONE + content("b")], "hang");
    expect(await answer(new Response(body))).toEqual({ parts: [text("a"), FINISH], error: null });
    expect(state.isCancelled).toBe(true);
  });

  test.each([
    ["a count of tokens", [content("a"), STOP, USAGE], [text("a"), COUNT, FINISH]],
    ["nothing", [content("a"), STOP], [text("a"), FINISH]],
  ] as const)("that stays open, with %s after the answer, is closed in a moment", async (_what, pieces, parts) => {
    const { body, state } = bodyOf(pieces, "hang");
    const clock = new ManualClock();
    const ended = answer(new Response(body), new AbortController().signal, () => {}, clock);
    await expect.poll(() => clock.waiting).toBe(1);
    await clock.advance(AFTER_ANSWER_MS - 1);
    expect(state.isCancelled).toBe(false);
    await clock.advance(1);
    expect(await ended).toEqual({ parts, error: null });
    expect([state.isCancelled, clock.waiting]).toEqual([true, 0]);
  });

  const endedWith = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta, finish_reason: "stop" }] })}\n\n`;

  test.each([
    ["with each of its words", [endedWith({ reasoning_content: "Hm" })]],
    ["before its words", [STOP, content("a")]],
  ] as const)("that says its end %s is waited for, however long the next ones take", async (_when, pieces) => {
    let write = (_piece: string) => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        write = (piece) => controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const clock = new ManualClock();
    const { promise: begun, resolve: onPart } = Promise.withResolvers<void>();
    const ended = answer(new Response(body), new AbortController().signal, onPart, clock);
    for (const piece of pieces) write(piece);
    await begun;
    await clock.advance(2 * AFTER_ANSWER_MS);
    write(endedWith({ content: "b" }) + DONE);
    const { parts, error } = await ended;
    expect([parts.slice(1), error]).toEqual([[text("b"), FINISH], null]);
  });

  test("that goes on after what seemed its end is read on, and no time runs while its parts are taken", async () => {
    const { body } = bodyOf([content("a"), STOP, content("b"), content("c") + DONE], "hang");
    const clock = new ManualClock();
    const waiting: number[] = [];
    const onPart = () => void waiting.push(clock.waiting);
    const { parts, error } = await answer(new Response(body), new AbortController().signal, onPart, clock);
    expect([parts, error]).toEqual([[text("a"), text("b"), text("c"), FINISH], null]);
    expect(waiting).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ["breaks", [content("a"), STOP], new TypeError("terminated")],
    ["says what is not JSON", [content("a"), STOP, "data: {\n\n", content("b")], "close"],
    ["says an error by name", [content("a"), STOP, 'event: error\ndata: "busy"\n\n', content("b")], "close"],
    ["says an error", [content("a"), STOP, 'data: {"error":{"message":"busy"}}\n\n'], "close"],
  ] as const)("that %s after the answer's end takes nothing from it", async (_how, pieces, end) => {
    expect(await read(pieces, end)).toEqual({ parts: [text("a"), FINISH], error: null });
  });

  test.each([
    ['{"error":{"message":"Overloaded","code":"overloaded"}}', "overloaded: Overloaded"],
    ['{"message":"Overloaded","code":"overloaded"}', "overloaded: Overloaded"],
    ['"Overloaded"', "Overloaded"],
    ["null", "the provider gave no reason"],
  ])("with an event called error fails by its data: %s", async (data, detail) => {
    const { parts, error } = await read([content("a"), `event: error\ndata: ${data}\n\n`], "close", {
      "retry-after": "3",
    });
    expect(parts).toEqual([text("a")]);
    expect(error).toMatchObject({ code: "provider_unavailable", detail, status: null, retryAfterMs: 3_000 });
  });

  test.each([
    [
      '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
      { code: "provider_request_refused", status: null, detail: "Unexpected endpoint or method. (POST [hidden])" },
    ],
    [
      '{\n  "error": {\n    "message": "Nobody is left.",\n    "code": 502\n  }\n}\n',
      { code: "provider_unavailable", status: 502, detail: "502: Nobody is left." },
    ],
    [
      '{"error":null,"choices":[]}',
      { code: "provider_malformed", detail: "The provider answered without a single chunk." },
    ],
  ])("that is a refusal instead of events fails by it: %s", async (said, failure) => {
    const { parts, error } = await read([said.slice(0, 12), said.slice(12)]);
    expect(parts).toEqual([]);
    expect(error).toMatchObject(failure);
  });

  test("that is cut within an event is malformed, not whole", async () => {
    const { parts, error } = await read([content("a"), 'data: {"choices":[{"del']);
    expect(parts).toEqual([text("a")]);
    expect(error).toMatchObject({ code: "provider_malformed", detail: "The provider sent a chunk that is not JSON." });
  });

  test("that there is none of is an answer without a chunk", async () => {
    const { error } = await answer(new Response(null, { status: 204 }));
    expect(error).toMatchObject({ code: "provider_malformed" });
  });

  test("gives all the parts of one piece, and none once the signal is aborted in its middle", async () => {
    const { body, state } = bodyOf([content("a") + content("b") + content("c")], "hang");
    const controller = new AbortController();
    const reason = new Error("stopped");
    let count = 0;
    const { parts, error } = await answer(new Response(body), controller.signal, () => {
      count += 1;
      if (count === 2) controller.abort(reason);
    });
    expect([parts, error]).toEqual([[text("a"), text("b")], reason]);
    expect(state.isCancelled).toBe(true);
  });
});

describe("an answer that its provider", () => {
  const ended = (reason: string) => `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: reason }] })}\n\n`;

  test.each([
    ["content_filter: PROHIBITED_CONTENT", "content_filter"],
    ["sensitive", "sensitive"],
  ])("withholds with %s is not whole", async (reason, word) => {
    const { parts, error } = await read([content("a"), ended(reason), DONE]);
    expect(parts).toEqual([text("a")]);
    const detail = `${word}: the provider withheld the rest of the answer.`;
    expect(error).toMatchObject({ code: "provider_content_filtered", detail });
  });

  test.each(["abort", "insufficient_system_resource", "network_error"])(
    "gives up with %s is not whole",
    async (reason) => {
      const { parts, error } = await read([content("a"), ended(reason), DONE]);
      expect(parts).toEqual([text("a")]);
      const detail = `${reason}: the provider gave up in the middle of the answer.`;
      expect(error).toMatchObject({ code: "provider_unavailable", detail });
    },
  );

  test("withholds is counted all the same", async () => {
    const { parts, error } = await read([content("a"), ended("content_filter"), USAGE, DONE]);
    expect(parts).toEqual([text("a"), COUNT]);
    expect(error).toMatchObject({ code: "provider_content_filtered" });
  });

  test("cuts at the end of the model's window has reached its limit", async () => {
    const parts = [text("a"), { kind: "finish", reason: "length" }];
    expect(await read([content("a"), ended("model_length"), DONE])).toEqual({ parts, error: null });
  });

  test("ends with a call that makes no sense is whole where there are words, and else none", async () => {
    const reason = "function_call_filter: MALFORMED_FUNCTION_CALL";
    expect(await read([content("a"), ended(reason), DONE])).toEqual({ parts: [text("a"), FINISH], error: null });
    expect(await read([ended(reason), DONE])).toMatchObject({ parts: [], error: { code: "provider_malformed" } });
  });
});
