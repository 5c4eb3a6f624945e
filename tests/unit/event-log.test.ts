/** The event log: what is published when, what is kept, what is let go. */
import { describe, expect, test } from "vitest";
import type { Event } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import { EventLog, PIECES_GRACE_MS, type RetentionLimits } from "../../runtime/event-log.ts";
import type { WorkerRecord } from "../../runtime/store/store.ts";
import { createFailingStore, type FailingStore } from "../support/failing-store.ts";
import { settle } from "../support/manual-clock.ts";
import { storedWorkers } from "../support/stored-workers.ts";

const WORKER = WorkerId.parse("companion");
const RECORD = {
  workerId: WORKER,
  displayName: "Companion",
  profile: { kind: "runtime_default" },
  lifecycle: "running",
  epoch: "3f9a01c2",
  formerEpochs: [],
  createdTs: 0,
} as const;

const delta = (text: string): Event => ({ event: "text_delta", data: { text } });
const deltas = (count: number): Event[] => Array.from({ length: count }, (_, index) => delta(String(index)));
const done: Event = { event: "text_done", data: { text: "whole" } };
const CHARS = JSON.stringify(delta("0")).length;

interface OpenOptions {
  readonly limits?: Partial<RetentionLimits>;
  readonly store?: FailingStore;
  readonly renewal?: () => WorkerRecord | null;
}

