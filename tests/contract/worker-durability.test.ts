/** What a Worker has after its process: conversation, counts, submissions, cursors; over a store that outlives it. */
import { describe, expect, test } from "vitest";
import { SubmissionId } from "../../protocol/id.ts";
import type { Transcript } from "../../protocol/transcript.ts";
import { CONTINUATION_PROMPT } from "../../prompts/continuation.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { createFailingStore, type FailingStore } from "../support/failing-store.ts";
import { Follower, foldReceived } from "../support/follow.ts";
import { settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";
import {
  COMPANION,
  ensureCompanion,
  openRuntimeFixture,
  type FixtureOptions,
  type RuntimeFixture,
} from "../support/runtime-fixture.ts";
import { hang, stop, text, thinking, type Script } from "../support/scripted-model.ts";
import { storedWorkers } from "../support/stored-workers.ts";

const SMALL: FixtureOptions = { limits: { worker: { retentionEvents: 20 } } };

/** Opens a Runtime with its Companion; the one before, if any, is left as a crash leaves it. */
async function open(store: RuntimeStore, options: FixtureOptions = {}): Promise<RuntimeFixture> {
  const fixture = await openRuntimeFixture({ ...options, store });
  await ensureCompanion(fixture.runtime);
  return fixture;
}

async function say({ runtime }: RuntimeFixture, content: string, id?: string) {
  const submission = id === undefined ? {} : { submissionId: SubmissionId.parse(id) };
  const ack = await runtime.sendInput(COMPANION, { content, ...submission });
  await settle();
  return ack;
}

const lines = async (runtime: Runtime) =>
  (await runtime.transcript(COMPANION, { start: 0, limit: 256 })).items.map(
    ({ sequence, role, content }) => `${sequence} ${role}: ${content}`,
  );

async function transcriptNow(runtime: Runtime): Promise<Transcript> {
  await using follower = new Follower(runtime, COMPANION);
  await settle();
  return follower.transcript;
}

/** A copy of a store whose log ends at a position: what came after it was lost with the machine's power. */
async function torn(store: FailingStore, head: number): Promise<FailingStore> {
  const copy = createFailingStore();
  for (const { record, events } of await storedWorkers(store)) {
    await copy.putWorker(record);
    await copy.append(
      record.workerId,
      events.filter(({ position }) => position <= head),
    );
  }
  return {
    ...copy,
    async *load() {
      for await (const one of copy.load()) yield one.kind === "worker" ? { ...one, mayHaveLostTail: true } : one;
    },
  };
}

describe("a conversation whose events are long forgotten", () => {
  test("is whole after a restart, with its numbers, its usage and its counts", async () => {
    const store = createFailingStore();
    const before = await open(store, SMALL);
    for (let index = 1; index <= 6; index += 1) await say(before, `message ${index}`);
    const kept = (await storedWorkers(store))[0];
    expect(kept?.events.length).toBeLessThanOrEqual(20);
    expect(kept?.events[0]?.position).toBeGreaterThan(1);
    await using after = await open(store, { ...SMALL, seed: 2 });
    expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
    expect(await lines(after.runtime)).toHaveLength(12);
    expect(await transcriptNow(after.runtime)).toEqual(await transcriptNow(before.runtime));
    expect(await after.runtime.entries(COMPANION, { limit: 256 })).toEqual(
      await before.runtime.entries(COMPANION, { limit: 256 }),
    );
    await say(after, "message 7");
    const { run } = await transcriptNow(after.runtime);
    expect(run).toMatchObject({ state: "ended", result: "finished" });
    expect((await lines(after.runtime)).at(-1)).toBe("14 assistant: Hello there.");
    expect(after.model.requests[0]?.messages.slice(1).map(({ content }) => content)).toEqual([
      ...Array.from({ length: 6 }, (_, index) => [`message ${index + 1}`, "Hello there."]).flat(),
      "message 7",
    ]);
    const { entries } = await after.runtime.entries(COMPANION, { limit: 256 });
    const turns = entries.flatMap((entry) => (entry.kind === "turn_end" ? [entry["turn_count"]] : []));
    expect(turns).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("is whole after many restarts, each in the middle of something", async () => {
    const store = createFailingStore();
    const expected: string[] = [];
    for (let index = 1; index <= 8; index += 1) {
      const script: Script = index % 2 === 0 ? [text(`half ${index}`), hang] : [text(`whole ${index}`), stop];
      const one = await open(store, { ...SMALL, seed: index, scripts: [script] });
      await say(one, `message ${index}`);
      expected.push(`${expected.length + 1} user: message ${index}`);
      expected.push(`${expected.length + 1} assistant: ${index % 2 === 0 ? "half" : "whole"} ${index}`);
    }
    await using last = await open(store, { ...SMALL, seed: 99 });
    expect(await lines(last.runtime)).toEqual(expected);
    expect(await transcriptNow(last.runtime)).toMatchObject({ status: "idle", in_flight: { blocks: [] } });
  });

  test("keeps its bound over restarts, and its lines their numbers", async () => {
    const store = createFailingStore();
    const limits = { worker: { retentionEvents: 20, retentionEntries: 20, retentionEntryChars: 3_000 } };
    const before = await open(store, { limits });
    for (let index = 1; index <= 30; index += 1) await say(before, `message ${index} ${"x".repeat(100)}`);
    await using after = await open(store, { limits, seed: 2 });
    const kept = await lines(after.runtime);
    expect(kept).toEqual(await lines(before.runtime));
    expect([kept.length < 60, kept.at(-1)]).toEqual([true, "60 assistant: Hello there."]);
    expect((await storedWorkers(store))[0]?.entries.length).toBeLessThan(100);
    expect(await after.runtime.entries(COMPANION, { limit: 5 })).toEqual(
      await before.runtime.entries(COMPANION, { limit: 5 }),
    );
  });

  test("survives a store that refuses its checkpoints for a while", async () => {
    const store = createFailingStore();
    const before = await open(store, SMALL);
    store.fail("checkpoint", 3);
    for (let index = 1; index <= 5; index += 1) await say(before, `message ${index}`);
    await using after = await open(store, { ...SMALL, seed: 2 });
    expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
    expect(await lines(after.runtime)).toHaveLength(10);
  });
});

describe("a message that was acknowledged", () => {
  test("is not taken twice after a restart, however long ago it was; another content is refused", async () => {
    const store = createFailingStore();
    const before = await open(store, SMALL);
    const first = await say(before, "once", "s-1");
    for (let index = 1; index <= 6; index += 1) await say(before, `message ${index}`);
    await using after = await open(store, { ...SMALL, seed: 2 });
    expect(await say(after, "once", "s-1")).toEqual(first);
    expect(await problemCode(say(after, "twice", "s-1"))).toBe("submission_conflict");
    expect(after.model.requests).toHaveLength(0);
    expect((await lines(after.runtime)).filter((line) => line.endsWith("user: once"))).toHaveLength(1);
  });

  test("is known by its id while its run goes on, and after a crash in it", async () => {
    const store = createFailingStore();
    const before = await open(store, { scripts: [[text("Hel"), hang]] });
    const first = await say(before, "once", "s-1");
    expect(await say(before, "once", "s-1")).toEqual(first);
    await using after = await open(store, { seed: 2 });
    expect(await say(after, "once", "s-1")).toEqual(first);
    expect(after.model.requests).toHaveLength(0);
  });

  test("is forgotten when more were sent than are remembered, also in the store", async () => {
    const store = createFailingStore();
    const limits = { worker: { retentionSubmissions: 2 } };
    const before = await open(store, { limits });
    for (const id of ["s-1", "s-2", "s-3"]) await say(before, id, id);
    expect((await storedWorkers(store))[0]?.submissions.map(({ submissionId }) => submissionId)).toEqual([
      "s-2",
      "s-3",
    ]);
    await using after = await open(store, { limits, seed: 2 });
    await say(after, "s-1", "s-1");
    expect(after.model.requests).toHaveLength(1);
  });
});

describe("a cursor from before a restart", () => {
  test("goes on at every position of the log, with the same state at the end", async () => {
    const store = createFailingStore();
    const before = await open(store, { scripts: [[thinking("Hm"), text("Hel"), text("lo"), hang]] });
    await using follower = new Follower(before.runtime, COMPANION);
    await say(before, "hi");
    const received = [...follower.received];
    await using after = await open(store, { seed: 2 });
    for (const [index, { cursor }] of received.entries()) {
      await using resumed = new Follower(after.runtime, COMPANION, cursor);
      await settle();
      const state = foldReceived(resumed.received, foldReceived(received.slice(0, index + 1)));
      expect(state).toEqual(await transcriptNow(after.runtime));
      expect(resumed.received.every(({ kind }) => kind === "event")).toBe(true);
    }
  });

  test("goes on through a log whose pieces were compacted, at every position, to the same state", async () => {
    const store = createFailingStore();
    const limits = { worker: { retentionDeltasMs: 1_000 } };
    const pieces = Array.from({ length: 12 }, (_, index) => text(`piece ${index} `));
    const before = await open(store, { limits, scripts: [[thinking("Hm"), thinking(" hm"), ...pieces, stop]] });
    await using follower = new Follower(before.runtime, COMPANION);
    await say(before, "hi");
    const received = [...follower.received];
    await before.clock.advance(120_000);
    expect((await storedWorkers(store))[0]?.events.length).toBe(received.length - 1 - 12);
    await using after = await open(store, { limits, seed: 2 });
    for (const { runtime } of [before, after]) {
      for (const [index, { cursor }] of received.entries()) {
        await using resumed = new Follower(runtime, COMPANION, cursor);
        await settle();
        const state = foldReceived(resumed.received, foldReceived(received.slice(0, index + 1)));
        expect(state).toEqual(follower.transcript);
      }
    }
  });

  test("is expired once what followed it was let go, also after a restart, and never resumes with a hole", async () => {
    const store = createFailingStore();
    const before = await open(store, SMALL);
    await using follower = new Follower(before.runtime, COMPANION);
    for (let index = 1; index <= 4; index += 1) await say(before, `message ${index}`);
    await using after = await open(store, { ...SMALL, seed: 2 });
    const whole = follower.transcript;
    const answers = new Set<string | null>();
    for (const [index, { cursor }] of follower.received.entries()) {
      await using resumed = new Follower(after.runtime, COMPANION, cursor);
      await settle();
      const code = await problemCode(Promise.race([resumed.ended, settle()]));
      answers.add(code);
      if (code !== null) continue;
      expect(foldReceived(resumed.received, foldReceived(follower.received.slice(0, index + 1)))).toEqual(whole);
    }
    expect(answers).toEqual(new Set(["cursor_expired", null]));
  });

  test("to an event that was lost is unknown, even when another event has its position; the others go on", async () => {
    const store = createFailingStore();
    const before = await open(store);
    await using follower = new Follower(before.runtime, COMPANION);
    for (let index = 1; index <= 2; index += 1) await say(before, `message ${index}`);
    const received = [...follower.received];
    for (let head = 0; head < received.length - 1; head += 1) {
      await using after = await open(await torn(store, head), { seed: 2 + head });
      await say(after, "something else");
      await say(after, "and more of it");
      const now = await transcriptNow(after.runtime);
      for (const [index, { cursor }] of received.entries()) {
        await using resumed = new Follower(after.runtime, COMPANION, cursor);
        await settle();
        const code = await problemCode(Promise.race([resumed.ended, settle()]));
        expect(code).toBe(index > head ? "cursor_unknown" : null);
        if (code === null) {
          expect(foldReceived(resumed.received, foldReceived(received.slice(0, index + 1)))).toEqual(now);
        }
      }
    }
  });

  test("of an epoch that began after a loss goes on after the next loss", async () => {
    const store = createFailingStore();
    const first = await open(store);
    await say(first, "one");
    const second = await open(await torn(store, 4), { seed: 2 });
    await using follower = new Follower(second.runtime, COMPANION);
    await say(second, "two");
    const { cursor } = follower.received.at(-1) ?? {};
    await using third = await open(second.store, { seed: 3 });
    await say(third, "three");
    await using resumed = new Follower(third.runtime, COMPANION, cursor);
    await settle();
    expect(foldReceived(resumed.received, follower.transcript)).toEqual(await transcriptNow(third.runtime));
  });
});

describe("a run that its process left", () => {
  const CUT: Script = [thinking("Hm."), text("The answer is "), hang];
  const continued = (event: string) => event === "llm_continuation";

  test("is continued where that is chosen: announced, asked with what was written, and ended by itself", async () => {
    const store = createFailingStore();
    const before = await open(store, { scripts: [CUT], continueInterrupted: true });
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
    const before = await open(store, { scripts: [CUT], continueInterrupted: true });
    await say(before, "hi");
    await before.runtime[Symbol.asyncDispose]();
    await using after = await open(store, { seed: 2, scripts: [[text("42."), stop]], continueInterrupted: true });
    await settle();
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: The answer is ", "3 assistant: 42."]);
  });

  test("that had written nothing is asked again, without a word on going on", async () => {
    const store = createFailingStore();
    const before = await open(store, { scripts: [[hang]], continueInterrupted: true });
    await say(before, "hi");
    await using after = await open(store, { seed: 2, scripts: [[text("42."), stop]], continueInterrupted: true });
    await settle();
    expect(after.model.requests[0]?.messages.slice(1)).toEqual([{ role: "user", content: "hi" }]);
    expect(await lines(after.runtime)).toEqual(["1 user: hi", "2 assistant: 42."]);
  });

  test("is not continued for ever: after as many attempts as are allowed it ends as interrupted", async () => {
    const store = createFailingStore();
    const options = { continueInterrupted: true, limits: { run: { maxContinuations: 2 } } };
    const first = await open(store, { ...options, scripts: [CUT] });
    await say(first, "hi");
    for (const seed of [2, 3]) {
      const next = await open(store, { ...options, seed, scripts: [CUT] });
      await settle();
      expect(await transcriptNow(next.runtime)).toMatchObject({ run: { state: "active" } });
    }
    await using last = await open(store, { ...options, seed: 4, scripts: [CUT] });
    await settle();
    expect(await transcriptNow(last.runtime)).toMatchObject({ run: { state: "ended", cause: "interrupted" } });
    expect(last.model.requests).toHaveLength(0);
    await say(last, "again");
    expect(last.model.requests).toHaveLength(1);
  });
});

describe("a run whose end the store refuses", () => {
  test("ends by itself as soon as the store takes it, and the next message is taken", async () => {
    const store = createFailingStore();
    await using subject = await open(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
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
    await using subject = await open(store, { scripts: [[text("a"), { kind: "wait", delayMs: 10 }, stop]] });
    await say(subject, "hi");
    store.fail("append", 100);
    await subject.clock.advance(10);
    await expect(say(subject, "again")).rejects.toThrow("The disk is full");
    store.fail("append", 0);
    await say(subject, "again");
    expect(await lines(subject.runtime)).toEqual([
      "1 user: hi",
      "2 assistant: a",
      "3 user: again",
      "4 assistant: Hello there.",
    ]);
  });
});

describe("a store of another Runtime", () => {
  test("is refused, and left as it is", async () => {
    const store = createFailingStore();
    await open(store);
    expect(await problemCode(openRuntimeFixture({ store, runtimeId: "another" }))).toBe("store_foreign");
    await using again = await openRuntimeFixture({ store, seed: 2 });
    expect((await again.runtime.listWorkers()).map(({ worker_id }) => worker_id)).toEqual([COMPANION]);
  });
});

test("a snapshot of a Worker made by its entries alone, without a checkpoint that can be read, has them all", async () => {
  const store = createFailingStore();
  const before = await open(store);
  for (let index = 1; index <= 3; index += 1) await say(before, `message ${index}`);
  const blind: RuntimeStore = {
    ...store,
    async *load() {
      for await (const one of store.load()) {
        yield one.kind === "worker" ? { ...one, checkpoint: null } : one;
      }
    },
  };
  await using after = await open(blind, { seed: 2 });
  expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
});
