/** What becomes of a run when its process or its store fails in the middle of it. */
import { describe, expect, test } from "vitest";
import { CONTINUATION_PROMPT } from "../../prompts/continuation.ts";
import { MAX_WAITING_EVENTS } from "../../runtime/run-outbox.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { lines, openDurable, say, transcriptNow } from "../support/durable-worker.ts";
import { createFailingStore } from "../support/failing-store.ts";
import { Follower, foldReceived } from "../support/follow.ts";
import { settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";
import { COMPANION, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { hang, stop, text, thinking, wait, type Script } from "../support/scripted-model.ts";

describe("a run that its process left", () => {
  const CUT: Script = [thinking("Hm."), text("The answer is "), hang];
  const continued = (event: string) => event === "llm_continuation";

  test("is continued where that is chosen: announced, asked with what was written, and ended by itself", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [CUT], continueInterrupted: true });
    await using early = new Follower(before.runtime, COMPANION);
    await say(before, "hi", "s-1");
    const seen = [...early.received];
    await using after = await openRuntimeFixture({
      store,
      seed: 2,
      scripts: [[text("42."), stop]],
      continueInterrupted: true,
    });
    await settle();
    await using late = new Follower(after.runtime, COMPANION, seen.at(-1)?.cursor);
    await settle();
    expect(late.events.filter(({ event }) => continued(event))).toEqual([
      {
        event: "llm_continuation",
        data: {
          llm_call: 1,
          attempt: 1,
          max_attempts: 3,
          reason: "The Runtime was restarted while it answered.",
        },
      },
    ]);
    expect(after.model.requests[0]?.messages.slice(1)).toEqual([
      { role: "user", content: "hi" },
      { role: "assistant", content: "The answer is " },
      { role: "user", content: CONTINUATION_PROMPT },
    ]);
    expect(foldReceived(late.received, foldReceived(seen)).run).toMatchObject({ state: "ended", result: "finished" });
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: The answer is ", "3 assistant: 42."]);
  });

  test("is continued also where the process ended in good order", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [CUT], continueInterrupted: true });
    await say(before, "hi");
    await before.runtime[Symbol.asyncDispose]();
    await using after = await openDurable(store, {
      seed: 2,
      scripts: [[text("42."), stop]],
      continueInterrupted: true,
    });
    await settle();
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: The answer is ", "3 assistant: 42."]);
  });

  test("is not continued when somebody cancelled it while its process was ending", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [CUT], continueInterrupted: true });
    await say(before, "hi");
    const [, cancelled] = await Promise.all([
      before.runtime[Symbol.asyncDispose](),
      before.runtime.cancelRun(COMPANION),
    ]);
    expect(cancelled.status).toBe("running");
    await using after = await openDurable(store, { seed: 2, continueInterrupted: true });
    await settle();
    expect(after.model.requests).toHaveLength(0);
    expect(await transcriptNow(after.runtime)).toMatchObject({ status: "idle", run: { state: "ended" } });
  });

  test("that had written nothing is asked again, without a word on going on", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [[hang]], continueInterrupted: true });
    await say(before, "hi");
    await using after = await openDurable(store, {
      seed: 2,
      scripts: [[text("42."), stop]],
      continueInterrupted: true,
    });
    await settle();
    expect(after.model.requests[0]?.messages.slice(1)).toEqual([{ role: "user", content: "hi" }]);
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: 42."]);
  });

  test.each([
    ["go on", true],
    ["end", false],
  ])("with nothing left to say has ended by itself where others %s", async (_others, continueInterrupted) => {
    const options = { continueInterrupted };
    const store = createFailingStore();
    const dying: RuntimeStore = {
      ...store,
      append: (workerId, events, extras) => {
        const isLast = events.some(({ payload }) => payload.startsWith('{"event":"run_end"'));
        return isLast ? new Promise(() => {}) : store.append(workerId, events, extras);
      },
    };
    const before = await openDurable(dying, options);
    await say(before, "hi");
    await using after = await openDurable(store, { ...options, seed: 2 });
    await settle();
    expect(after.model.requests).toHaveLength(0);
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: Hello there."]);
    const { status, run } = await transcriptNow(after.runtime);
    expect([status, run]).toEqual(["idle", expect.objectContaining({ state: "ended", result: "finished" })]);
    expect(run).not.toHaveProperty("cause");
  });

  test("is not continued for ever: after as many attempts as are allowed it ends as interrupted", async () => {
    const store = createFailingStore();
    const options = { continueInterrupted: true, limits: { run: { maxContinuations: 2 } } };
    const first = await openDurable(store, { ...options, scripts: [CUT] });
    await say(first, "hi");
    for (const seed of [2, 3]) {
      const next = await openDurable(store, { ...options, seed, scripts: [CUT] });
      await settle();
      expect(await transcriptNow(next.runtime)).toMatchObject({ run: { state: "active" } });
    }
    await using last = await openDurable(store, { ...options, seed: 4, scripts: [CUT] });
    await settle();
    expect(await transcriptNow(last.runtime)).toMatchObject({ run: { state: "ended", cause: "interrupted" } });
    expect(last.model.requests).toHaveLength(0);
    await say(last, "again");
    expect(last.model.requests).toHaveLength(1);
  });
});

