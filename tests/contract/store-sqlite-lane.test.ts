/** The SQLite store where it keeps events without its thread: what is kept at once, and what happens when it can't be. */
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { appendUntilAtOnce, isKeptAtOnce } from "../support/kept-at-once.ts";
import { problemCode } from "../support/problem-code.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { DEADLINE_MS } from "../support/within.ts";
import {
  A,
  B,
  checkpoint,
  event,
  events,
  loadAll,
  loadOnly,
  record,
  stored,
  submission,
} from "../support/store-records.ts";

allowProcesses();

const appendTo = (store: RuntimeStore) => (position: number) => store.append(A, events(position, position));

test("a SQLite store keeps events alone in the step that asks for it, before and after what its thread does", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open();
  await store.putWorker(record(A));
  let head = await appendUntilAtOnce(1, appendTo(store));
  await store.append(A, events(head + 1, head + 1), { submission: submission(1) });
  head = await appendUntilAtOnce(head + 2, appendTo(store));
  await store.append(A, events(head + 1, head + 1), { record: record(A) });
  await store.checkpoint(A, checkpoint(head));
  head = await appendUntilAtOnce(head + 2, appendTo(store));
  expect(await loadOnly(store)).toMatchObject({ events: events(1, head), head, submissions: [submission(1)] });
  head = await appendUntilAtOnce(head + 1, appendTo(store));
  expect((await loadOnly(store)).events).toEqual(events(1, head));
});

test("a SQLite store that was opened again keeps events at once too", async () => {
  using folder = new StoreFolder();
  await folder.use(async (store) => {
    await store.putWorker(record(A));
    await store.append(A, events(1, 2));
  });
  const head = await folder.use((store) => appendUntilAtOnce(3, appendTo(store)));
  await folder.use(async (store) => {
    expect(await loadOnly(store)).toEqual(stored(A, { events: events(1, head), head }));
    await expect(store.append(A, events(head, head))).rejects.toThrow(RangeError);
  });
});

test("a SQLite store whose file is busy keeps events when it is free", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open();
  await store.putWorker(record(A));
  const holder = new DatabaseSync(folder.path);
  holder.exec("BEGIN IMMEDIATE");
  let isKept = false;
  const kept = store.append(A, events(1, 1)).then(() => (isKept = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isKept).toBe(false);
  holder.exec("COMMIT");
  holder.close();
  await kept;
  const head = await appendUntilAtOnce(2, appendTo(store));
  expect(await loadOnly(store)).toMatchObject({ events: events(1, head), head });
});

test("a SQLite store that runs out of room one token at a time says so, keeps what it has, and goes on", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open({ maxBytes: 1024 * 1024 });
  await store.putWorker(record(A));
  await store.putWorker(record(B));
  await store.append(B, [event(1, "x".repeat(200_000))]);
  const small = (position: number) => event(position, "x".repeat(1_000));
  let kept = 0;
  let atOnce = 0;
  let code: string | null = null;
  while (code === null) {
    code = await problemCode(async () => {
      if (await isKeptAtOnce(store.append(A, [small(kept + 1)]))) atOnce += 1;
      kept += 1;
    });
  }
  expect(code).toBe("store_full");
  expect(atOnce).toBeGreaterThan(kept / 10);
  const [worker] = await loadAll(store);
  expect(worker).toMatchObject({ head: kept, events: Array.from({ length: kept }, (_, index) => small(index + 1)) });
  await store.removeWorker(B);
  await store.append(A, [small(kept + 1)]);
  expect((await loadOnly(store)).head).toBe(kept + 1);
});

test("a SQLite store brings to the disk what it kept at once, as soon as it rests", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open();
  await store.putWorker(record(A));
  const head = await appendUntilAtOnce(1, appendTo(store));
  // In the database itself, which is read here without the log.
  const kept = () => {
    const url = new URL(`file://${folder.path}`);
    url.searchParams.set("immutable", "1");
    const database = new DatabaseSync(url, { readOnly: true });
    try {
      return database.prepare("SELECT count(*) AS count FROM events").get()?.["count"];
    } finally {
      database.close();
    }
  };
  await expect.poll(kept, { timeout: DEADLINE_MS }).toBe(head);
});

type Action = {
  readonly kind: "append" | "submit" | "checkpoint" | "remove" | "wait" | "reopen";
  readonly worker: number;
};

const WORKERS = [A, B];
const actions = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 12, arbitrary: fc.constant("append" as const) },
      { weight: 3, arbitrary: fc.constantFrom("submit", "checkpoint", "wait") },
      { weight: 1, arbitrary: fc.constantFrom("remove", "remove", "reopen") },
    ),
    worker: fc.nat(WORKERS.length - 1),
  }),
  { minLength: 60, maxLength: 120 },
);

test("a SQLite store has what one in memory has, whoever waits for what and whichever way it went", async () => {
  const property = fc.asyncProperty(actions, async (steps: readonly Action[]) => {
    using folder = new StoreFolder();
    const memory = createMemoryStore();
    let store = await folder.open();
    const heads = new Map(WORKERS.map((worker) => [worker, 0]));
    let number = 0;
    let going: Promise<unknown>[] = [];
    const both = (act: (on: RuntimeStore) => Promise<void>) => {
      going.push(act(store), act(memory));
    };
    const wait = async () => {
      await Promise.all(going);
      going = [];
    };
    try {
      for (const worker of WORKERS) both((on) => on.putWorker(record(worker)));
      for (const { kind, worker: index } of steps) {
        const worker = WORKERS[index]!;
        const head = heads.get(worker) ?? 0;
        number += 1;
        const extras = kind === "submit" ? { submission: submission(number) } : {};
        switch (kind) {
          case "append":
          case "submit":
            heads.set(worker, head + 2);
            both((on) => on.append(worker, events(head + 1, head + 2), extras));
            break;
          case "checkpoint":
            both((on) => on.checkpoint(worker, checkpoint(head, { oldestPosition: Math.max(1, head - 5) })));
            break;
          case "remove":
            heads.set(worker, 0);
            both((on) => on.removeWorker(worker));
            both((on) => on.putWorker(record(worker)));
            break;
          case "wait":
            await wait();
            await Promise.all([store, memory].map((on) => on.append(worker, events(head + 1, head + 1))));
            heads.set(
              worker,
              await appendUntilAtOnce(head + 2, async (position) => {
                const one = events(position, position);
                going.push(memory.append(worker, one));
                await store.append(worker, one);
              }),
            );
            break;
          case "reopen":
            await wait();
            await store[Symbol.asyncDispose]();
            store = await folder.open();
        }
      }
      await wait();
      expect(await loadAll(store)).toEqual(await loadAll(memory));
      await store[Symbol.asyncDispose]();
      store = await folder.open();
      expect(await loadAll(store)).toEqual(await loadAll(memory));
    } finally {
      await store[Symbol.asyncDispose]();
    }
  });
  await fc.assert(property, { numRuns: 4, endOnFailure: true });
});