async function openLog({ limits = {}, store = createFailingStore(), renewal = () => null }: OpenOptions = {}) {
  const [loaded] = await storedWorkers(store);
  if (loaded === undefined) await store.putWorker(RECORD);
  const renewed: WorkerRecord[] = [];
  const log = new EventLog({
    workerId: WORKER,
    store,
    limits: {
      retentionEvents: 100,
      retentionChars: 1_000_000,
      retentionAgeMs: 1_000_000,
      retentionDeltasMs: 1_000_000,
      ...limits,
    },
    kept: loaded?.events ?? [],
    head: loaded?.head ?? 0,
    oldest: loaded?.events[0]?.position ?? 1,
    renewal,
    onRenewed: (record) => renewed.push(record),
  });
  const published: number[][] = [];
  log.onPublish((batch) => published.push(batch.map(({ record }) => record.position)));
  return { log, store, published, renewed };
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
    const { log } = await openLog({ limits: { retentionEvents: 3 } });
    await log.append(deltas(5), 0);
    expect([positions(log, 6), positions(log, 1), positions(log, 2)]).toEqual(["ahead", "expired", [3, 4, 5]]);
    expect(log.oldest).toBe(3);
  });

  test("finds the right events whatever has been evicted and cut off", async () => {
    const { log } = await openLog({ limits: { retentionEvents: 8 } });
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
    const { log } = await openLog({ limits: { retentionChars: CHARS * 3 } });
    await log.append(deltas(5), 0);
    expect(log.oldest).toBe(3);
    await log.append([delta("x".repeat(CHARS * 3))], 0);
    expect([log.oldest, log.head, positions(log, 5), positions(log, 6)]).toEqual([7, 6, "expired", []]);
  });

  test("goes on at the same position in the next process, also after one event that outgrew everything", async () => {
    const limits = { retentionEvents: 4, retentionChars: 200 };
    const { log, store } = await openLog({ limits });
    await log.append(deltas(6), 0);
    await log.append([delta("x".repeat(1_000))], 0);
    const next = await openLog({ limits, store });
    expect([next.log.head, next.log.oldest]).toEqual([7, 8]);
    expect(await next.log.append(deltas(1), 0)).toBe(8);
  });

  test("is bounded by age, once that is looked at", async () => {
    const { log } = await openLog({ limits: { retentionAgeMs: 10 } });
    await log.append(deltas(2), 5);
    await log.append(deltas(2), 8);
    expect([log.retain(15), log.oldest]).toEqual([false, 1]);
    expect([log.retain(16), log.oldest, positions(log, 1), positions(log, 2)]).toEqual([true, 3, "expired", [3, 4]]);
    expect([log.retain(1_000), log.oldest, log.head, positions(log, 4)]).toEqual([true, 5, 4, []]);
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

describe("what an EventLog compacts", () => {
  const answer = (count: number): Event[] => [
    ...deltas(count),
    {
      event: "text_done",
      data: {
        text: deltas(count)
          .map((one) => pieceOf(one))
          .join(""),
      },
    },
  ];
  const pieceOf = (event: Event) => (event.event === "text_delta" ? (event.data as { text: string }).text : "");

  test("are the pieces of a finished text but for the first, before any event is let go", async () => {
    const { log } = await openLog({ limits: { retentionEvents: 8 } });
    await log.append(answer(6), 0);
    expect([positions(log, 0), log.compacted]).toEqual([[1, 2, 3, 4, 5, 6, 7], []]);
    await log.append(deltas(2), PIECES_GRACE_MS);
    expect([positions(log, 0), positions(log, 4), log.oldest]).toEqual([[1, 7, 8, 9], [7, 8, 9], 1]);
    expect(log.compacted).toEqual([2, 3, 4, 5, 6]);
    log.forgotten([2, 3]);
    expect(log.compacted).toEqual([4, 5, 6]);
  });

  test("are never the pieces of a text that is being written", async () => {
    const { log } = await openLog({ limits: { retentionEvents: 4 } });
    await log.append(deltas(6), 0);
    expect([positions(log, 2), log.compacted, log.oldest]).toEqual([[3, 4, 5, 6], [], 3]);
  });

  test("are never pieces that whoever follows a full log may still have to read", async () => {
    const { log } = await openLog({ limits: { retentionEvents: 8 } });
    const others = (count: number) => Array.from({ length: count }, (): Event => ({ event: "thinking_start" }));
    await log.append(others(8), 0);
    await log.append(answer(3), 1);
    expect([positions(log, 8), log.compacted]).toEqual([[9, 10, 11, 12], []]);
    await log.append(others(1), PIECES_GRACE_MS);
    expect([positions(log, 8), log.compacted]).toEqual([[9, 10, 11, 12, 13], []]);
    await log.append(others(1), 1 + PIECES_GRACE_MS);
    expect([positions(log, 8), log.compacted, log.oldest]).toEqual([[9, 12, 13, 14], [10, 11], 6]);
  });

  test("are those that have been whole for long enough, once that is looked at", async () => {
    const { log } = await openLog({ limits: { retentionDeltasMs: 10 } });
    await log.append(answer(3), 0);
    await log.append(answer(3), 5);
    expect([log.retain(9), log.retain(10)]).toEqual([false, true]);
    expect(positions(log, 0)).toEqual([1, 4, 5, 6, 7, 8]);
    const next = await openLog({ limits: { retentionDeltasMs: 10 } });
    expect(next.log.retain(100)).toBe(false);
  });

  test("are found again among the events of a former process", async () => {
    const { log, store } = await openLog();
    await log.append(answer(3), 0);
    const next = await openLog({ limits: { retentionDeltasMs: 10 }, store });
    expect([next.log.retain(10), positions(next.log, 0), next.log.compacted]).toEqual([true, [1, 4], [2, 3]]);
  });
});

describe("a Worker's record that has to change with the next event", () => {
  test("is stored with it, once, and not where the store refuses it", async () => {
    const record = { ...RECORD, epoch: "00000002", formerEpochs: [{ epoch: RECORD.epoch, end: 0 }] };
    const changes: (WorkerRecord | null)[] = [record, record];
    const { log, store, renewed } = await openLog({ renewal: () => changes.shift() ?? null });
    store.fail("append", 1);
    await expect(log.append(deltas(1), 0)).rejects.toThrow("The disk is full");
    expect([renewed, (await storedWorkers(store))[0]?.record]).toEqual([[], RECORD]);
    await log.append(deltas(1), 0);
    await log.append(deltas(1), 0);
    expect([renewed, (await storedWorkers(store))[0]?.record]).toEqual([[record], record]);
  });
});

describe("EventLog.compacted", () => {
  test("forgets what it told, and not what came while the store was forgetting that", async () => {
    const { log } = await openLog({ limits: { retentionDeltasMs: 10 } });
    await log.append([...deltas(3), done], 0);
    log.retain(10);
    const told = log.compacted;
    await log.append([...deltas(3), done], 20);
    log.retain(30);
    expect([told, log.compacted]).toEqual([
      [2, 3],
      [2, 3, 6, 7],
    ]);
    log.forgotten(told);
    expect(log.compacted).toEqual([6, 7]);
  });

  test("takes the pieces of a text however many there are", async () => {
    const { log } = await openLog({
      limits: { retentionEvents: 1_000_000, retentionChars: 2 ** 30, retentionDeltasMs: 10 },
    });
    const pieces = deltas(50_000);
    for (let times = 0; times < 6; times += 1) await log.append(pieces, 0);
    await log.append([done], 0);
    expect(log.retain(10)).toBe(true);
    expect([log.compacted.length, positions(log, 0)]).toEqual([299_999, [1, 300_001]]);
  });
});

describe("EventLog.retain()", () => {
  test("says that something went also where as much as that was compacted before", async () => {
    const { log } = await openLog({ limits: { retentionEvents: 8, retentionDeltasMs: 0, retentionAgeMs: 100 } });
    await log.append([...deltas(3), done], 0);
    log.retain(0);
    const others = (count: number) => Array.from({ length: count }, (): Event => ({ event: "thinking_start" }));
    await log.append(others(2), 0);
    await log.append(others(6), 50);
    const { oldest } = log;
    const went = log.retain(101);
    expect([oldest, log.oldest, went]).toEqual([5, 7, true]);
    expect(log.retain(101)).toBe(false);
  });
});
