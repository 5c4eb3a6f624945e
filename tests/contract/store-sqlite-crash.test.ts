/** The SQLite store when its process, or what it wrote last, goes away. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { problemCode } from "../support/problem-code.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { StoreProcess } from "../support/store-process.ts";
import { A, B, checkpoint, event, events, loadAll, loadOnly, record, stored } from "../support/store-records.ts";

allowProcesses();

describe("a SQLite store whose process was killed", () => {
  test.each([2, 40, 300, 3_000])("after %d lines has everything that was acknowledged, in order", async (lines) => {
    using folder = new StoreFolder();
    await using process = new StoreProcess(folder.path);
    await process.printed(lines);
    await process.kill();
    // The process writes by itself; at 3000 lines its thread has saved in between.
    expect(process.lines[0]).toBe("open");
    await using store = await folder.open();
    const worker = await loadOnly(store);
    const kept = worker.events.length;
    expect(process.acknowledged).toBeGreaterThanOrEqual(lines - 1);
    expect(kept).toBeGreaterThanOrEqual(process.acknowledged);
    const written = Array.from({ length: kept }, (_, index) => event(index + 1, "x".repeat(10)));
    expect(worker).toMatchObject({ events: written, head: kept, mayHaveLostTail: true });
    expect(store.diagnostics()).toEqual([]);
  });

  test("lets the next one in at once, and none while it lived", async () => {
    using folder = new StoreFolder();
    await using process = new StoreProcess(folder.path);
    await process.printed(2);
    expect(await problemCode(folder.open())).toBe("store_locked");
    await process.kill();
    expect(await problemCode(folder.use(loadAll))).toBe(null);
  });

  test("opens wherever its log was torn, with a part from the beginning and the end in doubt", async () => {
    using folder = new StoreFolder();
    await using process = new StoreProcess(folder.path, { bytes: 700, maxEvents: 60 });
    // It ends by itself: a little later its thread would have saved, and the log would not be all that there is.
    await process.exited;
    const log = readFileSync(`${folder.path}-wal`);
    expect(log.length).toBeGreaterThan(60 * 700);
    const lengths = Array.from({ length: 16 }, (_, index) => Math.floor((log.length * index) / 15));
    const counts = [];
    for (const length of [...lengths, 31, 33, log.length - 1]) {
      using torn = new StoreFolder();
      mkdirSync(dirname(torn.path));
      copyFileSync(folder.path, torn.path);
      writeFileSync(`${torn.path}-wal`, log.subarray(0, length));
      await using store = await torn.open();
      const [worker] = await loadAll(store);
      const found = worker?.kind === "worker" ? worker.events : [];
      expect(found).toEqual(found.map((_, index) => event(index + 1, "x".repeat(700))));
      const sound = stored(A, { events: found, head: found.length, mayHaveLostTail: true });
      expect(worker).toEqual(worker && sound);
      counts.push(found.length);
    }
    const rising = counts.slice(0, lengths.length);
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    expect(rising[0]).toBe(0);
    expect(rising.at(-1)).toBeGreaterThanOrEqual(process.acknowledged);
    expect(new Set(rising).size).toBeGreaterThan(5);
  });
});

describe("a SQLite store's doubt about the end of a log", () => {
  const tails = async (folder: StoreFolder) =>
    folder.use(async (store) =>
      (await loadAll(store)).map((worker) => worker.kind === "worker" && worker.mayHaveLostTail),
    );

  /** What the file looks like when a process ends without closing it. */
  const crash = (folder: StoreFolder) => folder.edit("UPDATE facts SET value = '0' WHERE name = 'clean'");

  test("is not there after an orderly end", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      await store.append(A, events(1, 3));
    });
    expect(await tails(folder)).toEqual([false]);
    expect(folder.query("SELECT value FROM facts WHERE name = 'clean'")).toEqual([{ value: "1" }]);
  });

  test("begins with the first write, and not before", async () => {
    using folder = new StoreFolder();
    await folder.use((store) => store.putWorker(record(A)));
    for (const writes of [false, true]) {
      await using store = await folder.open();
      if (writes) await store.append(A, events(1, 1));
      using copy = new StoreFolder();
      mkdirSync(dirname(copy.path));
      copyFileSync(folder.path, copy.path);
      copyFileSync(`${folder.path}-wal`, `${copy.path}-wal`);
      expect(await copy.use(loadOnly)).toMatchObject({ mayHaveLostTail: writes, head: writes ? 1 : 0 });
    }
  });

  test("stays over orderly ends until the Worker's record is written with an event", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      await store.putWorker(record(B));
    });
    crash(folder);
    expect(await tails(folder)).toEqual([true, true]);
    await folder.use((store) => store.append(A, events(1, 1)));
    expect(await tails(folder)).toEqual([true, true]);
    await folder.use(async (store) => {
      await store.append(A, events(2, 2), { record: record(A, { epoch: "00000002" }) });
      await store.checkpoint(B, checkpoint(0));
    });
    expect(await tails(folder)).toEqual([false, true]);
    crash(folder);
    expect(await tails(folder)).toEqual([true, true]);
  });
});

test("a SQLite store is opened once in a process too", async () => {
  using folder = new StoreFolder();
  await using store = await folder.open();
  expect(await problemCode(folder.open())).toBe("store_locked");
  await store.putWorker(record(A));
  expect(await loadAll(store)).toHaveLength(1);
});
