/** The rule that bounds a conversation to a model's window. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BEGINNING_PROMPT } from "../../prompts/beginning.ts";
import { CONTINUATION_PROMPT } from "../../prompts/continuation.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { textSegment } from "../../protocol/segment.ts";
import { DEFAULT_LIMITS } from "../../runtime/limits.ts";
import { modelRequest } from "../../runtime/model-request.ts";
import {
  boundHistory,
  estimateMessagesTokens,
  estimateTokens,
  MESSAGE_OVERHEAD_TOKENS,
} from "../../runtime/model/history.ts";
import type { ModelMessage } from "../../runtime/model/model.ts";
import type { Profile } from "../../runtime/profile.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { createScriptedModel } from "../support/scripted-model.ts";

const system = (content: string): ModelMessage => ({ role: "system", content });
const user = (content: string): ModelMessage => ({ role: "user", content });
const assistant = (content: string): ModelMessage => ({ role: "assistant", content });

describe("estimateTokens()", () => {
  test.each([
    ["", 0],
    ["abc", 1],
    ["abcd", 1],
    ["abcde", 2],
    ["こんにちは", 5],
    ["Hi こん", 3],
    ["😀😀", 2],
  ])("estimates %j", (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens);
  });

  test("never estimates a whole below the larger of its parts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        expect(estimateTokens(left + right)).toBeGreaterThanOrEqual(
          Math.max(estimateTokens(left), estimateTokens(right)),
        );
        expect(estimateTokens(left + right)).toBeLessThanOrEqual(estimateTokens(left) + estimateTokens(right));
      }),
    );
  });
});

describe("boundHistory()", () => {
  // Each message costs 4 tokens and its overhead of 4.
  const eight = "x".repeat(16);
  const conversation = [system(eight), user(eight), assistant(eight), user(eight), assistant(eight), user(eight)];
  const within = (roomTokens: number) =>
    boundHistory(conversation, { contextWindowTokens: roomTokens + 100, reservedOutputTokens: 100 });

  test("returns a conversation that fits as it is", () => {
    expect(within(48)).toEqual(conversation);
  });

  test("drops whole exchanges, oldest first, and keeps the system prompt", () => {
    const [prompt, , , second, answer, newest] = conversation;
    expect(within(47)).toEqual([prompt, second, answer, newest]);
    expect(within(32)).toEqual([prompt, second, answer, newest]);
    expect(within(31)).toEqual([prompt, newest]);
    expect(within(16)).toEqual([prompt, newest]);
  });

  test("throws input_too_large when the newest message alone does not fit", () => {
    expect(() => within(15)).toThrow(expect.objectContaining({ code: "input_too_large" }));
  });

  test("drops what stands before the first user message like an exchange", () => {
    const messages = [assistant(eight), user(eight), assistant(eight), user(eight)];
    const bounds = { contextWindowTokens: 24, reservedOutputTokens: 0 };
    expect(boundHistory(messages, bounds)).toEqual(messages.slice(1));
  });

  test("keeps each of several unanswered user messages as an exchange of its own", () => {
    const messages = [user("a"), user("b"), user("c")];
    expect(boundHistory(messages, { contextWindowTokens: 10, reservedOutputTokens: 0 })).toEqual(messages.slice(1));
  });

  test("throws a RangeError when the reserve leaves no room", () => {
    expect(() => boundHistory(conversation, { contextWindowTokens: 10, reservedOutputTokens: 10 })).toThrow(RangeError);
  });

  const message = fc.record({
    role: fc.constantFrom("system" as const, "user" as const, "assistant" as const),
    content: fc.string({ maxLength: 60 }),
  });

  test("fits, keeps the order, the system prompt, the newest message and whole exchanges, and drops no more than needed", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), fc.integer({ min: 1, max: 400 }), (history, roomTokens) => {
        const messages = [...history, user("newest")];
        const bounds = { contextWindowTokens: roomTokens, reservedOutputTokens: 0 };
        const required = messages.filter((one, index) => one.role === "system" || index === messages.length - 1);
        fc.pre(estimateMessagesTokens(required) <= roomTokens);
        const kept = boundHistory(messages, bounds);
        expect(estimateMessagesTokens(kept)).toBeLessThanOrEqual(roomTokens);
        const spoken = messages.filter(({ role }) => role !== "system");
        const keptSpoken = kept.filter(({ role }) => role !== "system");
        expect(messages.filter((one) => kept.includes(one))).toEqual(kept);
        expect(kept.filter(({ role }) => role === "system")).toEqual(messages.filter(({ role }) => role === "system"));
        expect(keptSpoken).toEqual(spoken.slice(spoken.length - keptSpoken.length));
        const dropped = spoken.slice(0, spoken.length - keptSpoken.length);
        expect(dropped.length === 0 || keptSpoken[0]?.role === "user").toBe(true);
        const lastStart = Math.max(
          0,
          dropped.findLastIndex(({ role }) => role === "user"),
        );
        const more = estimateMessagesTokens([...kept, ...dropped.slice(lastStart)]);
        expect(dropped.length === 0 || more > roomTokens).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("throws input_too_large whenever the system prompt and the newest message alone do not fit", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (history) => {
        const messages = [...history, user("newest")];
        const required = messages.filter((one, index) => one.role === "system" || index === messages.length - 1);
        const contextWindowTokens = estimateMessagesTokens(required) - 1;
        expect(() => boundHistory(messages, { contextWindowTokens, reservedOutputTokens: 0 })).toThrow(
          expect.objectContaining({ code: "input_too_large" }),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("counts the overhead of every message", () => {
    expect(estimateMessagesTokens([user(""), user("")])).toBe(2 * MESSAGE_OVERHEAD_TOKENS);
  });
});

describe("modelRequest()", () => {
  // As above: 4 tokens and the overhead of 4.
  const eight = "x".repeat(16);
  const asked = (content: string): LogEntry => ({ kind: "user_input", ts: 5, segments: [textSegment(content)] });
  const answered = (content: string): LogEntry => ({
    kind: "assistant_item",
    ts: 5,
    item: { kind: "message", role: "assistant", content: [{ kind: "text", text: content }] },
  });
  const messagesWithin = (roomTokens: number, ...entries: readonly LogEntry[]) => {
    const model = { ...createScriptedModel(new ManualClock()), contextWindowTokens: roomTokens + 100 };
    const limits = { ...DEFAULT_LIMITS.run, reservedOutputTokens: 100 };
    const profile: Profile = { label: "Scripted", model, systemPrompt: () => eight, tools: [] };
    return modelRequest(entries, profile, limits, 5).messages;
  };

  test("joins messages that got no answer with the one that follows them", () => {
    const messages = messagesWithin(100, asked("a"), asked("b"), answered("c"), asked("d"));
    expect(messages).toEqual([system(eight), user("a\n\nb"), assistant("c"), user("d")]);
  });

  test("leaves out a message that did not fit, so that a shorter one after it is answered", () => {
    expect(messagesWithin(50, asked("x".repeat(400)), asked("short"))).toEqual([system(eight), user("short")]);
  });

  test("puts a person's word before an answer whose question is not there, and drops both together", () => {
    const opening = user(BEGINNING_PROMPT);
    const fitting = 24 + estimateMessagesTokens([opening]);
    const left = [answered(eight), asked(eight)];
    expect(messagesWithin(fitting, ...left)).toEqual([system(eight), opening, assistant(eight), user(eight)]);
    expect(messagesWithin(fitting - 1, ...left)).toEqual([system(eight), user(eight)]);
  });

  test("keeps an answer that goes on together with the wish to go on", () => {
    const wish = user(CONTINUATION_PROMPT);
    const fitting = 24 + estimateMessagesTokens([wish]);
    const begun = [asked(eight), answered(eight)];
    expect(messagesWithin(fitting, ...begun)).toEqual([system(eight), user(eight), assistant(eight), wish]);
    expect(() => messagesWithin(fitting - 1, ...begun)).toThrow(expect.objectContaining({ code: "input_too_large" }));
  });
});
