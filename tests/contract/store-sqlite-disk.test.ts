/** The SQLite store and its disk: full, not to be written to, shared among many writers, copied while in use. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { openFile } from "../../runtime/store/sqlite-file.ts";
import { storeProblem } from "../../runtime/store/sqlite-problem.ts";
import { problemCode } from "../support/problem-code.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { StoreProcess } from "../support/store-process.ts";
import {
  A,
  B,
  checkpoint,
  entries,
  event,
  events,
  loadAll,
  loadOnly,
  record,
  submission,
} from "../support/store-records.ts";

allowProcesses();

const MEBI = 1024 * 1024;
const big = (position: number) => event(position, "x".repeat(100_000));

describe("a SQLite store that has no room left", () => {
  test("says so, keeps what it has, and goes on once there is room", async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ maxBytes: MEBI });
    await store.putWorker(record(A));
    await store.putWorker(record(B));
    await store.append(B, [big(1), big(2), big(3)]);
    let kept = 0;
    let code: string | null = null;
    while (code === null) {
      code = await problemCode(store.append(A, [big(kept + 1)], { submission: submission(kept + 1) }));
      if (code === null) kept += 1;
    }
    expect(code).toBe("store_full");
    expect(kept).toBeGreaterThan(3);
    const whole = { head: kept, events: Array.from({ length: kept }, (_, index) => big(index + 1)) };
    expect((await loadAll(store))[0]).toMatchObject({ ...whole, submissions: { length: kept } });
    await store.removeWorker(B);
    await store.append(A, [big(kept + 1)]);
    expect((await loadOnly(store)).head).toBe(kept + 1);
  });

  test("keeps what is small among what is too much", async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ maxBytes: MEBI });
    await store.putWorker(record(A));
    await store.putWorker(record(B));
    const outcomes = await Promise.allSettled([
      store.append(A, events(1, 1)),
      store.append(A, [event(2, "x".repeat(2 * MEBI))]),
      store.append(B, events(1, 3)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await store.append(A, events(2, 2));
    expect((await loadAll(store)).map((worker) => worker.kind === "worker" && worker.events)).toEqual([
      events(1, 2),
      events(1, 3),
    ]);
  });

  test("makes room by a checkpoint, although that brings entries of its own", async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ maxBytes: MEBI });
    await store.putWorker(record(A));
    let head = 0;
    while ((await problemCode(store.append(A, [big(head + 1)]))) === null) head += 1;
    await store.checkpoint(A, checkpoint(head, { entries: entries(0, 9), oldestPosition: head + 1 }));
    await store.append(A, [big(head + 1)]);
    expect(await loadOnly(store)).toMatchObject({ events: [big(head + 1)], entries: entries(0, 9) });
  });

  test("on a disk that gives no more has everything that it acknowledged", async () => {
    using folder = new StoreFolder();
    await using process = new StoreProcess(folder.path, { bytes: 50_000, maxBlocks: 4_096 });
    await process.exited;
    expect(process.lines.at(-1)).toBe("store_full");
    await using store = await folder.open();
    const { events: kept } = await loadOnly(store);
    expect(process.acknowledged).toBeGreaterThan(10);
    expect(kept).toEqual(kept.map((_, index) => event(index + 1, "x".repeat(50_000))));
    expect(kept.length).toBe(process.acknowledged);
    await store.append(A, [event(kept.length + 1)]);
  });
});

describe("a SQLite store that can't be written to", () => {
  test("is refused where its folder can't be", async () => {
    using folder = new StoreFolder();
    const code = async (path: string) => problemCode(folder.open({ path }));
    writeFileSync(join(folder.folder, "file"), "");
    expect(await code(join(folder.folder, "file", "runtime.sqlite"))).toBe("store_failed");
    mkdirSync(join(folder.folder, "runtime.sqlite"));
    expect(await code(join(folder.folder, "runtime.sqlite"))).toBe("store_failed");
  });

  test("is told apart from one that fails, by SQLite's words and by the disk's", async () => {
    using folder = new StoreFolder();
    await folder.use((store) => store.putWorker(record(A)));
    const failureOf = (attempt: () => unknown): unknown => {
      try {
        attempt();
        throw new Error("Cannot look at the failure: there was none");
      } catch (error) {
        return error;
      }
    };
    const database = new DatabaseSync(folder.path, { readOnly: true });
    const refused = failureOf(() => database.exec("DELETE FROM workers"));
    database.close();
    expect(storeProblem(refused, folder.path)).toMatchObject({ code: "store_read_only", cause: refused });
    for (const [code, expected] of [
      ["EROFS", "store_read_only"],
      ["EACCES", "store_read_only"],
      ["ENOSPC", "store_full"],
      ["EDQUOT", "store_full"],
      ["EIO", "store_failed"],
    ]) {
      const problem = storeProblem(Object.assign(new Error("a secret path"), { code }), folder.path);
      expect(problem).toMatchObject({ code: expected });
      expect(problem.message).not.toContain("secret");
    }
  });

  test("says what it is when a table refuses, and keeps what it has", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      await store.append(A, events(1, 1));
    });
    folder.edit("CREATE TRIGGER stop BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'a secret path'); END");
    await using store = await folder.open();
    const refusal: unknown = await store.append(A, events(2, 2)).catch((error: unknown) => error);
    if (!(refusal instanceof ProblemError)) throw new Error("Cannot look at the refusal: there was none");
    expect(refusal).toMatchObject({ code: "store_failed", cause: { message: "a secret path" } });
    expect(refusal.message).not.toContain("secret");
    expect(await loadOnly(store)).toMatchObject({ head: 1, events: events(1, 1) });
    expect(await problemCode(store.putWorker(record(A, { lifecycle: "stopped" })))).toBe(null);
  });
});

test("a SQLite store has no file beside its own, so that no other folder has to be written to", () => {
  using folder = new StoreFolder();
  using file = openFile({ path: folder.path, sync: "normal", maxBytes: null });
  expect(file.database.prepare("PRAGMA temp_store").get()).toEqual({ temp_store: 2 });
});

describe("many writers of a SQLite store", () => {
  /** Commits in SQLite's log: frames that carry the size of the database. */
  const commitsIn = (path: string): number => {
    const log = readFileSync(path);
    const salts = log.subarray(16, 24);
    let commits = 0;
    for (let frame = 32; frame + 24 <= log.length; frame += 24 + 4_096) {
      const isOfThisLog = log.subarray(frame + 8, frame + 16).equals(salts);
      if (isOfThisLog && log.readUInt32BE(frame + 4) > 0) commits += 1;
    }
    return commits;
  };

  test("share their commits, and each of them is answered when its own is kept", async () => {
    using folder = new StoreFolder();
    await using store = await folder.open();
    await store.putWorker(record(A));
    // A store that rests for a moment begins its log anew, and what was committed before would not be counted.
    using _reader = folder.reading();
    const workers = Array.from({ length: 200 }, (_, index) => WorkerId.parse(`worker-${index}`));
    await Promise.all(workers.map((worker) => store.putWorker(record(worker))));
    const before = commitsIn(`${folder.path}-wal`);
    await Promise.all(workers.map((worker) => store.append(worker, events(1, 1))));
    const together = commitsIn(`${folder.path}-wal`) - before;
    expect(together).toBeGreaterThan(0);
    expect(together).toBeLessThanOrEqual(5);
    for (const position of [2, 3, 4]) await store.append(workers[0]!, events(position, position));
    expect(commitsIn(`${folder.path}-wal`) - before).toBe(together + 3);
  });
});

