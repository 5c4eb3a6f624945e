/** What a Worker has after its process: conversation, counts, submissions, cursors; over a store that outlives it. */
import { describe, expect, test } from "vitest";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { lines, openDurable, say, transcriptNow } from "../support/durable-worker.ts";
import { createFailingStore, type FailingStore } from "../support/failing-store.ts";
import { Follower, foldReceived } from "../support/follow.ts";
import { settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";
import { COMPANION, openRuntimeFixture, type FixtureOptions } from "../support/runtime-fixture.ts";
import { hang, stop, text, thinking, type Script } from "../support/scripted-model.ts";
import { storedWorkers } from "../support/stored-workers.ts";

const SMALL: FixtureOptions = { limits: { worker: { retentionEvents: 20 } } };

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
    const before = await openDurable(store, SMALL);
    for (let index = 1; index <= 6; index += 1) await say(before, `message ${index}`);
    const kept = (await storedWorkers(store))[0];
    expect(kept?.events.length).toBeLessThanOrEqual(20);
    expect(kept?.events[0]?.position).toBeGreaterThan(1);
    await using after = await openDurable(store, { ...SMALL, seed: 2 });
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
      const one = await openDurable(store, { ...SMALL, seed: index, scripts: [script] });
      await say(one, `message ${index}`);
      expected.push(`${expected.length + 1} user: message ${index}`);
      expected.push(`${expected.length + 1} assistant: ${index % 2 === 0 ? "half" : "whole"} ${index}`);
    }
    await using last = await openDurable(store, { ...SMALL, seed: 99 });
    expect(await lines(last.runtime)).toEqual(expected);
    expect(await transcriptNow(last.runtime)).toMatchObject({ status: "idle", in_flight: { blocks: [] } });
  });

  test("keeps its bound over restarts, and its lines their numbers", async () => {
    const store = createFailingStore();
    const limits = { worker: { retentionEvents: 20, retentionEntries: 20, retentionEntryChars: 3_000 } };
    const before = await openDurable(store, { limits });
    for (let index = 1; index <= 30; index += 1) await say(before, `message ${index} ${"x".repeat(100)}`);
    await using after = await openDurable(store, { limits, seed: 2 });
    const kept = await lines(after.runtime);
    expect(kept).toEqual(await lines(before.runtime));
    expect([kept.length < 60, kept.at(-1)]).toEqual([true, "60 assistant: Hello there."]);
    expect((await storedWorkers(store))[0]?.entries.length).toBeLessThan(100);
    expect(await after.runtime.entries(COMPANION, { limit: 5 })).toEqual(
      await before.runtime.entries(COMPANION, { limit: 5 }),
    );
  });

  test("keeps as many entries as are allowed while their size is, however near", async () => {
    const limits = { worker: { retentionEntries: 100, retentionEntryChars: 150_000 } };
    await using subject = await openDurable(createFailingStore(), { limits });
    const keptNow = async () => {
      const { entries_total: total, oldest_kept: oldest } = await subject.runtime.entries(COMPANION, { limit: 1 });
      return { total, kept: total - oldest };
    };
    let now = await keptNow();
    while (now.kept === now.total) {
      await say(subject, "x".repeat(4_500));
      now = await keptNow();
    }
    expect(now.kept).toBe(100);
    expect(now.total).toBeGreaterThan(160);
  });

  test("survives a store that refuses its checkpoints for a while", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, SMALL);
    store.fail("checkpoint", 3);
    for (let index = 1; index <= 5; index += 1) await say(before, `message ${index}`);
    await using after = await openDurable(store, { ...SMALL, seed: 2 });
    expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
    expect(await lines(after.runtime)).toHaveLength(10);
  });
});

describe("a message that was acknowledged", () => {
  test("is not taken twice after a restart, however long ago it was; another content is refused", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, SMALL);
    const first = await say(before, "once", "s-1");
    for (let index = 1; index <= 6; index += 1) await say(before, `message ${index}`);
    await using after = await openDurable(store, { ...SMALL, seed: 2 });
    expect(await say(after, "once", "s-1")).toEqual(first);
    expect(await problemCode(say(after, "twice", "s-1"))).toBe("submission_conflict");
    expect(after.model.requests).toHaveLength(0);
    expect((await lines(after.runtime)).filter((line) => line.endsWith("user: once"))).toHaveLength(1);
  });

  test("is known by its id while its run goes on, and after a crash in it", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [[text("Hel"), hang]] });
    const first = await say(before, "once", "s-1");
    expect(await say(before, "once", "s-1")).toEqual(first);
    await using after = await openDurable(store, { seed: 2 });
    expect(await say(after, "once", "s-1")).toEqual(first);
    expect(after.model.requests).toHaveLength(0);
  });

  test("is forgotten when more were sent than are remembered, also in the store", async () => {
    const store = createFailingStore();
    const limits = { worker: { retentionSubmissions: 2 } };
    const before = await openDurable(store, { limits });
    for (const id of ["s-1", "s-2", "s-3"]) await say(before, id, id);
    expect((await storedWorkers(store))[0]?.submissions.map(({ submissionId }) => submissionId)).toEqual([
      "s-2",
      "s-3",
    ]);
    await using after = await openDurable(store, { limits, seed: 2 });
    await say(after, "s-1", "s-1");
    expect(after.model.requests).toHaveLength(1);
  });
});

