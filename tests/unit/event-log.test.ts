/** The event log: what is published when, what is kept, what is let go. */
import { describe, expect, test } from "vitest";
import type { Event } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import { EventLog, type RetentionLimits } from "../../runtime/event-log.ts";
import { createFailingStore } from "../support/failing-store.ts";
import { settle } from "../support/manual-clock.ts";

const WORKER = WorkerId.parse("companion");
const RECORD = {
  workerId: WORKER,
  displayName: "Companion",
  profile: { kind: "runtime_default" },
  lifecycle: "running",
  epoch: "3f9a01c2",
  createdTs: 0,
} as const;

const delta = (text: string): Event => ({ event: "text_delta", data: { text } });
const deltas = (count: number): Event[] => Array.from({ length: count }, (_, index) => delta(String(index)));
const CHARS = JSON.stringify(delta("0")).length;

async function openLog(limits: Partial<RetentionLimits> = {}, store = createFailingStore()) {
  const loaded = (await store.load())[0];
  if (loaded === undefined) await store.putWorker(RECORD);
  const failures: unknown[] = [];
  const log = new EventLog({
    workerId: WORKER,
    epoch: RECORD.epoch,
    store,
    limits: { retentionEvents: 100, retentionChars: 1_000_000, ...limits },
    kept: loaded?.events ?? [],
    onTrimFailed: (error) => failures.push(error),
  });
  const published: number[][] = [];
  log.onPublish((batch) => published.push(batch.map(({ record }) => record.position)));
  return { log, store, published, failures };
}

const positions = (log: EventLog, after: number, count = 1_000) => {
  const result = log.read(after, count);
  return result.kind === "events" ? result.events.map(({ position }) => position) : result.kind;
};

describe("EventLog.append()", () => {
  test("resolves with the position of its last event, which can be read then", async () => {
    const { log, published } = await openLog();
    expect([log.head, log.oldest]).toEqual([0, 1]);
    expect(await log.append(deltas(3), 7)).toBe(3);
    expect(log.read(0, 10)).toEqual({
      kind: "events",
      events: [1, 2, 3].map((position) => ({
        position,
        ts: 7,
        payload: JSON.stringify(delta(String(position - 1))),
      })),
    });
    expect(published).toEqual([[1, 2, 3]]);
  });

  test("publishes nothing before the store has it", async () => {
    const { log, store, published } = await openLog();
    const held = store.hold();
    const appended = log.append(deltas(2), 0);
    await settle();
    expect([log.head, positions(log, 0), published]).toEqual([0, [], []]);
    held.release();
    expect(await appended).toBe(2);
    expect(published).toEqual([[1, 2]]);
  });

  test("publishes nothing that the store refuses, tells whoever appended, and goes on at the same position", async () => {
    const { log, store, published } = await openLog();
    store.fail("append", 1);
    await expect(log.append(deltas(2), 0)).rejects.toThrow("The disk is full");
    expect([log.head, positions(log, 0), published]).toEqual([0, [], []]);
    expect(await log.append(deltas(1), 0)).toBe(1);
    expect(published).toEqual([[1]]);
  });

  test("stores together what came while it was storing, in order, each with its own answer", async () => {
    const { log, store, published } = await openLog();
    const held = store.hold();
    const answers = Promise.all([log.append(deltas(2), 1), log.append(deltas(1), 2), log.append(deltas(3), 3)]);
    await settle();
    held.release();
    expect(await answers).toEqual([2, 3, 6]);
    expect(store.appends).toEqual([2, 4]);
    expect(published).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ]);
  });

  test("refuses a whole batch together, and takes what comes after it", async () => {
    const { log, store } = await openLog();
    const held = store.hold();
    const first = log.append(deltas(1), 0);
    const second = log.append(deltas(1), 0);
    const third = log.append(deltas(1), 0);
    await settle();
    held.release();
    expect(await first).toBe(1);
    store.fail("append", 1);
    const answers = await Promise.allSettled([second, third]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await log.append(deltas(1), 0)).toBe(2);
  });
});

describe("EventLog.read()", () => {
  test("gives at most as many as asked for, from where asked", async () => {
    const { log } = await openLog();
    await log.append(deltas(5), 0);
    expect([positions(log, 0, 2), positions(log, 2, 2), positions(log, 5), positions(log, 4, 0)]).toEqual([
      [1, 2],
      [3, 4],
      [],
      [],
    ]);
  });

  test("returns ahead for a position after the newest, and expired before what is kept", async () => {
    const { log } = await openLog({ retentionEvents: 3 });
    await log.append(deltas(5), 0);
    expect([positions(log, 6), positions(log, 1), positions(log, 2)]).toEqual(["ahead", "expired", [3, 4, 5]]);
    expect(log.oldest).toBe(3);
  });

  test("finds the right events whatever has been evicted and cut off", async () => {
    const { log } = await openLog({ retentionEvents: 8 });
    for (let head = 1; head <= 60; head += 1) {
      await log.append(deltas(1), 0);
      const oldest = Math.max(1, head - 7);
      expect(positions(log, oldest - 1)).toEqual(
        Array.from({ length: head - oldest + 1 }, (_, index) => oldest + index),
      );
      const expired = Array.from({ length: oldest - 1 }, (_, after) => positions(log, after));
      expect(expired).toEqual(expired.map(() => "expired"));
    }
  });
});

describe("what an EventLog keeps", () => {
  test("is bounded by size as well as by number", async () => {
    const { log } = await openLog({ retentionChars: CHARS * 3 });
    await log.append(deltas(5), 0);
    expect(log.oldest).toBe(3);
    await log.append([delta("x".repeat(CHARS * 3))], 0);
    expect([log.oldest, log.head, positions(log, 5), positions(log, 6)]).toEqual([7, 6, "expired", []]);
  });

  test("is bounded in the store too, by number and by size", async () => {
    const limits = { retentionEvents: 40, retentionChars: 100_000 };
    const { log, store } = await openLog(limits);
    for (let index = 0; index < 300; index += 1) await log.append(deltas(1), 0);
    expect((await store.load())[0]?.events.length).toBeLessThanOrEqual(51);
    for (let index = 0; index < 30; index += 1) await log.append([delta("x".repeat(20_000))], 0);
    await settle();
    const chars = (await store.load())[0]?.events.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(chars).toBeLessThanOrEqual(limits.retentionChars * 1.25 + 21_000);
  });

  test("goes on at the same position in the next process, also after one event that outgrew everything", async () => {
    const limits = { retentionEvents: 4, retentionChars: 200 };
    const { log, store } = await openLog(limits);
    await log.append(deltas(6), 0);
    await log.append([delta("x".repeat(1_000))], 0);
    await settle();
    const next = await openLog(limits, store);
    expect(next.log.head).toBe(7);
    expect(await next.log.append(deltas(1), 0)).toBe(8);
  });

  test("is not lost when the store fails to forget; that is told", async () => {
    const { log, store, failures } = await openLog({ retentionEvents: 4 });
    store.fail("trim", 1);
    for (let index = 0; index < 6; index += 1) await log.append(deltas(1), 0);
    await settle();
    expect(failures).toHaveLength(1);
    expect(positions(log, 2)).toEqual([3, 4, 5, 6]);
  });

  test("is not published to a listener that was disposed of", async () => {
    const { log } = await openLog();
    let calls = 0;
    {
      using _listening = log.onPublish(() => (calls += 1));
      await log.append(deltas(1), 0);
    }
    await log.append(deltas(1), 0);
    expect(calls).toBe(1);
  });
});