describe("a copy of a SQLite store in use", () => {
  test("is of one moment, while what is written goes on", async () => {
    using folder = new StoreFolder();
    const path = join(folder.folder, "copy.sqlite");
    await using store = await folder.open();
    await store.putWorker(record(A));
    await store.append(A, events(1, 2_000), { submission: submission(1) });
    const copied = store.backup!(path);
    let head = 2_000;
    let isCopied = false;
    void copied.then(() => (isCopied = true));
    while (!isCopied) {
      await store.append(A, [event(head + 1)]);
      head += 1;
    }
    await copied;
    expect(head).toBeGreaterThan(2_000);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readdirSync(folder.folder).filter((name) => name.endsWith(".part"))).toEqual([]);
    await using copy = await folder.open({ path });
    const worker = await loadOnly(copy);
    expect(worker.events).toEqual(events(1, worker.head));
    expect(worker.head).toBeGreaterThanOrEqual(2_000);
    expect(worker).toMatchObject({ submissions: [submission(1)], mayHaveLostTail: true });
    expect((await loadOnly(store)).events).toEqual(events(1, head));
  });

  test("never takes the place of a file, and leaves nothing where it fails", async () => {
    using folder = new StoreFolder();
    await using store = await folder.open();
    await store.putWorker(record(A));
    const path = join(folder.folder, "copy.sqlite");
    writeFileSync(path, "mine");
    expect(await problemCode(store.backup!(path))).toBe("store_failed");
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(await problemCode(store.backup!(join(folder.folder, "nowhere", "copy.sqlite")))).toBe("store_failed");
    expect(existsSync(join(folder.folder, "nowhere"))).toBe(false);
    expect(await problemCode(store.append(A, events(1, 1)))).toBe(null);
  });

  test("is finished before the store is closed", async () => {
    using folder = new StoreFolder();
    const path = join(folder.folder, "copy.sqlite");
    const store = await folder.open();
    await store.putWorker(record(A));
    const copied = store.backup!(path);
    await store[Symbol.asyncDispose]();
    await copied;
    expect(existsSync(path)).toBe(true);
  });
});
