/** Runs: the order of their events, and every way in which they end by themselves. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { ModelError } from "../../runtime/model/model.ts";
import { answering, IDLE, message, outcome, START, tail } from "../support/answering-subject.ts";
import { Follower } from "../support/follow.ts";
import type { CreateSubject } from "../support/runtime-subject.ts";
import { cut, fail, hang, stop, text, thinking, usage, wait } from "../support/scripted-model.ts";

const TIMEOUTS = { firstTokenTimeoutMs: 2_000, betweenChunksTimeoutMs: 1_000, wholeRunTimeoutMs: 10_000 };
const SINGLE = { run: { ...TIMEOUTS, maxAttempts: 1 } };

/** Everything about one run. */
export function runSuite(createSubject: CreateSubject): void {
  describe("a run that ends by itself", () => {
    test("publishes its events in the protocol's order, the message before whatever answers it", async () => {
      const script = [thinking("h"), thinking("m"), text("Hello "), text("there."), usage(12, 3), stop];
      await using subject = await answering(createSubject, { scripts: [script] });
      expect(subject.follower.events).toEqual([
        { event: "invoke_start", data: { kind: "user_send" } },
        { event: "user_message", data: { segments: [{ kind: "text", content: "hi" }] } },
        { event: "status", data: { status: "running" } },
        { event: "turn_start", data: { turn: 0 } },
        { event: "llm_call_start", data: { llm_call: 0 } },
        { event: "thinking_start" },
        { event: "thinking_delta", data: { text: "h" } },
        { event: "thinking_delta", data: { text: "m" } },
        { event: "thinking_done", data: { text: "hm" } },
        { event: "text_delta", data: { text: "Hello " } },
        { event: "text_delta", data: { text: "there." } },
        { event: "text_done", data: { text: "Hello there." } },
        { event: "usage", data: { input_tokens: 12, output_tokens: 3 } },
        { event: "llm_call_end", data: { llm_call: 0 } },
        { event: "turn_end", data: { turn: 0, result: "finished" } },
        { event: "run_end", data: { result: "finished" } },
        IDLE,
      ]);
      expect(subject.follower.transcript.usage).toEqual({
        input_tokens: 12,
        output_tokens: 3,
        cache_read_input_tokens: 0,
        llm_calls: 1,
      });
    });

    test("counts turns and calls over the Worker's whole life", async () => {
      await using subject = await answering(createSubject, {});
      await subject.runtime.sendInput(subject.workerId, { content: "again" });
      await subject.settle();
      expect(subject.follower.events.filter(({ event }) => event === "llm_call_start")).toEqual([
        { event: "llm_call_start", data: { llm_call: 0 } },
        { event: "llm_call_start", data: { llm_call: 1 } },
      ]);
    });

    test("with an answer that the provider cut ends with limit_reached and keeps it", async () => {
      await using subject = await answering(createSubject, { scripts: [[text("Half an ans"), cut]] });
      expect(tail(subject.follower, 2)).toEqual([{ event: "run_end", data: { result: "limit_reached" } }, IDLE]);
      expect(outcome(subject.follower)).toMatchObject({ run: "limit_reached", texts: [message("Half an ans")] });
    });

    test("whose answer outgrows the limit ends with limit_reached and stops the model", async () => {
      const long = text("x".repeat(60));
      await using subject = await answering(createSubject, {
        scripts: [[long, long, long, hang]],
        limits: { run: { maxAnswerChars: 100 } },
      });
      expect(outcome(subject.follower)).toEqual({
        run: "limit_reached",
        cause: null,
        status: "idle",
        inFlight: 0,
        texts: [message("x".repeat(120))],
      });
    });

    test("without any text ends as finished", async () => {
      await using subject = await answering(createSubject, { scripts: [[stop]] });
      expect(subject.follower.names).toEqual([...START, "llm_call_end", "turn_end", "run_end", "status"]);
    });
  });

  describe("a run out of time", () => {
    const ended = (code: string, detail: string, events: readonly object[] = []) => [
      ...events,
      { event: "error", data: { code: "provider_error", message: detail, cause: "timeout", problem: code } },
      { event: "run_end", data: { result: "finished", cause: "timeout" } },
      IDLE,
    ];

    test("before the first token ends with first_token_timeout", async () => {
      await using subject = await answering(createSubject, { scripts: [[hang]], limits: SINGLE });
      await subject.advance(1_999);
      expect(subject.follower.names).toEqual(START);
      await subject.advance(1);
      expect(subject.follower.events.slice(5)).toEqual(
        ended("first_token_timeout", "The provider sent nothing for 2 s."),
      );
    });

    test("between two chunks ends with between_chunks_timeout and keeps the text", async () => {
      const script = [text("a"), wait(999), text("b"), hang];
      await using subject = await answering(createSubject, { scripts: [script], limits: SINGLE });
      await subject.advance(999);
      await subject.advance(999);
      expect(subject.follower.names.at(-1)).toBe("text_delta");
      await subject.advance(1);
      expect(tail(subject.follower, 4)).toEqual(
        ended("between_chunks_timeout", "The provider's answer stalled for 1 s.", [
          { event: "text_done", data: { text: "ab" } },
        ]),
      );
      expect(outcome(subject.follower)).toMatchObject({ run: "errored", cause: "timeout", texts: [message("ab")] });
    });

    test("as a whole ends with run_timeout although chunks come", async () => {
      const script = Array.from({ length: 30 }, () => [text("a"), wait(900)]).flat();
      await using subject = await answering(createSubject, { scripts: [script], limits: SINGLE });
      await subject.advance(9_999);
      expect(subject.follower.names.at(-1)).toBe("text_delta");
      await subject.advance(1);
      expect(tail(subject.follower, 4)).toEqual(
        ended("run_timeout", "The answer was not complete after 10 s.", [
          { event: "text_done", data: { text: "a".repeat(12) } },
        ]),
      );
    });

    test("leaves no timer behind, and neither does any other run", async () => {
      await using subject = await answering(createSubject, { scripts: [[text("a"), hang]], limits: SINGLE });
      await subject.advance(1_000);
      expect(outcome(subject.follower).run).toBe("errored");
      await subject.runtime.sendInput(subject.workerId, { content: "again" });
      await subject.settle();
      expect(outcome(subject.follower).run).toBe("finished");
      // The Runtime's own next look at what has become too old.
      expect(subject.clock.waiting).toBeLessThanOrEqual(1);
    });
  });

  describe("a provider that fails", () => {
    const overloaded = () => new ModelError("provider_unavailable", "503 overloaded", { status: 503 });

    test("before its first token is asked again, and says so each time", async () => {
      await using subject = await answering(createSubject, {
        scripts: [[fail(overloaded())], [fail(new ModelError("provider_unreachable", "reset"))], [text("ok"), stop]],
        limits: { run: { maxAttempts: 3 } },
      });
      await subject.advance(60_000);
      const retries = subject.follower.events.filter(({ event }) => event === "llm_retry");
      expect(retries).toMatchObject([
        {
          data: {
            llm_call: 0,
            failed_attempt: 1,
            max_attempts: 3,
            elapsed_ms: 0,
            status: 503,
            error: "503 overloaded",
          },
        },
        { data: { llm_call: 0, failed_attempt: 2, max_attempts: 3, error: "reset" } },
      ]);
      expect(retries[1]).not.toHaveProperty("data.status");
      expect(subject.follower.names.filter((name) => name === "llm_call_start")).toHaveLength(1);
      expect(outcome(subject.follower)).toMatchObject({ run: "finished", texts: [message("ok")] });
    });

    test("is asked again also where the clock is set back meanwhile", async () => {
      await using subject = await answering(createSubject, {
        scripts: [
          [wait(10), fail(overloaded())],
          [text("ok"), stop],
        ],
      });
      subject.clock.setBy(-3_600_000);
      await subject.advance(60_000);
      const retries = subject.follower.events.filter(({ event }) => event === "llm_retry");
      expect(retries).toMatchObject([{ data: { failed_attempt: 1, elapsed_ms: 0 } }]);
      expect(outcome(subject.follower)).toMatchObject({ run: "finished", texts: [message("ok")] });
    });

    test("is asked as often as the limit says, and then its reason is told", async () => {
      const failing = [fail(overloaded())];
      await using subject = await answering(createSubject, {
        scripts: [failing, failing, failing],
        limits: { run: { maxAttempts: 2 } },
      });
      await subject.advance(60_000);
      expect(subject.model.requests).toHaveLength(2);
      expect(tail(subject.follower, 3)).toEqual([
        {
          event: "error",
          data: {
            code: "provider_error",
            message: "503 overloaded",
            cause: "provider",
            problem: "provider_unavailable",
          },
        },
        { event: "run_end", data: { result: "finished", cause: "provider" } },
        IDLE,
      ]);
    });

    test("waits as long as the provider wishes", async () => {
      const limited = new ModelError("provider_rate_limited", "429", { status: 429, retryAfterMs: 7_000 });
      await using subject = await answering(createSubject, { scripts: [[fail(limited)]] });
      await subject.advance(6_999);
      expect(subject.model.requests).toHaveLength(1);
      await subject.advance(701);
      expect(subject.model.requests).toHaveLength(2);
    });

    test("and would fail again is not asked again", async () => {
      const refused = new ModelError("provider_auth_failed", "401 invalid key", { status: 401 });
      await using subject = await answering(createSubject, { scripts: [[fail(refused)]] });
      await subject.advance(60_000);
      expect(subject.model.requests).toHaveLength(1);
      expect(subject.follower.names).toEqual([...START, "error", "run_end", "status"]);
    });

    test("after its first token is not asked again, and the text is kept", async () => {
      const script = [text("Half"), fail(new ModelError("provider_stream_cut", "The answer broke off."))];
      await using subject = await answering(createSubject, { scripts: [script] });
      await subject.advance(60_000);
      expect(subject.model.requests).toHaveLength(1);
      expect(outcome(subject.follower)).toEqual({
        run: "errored",
        cause: "provider",
        status: "idle",
        inFlight: 0,
        texts: [message("Half")],
      });
    });

    test("by ending without an end is a cut stream", async () => {
      await using subject = await answering(createSubject, { scripts: [[text("Half")]] });
      expect(subject.follower.events.find(({ event }) => event === "error")).toMatchObject({
        data: { problem: "provider_stream_cut" },
      });
    });

    test("in a way that nobody foresaw ends the run as internal, without telling its text", async () => {
      await using subject = await answering(createSubject, { scripts: [[fail(new TypeError("/home/me/secret"))]] });
      expect(tail(subject.follower, 3)).toEqual([
        {
          event: "error",
          data: {
            code: "internal",
            message: "The run met an unexpected condition.",
            cause: "interrupted",
            problem: "internal",
          },
        },
        { event: "run_end", data: { result: "finished", cause: "interrupted" } },
        IDLE,
      ]);
    });

    test("is not asked at all where the message alone outgrows the model's window, and that is told", async () => {
      await using subject = await createSubject({});
      await using follower = new Follower(subject.runtime, subject.workerId);
      await subject.settle();
      await subject.runtime.sendInput(subject.workerId, { content: "語".repeat(99_999) });
      await subject.settle();
      expect(subject.model.requests).toEqual([]);
      expect(follower.events.at(-3)).toMatchObject({
        event: "error",
        data: { code: "invalid_request", problem: "input_too_large" },
      });
      expect(outcome(follower)).toMatchObject({ run: "errored", status: "idle" });
    });

    test("leaves the Worker ready for the next message", async () => {
      await using subject = await answering(createSubject, { scripts: [[fail(overloaded())]], limits: SINGLE });
      await subject.runtime.sendInput(subject.workerId, { content: "again" });
      await subject.settle();
      expect(outcome(subject.follower)).toMatchObject({ run: "finished", cause: null, status: "idle" });
    });
  });
}
