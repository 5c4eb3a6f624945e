/** The SQLite store that the program opens itself: it keeps the contract before, while and after its thread takes over. */
import { renameSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { appendUntilAtOnce, isKeptAtOnce } from "../support/kept-at-once.ts";
import { problemCode } from "../support/problem-code.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { StoreProcess } from "../support/store-process.ts";
import {
  A,
  checkpoint,
  entries,
  event,
  events,
  loadOnly,
  record,
  stored,
  submission,
} from "../support/store-records.ts";
import { storeSuite } from "./store-suite.ts";

allowProcesses();

/** Longer than any test. */
const NO_THREAD = { earlyMs: 600_000 };
/** In the midst of it. */
const THREAD_SOON = { earlyMs: 1 };
const MAX_TRIES = 10_000;

const folders: StoreFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder[Symbol.dispose]()));

for (const [name, opening] of Object.entries({ "no thread yet": NO_THREAD, "a thread soon": THREAD_SOON })) {
  storeSuite(`the SQLite store with ${name}`, () => {
    const folder = new StoreFolder();
    folders.push(folder);
    return folder.open({}, opening);
  });
}

/** Appends until one is kept at once, which comes after the thread's first answer to a write. @returns its position */
async function appendUntilThread(store: RuntimeStore, first = 1): Promise<number> {
  for (let position = first; position < first + MAX_TRIES; position += 1) {
    if (await isKeptAtOnce(store.append(A, events(position, position)))) return position;
    // The thread starts meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`Cannot reach the thread: ${MAX_TRIES} appends have gone another way`);
}

/** Whether the store answers where it stands. */
const isEarly = (store: RuntimeStore) => isKeptAtOnce(store.loadRuntime().then(() => {}));

test("a small SQLite store is written by the program until its thread has it, and by both after that", async () => {
  using folder = new StoreFolder();
  let head: number;
  {
    await using store = await folder.open({}, THREAD_SOON);
    // Before its first write, which takes a turn of the event loop: within it a quick thread may be there.
    expect(await isEarly(store)).toBe(true);
    await store.putWorker(record(A));
    head = await appendUntilThread(store);
    expect(await isEarly(store)).toBe(false);
    await store.append(A, events(head + 1, head + 1), { submission: submission(1) });
    head = await appendUntilAtOnce(head + 2, (position) => store.append(A, events(position, position)));
    await store.checkpoint(A, checkpoint(head, { entries: entries(0, 2), maxSubmissions: 1 }));
    expect(await loadOnly(store)).toMatchObject({ events: events(1, head), head, mayHaveLostTail: false });
  }
  expect(folder.query("SELECT value FROM facts WHERE name = 'clean'")).toEqual([{ value: "1" }]);
  expect(folder.query("SELECT lost_tail FROM workers")).toEqual([{ lost_tail: 0 }]);
  await using again = await folder.open();
  expect(await loadOnly(again)).toMatchObject({ events: events(1, head), head, mayHaveLostTail: false });
});

test("a SQLite store that may not even be looked at is refused by its name", async () => {
  using folder = new StoreFolder();
  // Longer than a file's name may be: nobody's rights help with that.
  const path = join(folder.folder, "data", `${"x".repeat(300)}.sqlite`);
  expect(await problemCode(folder.open({ path }, NO_THREAD))).toBe("store_failed");
});

test("a SQLite store whose list of what was set aside can't be read is refused by name, and free again", async () => {
  using folder = new StoreFolder();
  await folder.use((store) => store.putWorker(record(A)));
  folder.edit("INSERT INTO quarantine (ts, kind, reason) VALUES (1, x'00', '')");
  expect(await problemCode(folder.open({}, NO_THREAD))).toBe("store_failed");
  folder.edit("DELETE FROM quarantine");
  await using store = await folder.open({}, NO_THREAD);
  expect(await loadOnly(store)).toEqual(stored(A));
});

test("a SQLite store that ends without its thread has all that it was given, and was closed as it should be", async () => {
  using folder = new StoreFolder();
  {
    await using store = await folder.open({}, NO_THREAD);
    await store.putWorker(record(A));
    await store.append(A, events(1, 2), { submission: submission(1) });
    expect(await isEarly(store)).toBe(true);
  }
  expect(folder.query("SELECT value FROM facts WHERE name = 'clean'")).toEqual([{ value: "1" }]);
  await using again = await folder.open();
  const expected = stored(A, { events: events(1, 2), head: 2, submissions: [submission(1)] });
  expect(await loadOnly(again)).toEqual(expected);
});

test("a SQLite store that ends while its thread starts is closed, and free for others", async () => {
  for (let times = 0; times < 6; times += 1) {
    using folder = new StoreFolder();
    {
      await using store = await folder.open({}, THREAD_SOON);
      await store.putWorker(record(A));
      // Its timer comes due in one of these, and the thread is on its way then.
      for (let turn = 0; turn < times; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await using again = await folder.open({}, NO_THREAD);
    expect(await loadOnly(again)).toEqual(stored(A));
  }
});

test("a SQLite store that no thread can open goes on in the program, and is a thread's as soon as one can", async () => {
  using folder = new StoreFolder();
  const away = `${folder.folder}/away`;
  const failed = Promise.withResolvers<void>();
  let threads = 0;
  const count = (thread: Worker) => {
    threads += 1;
    thread.once("exit", () => failed.resolve());
  };
  process.on("worker", count);
  let head = 0;
  try {
    await using store = await folder.open({}, THREAD_SOON);
    // What is open stays open; by its name it is not to be found, before a turn of the event loop can start a thread.
    renameSync(dirname(folder.path), away);
    await store.putWorker(record(A));
    const failing = failed.promise.then(() => "failed");
    while ((await Promise.race([failing, store.append(A, events(head + 1, head + 1))])) !== "failed") head += 1;
    expect(await isEarly(store)).toBe(true);
    expect(await loadOnly(store)).toMatchObject({ events: events(1, head + 1), head: head + 1 });
    renameSync(away, dirname(folder.path));
    head = await appendUntilThread(store, head + 2);
    expect(threads).toBeGreaterThan(1);
    expect(await loadOnly(store)).toMatchObject({ events: events(1, head), head, mayHaveLostTail: false });
  } finally {
    process.off("worker", count);
  }
  await using again = await folder.open({}, NO_THREAD);
  expect(await loadOnly(again)).toMatchObject({ events: events(1, head), head, mayHaveLostTail: false });
});

test("a SQLite store is locked before its thread is there, and when it has taken over", async () => {
  using folder = new StoreFolder();
  {
    await using _store = await folder.open({}, NO_THREAD);
    expect(await problemCode(folder.open())).toBe("store_locked");
    expect(await problemCode(folder.open({}, NO_THREAD))).toBe("store_locked");
  }
  await using store = await folder.open({}, THREAD_SOON);
  await store.putWorker(record(A));
  await appendUntilThread(store);
  expect(await problemCode(folder.open())).toBe("store_locked");
  expect(await problemCode(folder.open({}, NO_THREAD))).toBe("store_locked");
});

test("a SQLite store whose commits all go to the disk is its thread's from the first", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open({ sync: "full" }, NO_THREAD);
  expect(await isEarly(store)).toBe(false);
});

test("a SQLite store that is large is its thread's from the first", async () => {
  using folder = new StoreFolder();
  const payload = "x".repeat(1024 * 1024);
  await folder.use(async (store) => {
    await store.putWorker(record(A));
    const large = [1, 2, 3, 4, 5].map((position) => ({ position, ts: position, payload: JSON.stringify(payload) }));
    await store.append(A, large);
  });
  await using store = await folder.open({}, NO_THREAD);
  expect(await isEarly(store)).toBe(false);
});

test.each([2, 40, 3_000])(
  "a SQLite store whose process was killed after %d lines has all that was acknowledged, whoever wrote it",
  async (lines) => {
    using folder = new StoreFolder();
    await using process = new StoreProcess(folder.path, {
      earlyMs: lines < 3_000 ? NO_THREAD.earlyMs : THREAD_SOON.earlyMs,
    });
    await process.printed(lines);
    await process.kill();
    await using store = await folder.open({}, NO_THREAD);
    const worker = await loadOnly(store);
    const kept = worker.events.length;
    expect(kept).toBeGreaterThanOrEqual(process.acknowledged);
    const written = Array.from({ length: kept }, (_, index) => event(index + 1, "x".repeat(10)));
    expect(worker).toMatchObject({ events: written, head: kept, mayHaveLostTail: true });
    expect(store.diagnostics()).toEqual([]);
  },
);