describe("a run that its process left, and the next one does not come to serve", () => {
  const CUT: Script = [text("The answer is "), hang];
  const options = { continueInterrupted: true, limits: { run: { maxContinuations: 1 } } };

  test("waits, as often as that happens, for one that does", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { ...options, scripts: [CUT] });
    await say(before, "hi");
    for (const seed of [2, 3]) {
      const { promise } = Promise.withResolvers<void>();
      const waiting = await openDurable(store, { ...options, seed, served: promise });
      await settle();
      expect(waiting.model.requests).toHaveLength(0);
      expect(await transcriptNow(waiting.runtime)).toMatchObject({ run: { state: "active" } });
      await waiting.runtime[Symbol.asyncDispose]();
    }
    const served = Promise.withResolvers<void>();
    const scripts = [[text("42."), stop]];
    await using after = await openDurable(store, { ...options, seed: 4, scripts, served: served.promise });
    served.resolve();
    await settle();
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: The answer is ", "3 assistant: 42."]);
  });

  test("is not continued when somebody cancelled it meanwhile, and the next message is taken", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { ...options, scripts: [CUT] });
    await say(before, "hi");
    const served = Promise.withResolvers<void>();
    await using after = await openDurable(store, { ...options, seed: 2, served: served.promise });
    expect(await problemCode(say(after, "again"))).toBe("worker_busy");
    await after.runtime.cancelRun(COMPANION);
    served.resolve();
    await settle();
    expect(after.model.requests).toHaveLength(0);
    await say(after, "again");
    expect((await lines(after.runtime)).at(-1)).toBe("4 assistant: Hello there.");
  });

  test("ends once where somebody cancels it in the moment in which it is gone on with", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { ...options, scripts: [CUT] });
    await say(before, "hi");
    const served = Promise.withResolvers<void>();
    await using after = await openDurable(store, { ...options, seed: 2, scripts: [CUT], served: served.promise });
    const held = store.hold();
    served.resolve();
    await settle();
    const cancelling = after.runtime.cancelRun(COMPANION);
    held.release();
    await cancelling;
    await settle();
    expect(await transcriptNow(after.runtime)).toMatchObject({
      status: "idle",
      run: { state: "ended", cause: "cancelled" },
    });
  });
});

test("a run whose store takes longer than a provider may is ended by nobody, and goes on with the store", async () => {
  const store = createFailingStore();
  const pieces = Array.from({ length: 4 * MAX_WAITING_EVENTS }, () => text("a"));
  await using subject = await openDurable(store, {
    scripts: [[wait(10), ...pieces, wait(10), text("b"), stop]],
    limits: { run: { betweenChunksTimeoutMs: 1_000 } },
  });
  await using follower = new Follower(subject.runtime, COMPANION);
  await say(subject, "hi");
  const held = store.hold();
  await subject.clock.advance(10);
  await subject.clock.advance(5_000);
  held.release();
  await settle();
  await subject.clock.advance(10);
  expect(follower.transcript.run).toMatchObject({ state: "ended", result: "finished" });
  expect(await lines(subject.runtime)).toEqual(["1 user: hi", `2 assistant: ${"a".repeat(pieces.length)}b`]);
});