describe("a cursor from before a restart", () => {
  test("goes on at every position of the log, with the same state at the end", async () => {
    const store = createFailingStore();
    const before = await openDurable(store, { scripts: [[thinking("Hm"), text("Hel"), text("lo"), hang]] });
    await using follower = new Follower(before.runtime, COMPANION);
    await say(before, "hi");
    const received = [...follower.received];
    await using after = await openDurable(store, { seed: 2 });
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
    const before = await openDurable(store, { limits, scripts: [[thinking("Hm"), thinking(" hm"), ...pieces, stop]] });
    await using follower = new Follower(before.runtime, COMPANION);
    await say(before, "hi");
    const received = [...follower.received];
    await before.clock.advance(120_000);
    expect((await storedWorkers(store))[0]?.events.length).toBe(received.length - 1 - 12);
    await using after = await openDurable(store, { limits, seed: 2 });
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
    const before = await openDurable(store, SMALL);
    await using follower = new Follower(before.runtime, COMPANION);
    for (let index = 1; index <= 4; index += 1) await say(before, `message ${index}`);
    await using after = await openDurable(store, { ...SMALL, seed: 2 });
    const whole = follower.transcript;
    const answers = new Set<unknown>();
    for (const [index, { cursor }] of follower.received.entries()) {
      await using resumed = new Follower(after.runtime, COMPANION, cursor);
      await settle();
      const code = await problemCode(Promise.race([resumed.ended, settle()]));
      answers.add(code ?? foldReceived(resumed.received, foldReceived(follower.received.slice(0, index + 1))));
    }
    expect([...answers][0]).toBe("cursor_expired");
    for (const state of [...answers].slice(1)) expect(state).toEqual(whole);
    expect(answers.size).toBeGreaterThan(2);
  });

  test("to an event that was lost is unknown, even when another event has its position; the others go on", async () => {
    const store = createFailingStore();
    const before = await openDurable(store);
    await using follower = new Follower(before.runtime, COMPANION);
    for (let index = 1; index <= 2; index += 1) await say(before, `message ${index}`);
    const received = [...follower.received];
    for (let head = 0; head < received.length - 1; head += 1) {
      await using after = await openDurable(await torn(store, head), { seed: 2 + head });
      await say(after, "something else");
      await say(after, "and more of it");
      const now = await transcriptNow(after.runtime);
      for (const [index, { cursor }] of received.entries()) {
        await using resumed = new Follower(after.runtime, COMPANION, cursor);
        await settle();
        const code = await problemCode(Promise.race([resumed.ended, settle()]));
        const state = foldReceived(resumed.received, foldReceived(received.slice(0, index + 1)));
        expect(code ?? state).toEqual(index > head ? "cursor_unknown" : now);
      }
    }
  });

  test("of an epoch that began after a loss goes on after the next loss", async () => {
    const store = createFailingStore();
    const first = await openDurable(store);
    await say(first, "one");
    const second = await openDurable(await torn(store, 4), { seed: 2 });
    await using follower = new Follower(second.runtime, COMPANION);
    await say(second, "two");
    const { cursor } = follower.received.at(-1) ?? {};
    await using third = await openDurable(second.store, { seed: 3 });
    await say(third, "three");
    await using resumed = new Follower(third.runtime, COMPANION, cursor);
    await settle();
    expect(foldReceived(resumed.received, follower.transcript)).toEqual(await transcriptNow(third.runtime));
  });
});

describe("a store of another Runtime", () => {
  test("is refused, and left as it is", async () => {
    const store = createFailingStore();
    await openDurable(store);
    expect(await problemCode(openRuntimeFixture({ store, runtimeId: "another" }))).toBe("store_foreign");
    await using again = await openRuntimeFixture({ store, seed: 2 });
    expect((await again.runtime.listWorkers()).map(({ worker_id }) => worker_id)).toEqual([COMPANION]);
  });
});

test("a snapshot of a Worker made by its entries alone, without a checkpoint that can be read, has them all", async () => {
  const store = createFailingStore();
  const before = await openDurable(store);
  for (let index = 1; index <= 3; index += 1) await say(before, `message ${index}`);
  const blind: RuntimeStore = {
    ...store,
    async *load() {
      for await (const one of store.load()) {
        yield one.kind === "worker" ? { ...one, checkpoint: null } : one;
      }
    },
  };
  await using after = await openDurable(blind, { seed: 2 });
  expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
});

test("a conversation without a checkpoint that can be read, whose newest entry can't be either, is not told twice", async () => {
  const store = createFailingStore();
  const before = await openDurable(store);
  for (let index = 1; index <= 3; index += 1) await say(before, `message ${index}`);
  const blind: RuntimeStore = {
    ...store,
    async *load() {
      for await (const one of store.load()) {
        if (one.kind !== "worker") continue;
        const { index } = one.entries.at(-1)!;
        const payload = JSON.stringify({ kind: "extension", ts: 1, domain: "workspace.quarantined", payload: null });
        yield { ...one, checkpoint: null, entries: one.entries.with(-1, { index, position: 0, payload }) };
      }
    },
  };
  await using after = await openDurable(blind, { seed: 2 });
  expect(await lines(after.runtime)).toEqual(await lines(before.runtime));
});
