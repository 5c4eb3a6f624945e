/** The SQLite store keeps the store contract, and keeps it over its end. */
import { existsSync, statSync } from "node:fs";
import process from "node:process";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { RuntimeId } from "../../protocol/id.ts";
import { problemCode } from "../support/problem-code.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import {
  A,
  B,
  bundle,
  checkpoint,
  entries,
  event,
  events,
  loadAll,
  loadOnly,
  record,
  stored,
  submission,
} from "../support/store-records.ts";
import { storeSuite } from "./store-suite.ts";

allowProcesses();

const folders: StoreFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder[Symbol.dispose]()));

storeSuite("the SQLite store", () => {
  const folder = new StoreFolder();
  folders.push(folder);
  return folder.open();
});

describe("a SQLite store that is opened again", () => {
  test("has all that it had, and goes on after it", async () => {
    using folder = new StoreFolder();
    const owner = { runtimeId: RuntimeId.parse("lab"), createdTs: 3 };
    const before = await folder.use(async (store) => {
      await store.putRuntime(owner);
      await store.putConfigBundle(bundle("b", "r1"));
      await store.putWorker(record(B, { lifecycle: "stopped" }));
      await store.putWorker(record(A));
      await store.append(A, events(1, 6), { submission: submission(1) });
      const forget = { oldestPosition: 2, compacted: [3], oldestEntry: 1 };
      await store.checkpoint(A, checkpoint(5, { entries: entries(0, 2), ...forget }));
      return loadAll(store);
    });
    await folder.use(async (store) => {
      expect(await loadAll(store)).toEqual(before);
      expect(await store.loadRuntime()).toEqual(owner);
      expect(await store.loadConfigBundles()).toEqual([bundle("b", "r1")]);
      expect(store.diagnostics()).toEqual([]);
      await expect(store.append(A, events(6, 6))).rejects.toThrow(RangeError);
      await expect(store.checkpoint(A, checkpoint(4))).rejects.toThrow(RangeError);
      await expect(store.checkpoint(A, checkpoint(6, { entries: entries(4, 4) }))).rejects.toThrow(RangeError);
      await store.append(A, events(7, 7), { submission: submission(2) });
      await store.checkpoint(A, checkpoint(7, { entries: entries(3, 3), oldestPosition: 6, oldestEntry: 2 }));
    });
    await folder.use(async (store) => {
      expect((await loadAll(store))[0]).toEqual(
        stored(A, {
          checkpoint: { position: 7, state: '{"at":7}' },
          entries: entries(2, 3),
          events: events(6, 7),
          submissions: [submission(1), submission(2)],
          head: 7,
        }),
      );
    });
  });

  test("knows where logs and conversations end, also when all of them is forgotten", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      await store.append(A, events(1, 3));
      const nothing = { oldestEntry: 2, oldestPosition: 4 };
      await store.checkpoint(A, checkpoint(3, { entries: entries(0, 1), ...nothing }));
    });
    await folder.use(async (store) => {
      expect(await loadOnly(store)).toMatchObject({ head: 3, events: [], entries: [] });
      await store.append(A, events(4, 4));
      await store.checkpoint(A, checkpoint(4, { entries: entries(2, 2), oldestEntry: 2 }));
    });
    await folder.use(async (store) => expect(await loadOnly(store)).toMatchObject({ entries: entries(2, 2), head: 4 }));
  });

  test("leaves nothing but its file and its lock beside it, for its owner's eyes only", async () => {
    using folder = new StoreFolder();
    await folder.use((store) => store.putWorker(record(A)));
    expect(["", ".lock", "-wal", "-shm"].map((suffix) => existsSync(folder.path + suffix))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(statSync(folder.path).mode & 0o077).toBe(0);
    expect(statSync(`${folder.folder}/data`).mode & 0o077).toBe(0);
  });

  test("refuses what comes after its end", async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    const last = store.putWorker(record(A));
    await store[Symbol.asyncDispose]();
    await last;
    expect(await problemCode(store.append(A, events(1, 1)))).toBe("store_failed");
    expect(await problemCode(store.loadRuntime())).toBe("store_failed");
    expect(await problemCode(store.backup!(`${folder.folder}/copy`))).toBe("store_failed");
    await store[Symbol.asyncDispose]();
  });
});

test("a SQLite store says that it is lost when its thread has ended, and not before", async () => {
  using folder = new StoreFolder();
  const started = Promise.withResolvers<Worker>();
  process.once("worker", started.resolve);
  const store = await folder.open();
  expect([store.isLost(), store.diagnostics()]).toEqual([false, []]);
  await (await started.promise).terminate();
  expect(store.isLost()).toBe(true);
  expect(store.diagnostics()).toMatchObject([{ code: "store_failed", severity: "error" }]);
  expect(await problemCode(store.putWorker(record(A)))).toBe("store_failed");
  expect(await problemCode(() => store[Symbol.asyncDispose]())).toBe("store_failed");
});

describe("the size of a SQLite store", () => {
  test("follows what is kept: forgetting gives room back", async () => {
    using folder = new StoreFolder();
    const text = "x".repeat(1_000);
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      for (let first = 1; first <= 20_000; first += 1_000) {
        await store.append(
          A,
          Array.from({ length: 1_000 }, (_, index) => event(first + index, text)),
        );
        await store.checkpoint(A, checkpoint(first + 999, { oldestPosition: Math.max(1, first - 1_000) }));
      }
      const kept = (await loadOnly(store)).events.reduce((sum, { payload }) => sum + payload.length, 0);
      expect(kept).toBeGreaterThan(2_000_000);
      // Twenty times as much has gone through; a log of SQLite's own is allowed for.
      const size = () => statSync(folder.path).size + statSync(`${folder.path}-wal`).size;
      expect(size()).toBeLessThan(kept * 3 + 24 * 1024 * 1024);
    });
    const [{ kept } = { kept: 0 }] = folder.query("SELECT sum(length(payload)) AS kept FROM events");
    expect(statSync(folder.path).size).toBeLessThan(Number(kept) * 3);
  });
});