describe("a run whose end the store refuses", () => {
  test("ends by itself as soon as the store takes it, and the next message is taken", async () => {
    const store = createFailingStore();
    await using subject = await openDurable(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
    await using follower = new Follower(subject.runtime, COMPANION);
    await say(subject, "hi");
    store.fail("append", 4);
    await subject.clock.advance(10);
    expect(follower.transcript.run).toMatchObject({ state: "active" });
    expect((await subject.runtime.diagnostics()).map(({ code }) => code)).toEqual(["store_failed"]);
    await subject.clock.advance(3_000);
    expect(follower.transcript).toMatchObject({ status: "idle", run: { state: "ended", cause: "interrupted" } });
    await say(subject, "again");
    expect(follower.transcript.run).toMatchObject({ state: "ended", result: "finished" });
  });

  test("tells whoever sends meanwhile why not, and keeps what was written", async () => {
    const store = createFailingStore();
    await using subject = await openDurable(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
    await say(subject, "hi");
    store.fail("append", 100);
    await subject.clock.advance(10);
    await expect(say(subject, "again")).rejects.toThrow("The disk is full");
    store.fail("append", 0);
    await say(subject, "again");
    expect(await lines(subject.runtime)).toEqual([
      "1 user: hi",
      "2 assistant: a",
      "3 system: error: The store could not keep the end of the answer.",
      "4 user: again",
      "5 assistant: Hello there.",
    ]);
  });

  test("ends once, whoever asks for that at the same time", async () => {
    const store = createFailingStore();
    await using subject = await openDurable(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
    await using follower = new Follower(subject.runtime, COMPANION);
    await say(subject, "hi");
    store.fail("append", 2);
    await subject.clock.advance(10);
    await Promise.allSettled([
      say(subject, "again"),
      say(subject, "once more"),
      subject.runtime.cancelRun(COMPANION),
      subject.runtime.cancelRun(COMPANION),
    ]);
    expect(await lines(subject.runtime)).toEqual([
      "1 user: hi",
      "2 assistant: a",
      "3 system: error: The store could not keep the end of the answer.",
      "4 user: again",
      "5 assistant: Hello there.",
    ]);
    expect(follower.events.filter(({ event }) => event === "run_end")).toHaveLength(2);
  });

  test("is left to the next start where the process ends first: nothing more is written or waited for", async () => {
    const store = createFailingStore();
    const subject = await openDurable(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, hang]] });
    await say(subject, "hi");
    store.fail("append", 100);
    await subject.runtime[Symbol.asyncDispose]();
    expect(subject.clock.waiting).toBe(0);
    store.fail("append", 0);
    const { length } = store.appends;
    await subject.clock.advance(10_000);
    expect(store.appends).toHaveLength(length);
    await using after = await openDurable(store, { seed: 2 });
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: a"]);
    expect(await transcriptNow(after.runtime)).toMatchObject({ run: { state: "ended", cause: "interrupted" } });
  });

  test("keeps a message from beginning another one that waited for it when the process ended", async () => {
    const store = createFailingStore();
    const subject = await openDurable(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
    await say(subject, "hi");
    store.fail("append", 2);
    await subject.clock.advance(10);
    const waiting = problemCode(say(subject, "again"));
    await subject.runtime[Symbol.asyncDispose]();
    expect(await waiting).toBe("runtime_stopped");
    expect(subject.clock.waiting).toBe(0);
    await using after = await openDurable(store, { seed: 2 });
    expect(await lines(after.runtime)).toEqual([
      "1 user: hi",
      "2 assistant: a",
      "3 system: error: The store could not keep the end of the answer.",
    ]);
  });

  test("keeps no Runtime from starting: every Worker is there, and the run ends as soon as the store takes it", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [[text("a"), hang]] });
    await say(before, "hi");
    store.fail("append", 2);
    await using after = await openDurable(store, { seed: 2 });
    await using follower = new Follower(after.runtime, COMPANION);
    await settle();
    expect(follower.transcript.run).toMatchObject({ state: "active" });
    expect((await after.runtime.diagnostics()).map(({ code }) => code)).toEqual(["store_failed"]);
    await after.clock.advance(3_000);
    expect(follower.transcript).toMatchObject({ status: "idle", run: { state: "ended", cause: "interrupted" } });
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: a"]);
  });
});
