/** The SQLite store when what it finds is not what it wrote. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { RuntimeId } from "../../protocol/id.ts";
import { migrate, MIGRATIONS } from "../../runtime/store/sqlite-schema.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { problemCode } from "../support/problem-code.ts";
import { VERSION_1 } from "../support/sqlite-version-1.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { StoreFolder } from "../support/store-folder.ts";
import {
  A,
  B,
  bundle,
  checkpoint,
  entries,
  entry,
  event,
  events,
  loadAll,
  loadOnly,
  record,
  stored,
  submission,
} from "../support/store-records.ts";

allowProcesses();

/** Two Workers with something of every kind. */
async function fill(store: RuntimeStore): Promise<void> {
  await store.putRuntime({ runtimeId: RuntimeId.parse("lab"), createdTs: 3 });
  await store.putConfigBundle(bundle("a", "r1"));
  await store.putConfigBundle(bundle("b", "r1"));
  for (const worker of [A, B]) {
    await store.putWorker(record(worker));
    for (const number of [1, 2, 3, 4, 5]) {
      await store.append(worker, [event(number)], { submission: submission(number) });
    }
    await store.checkpoint(worker, checkpoint(3, { entries: entries(0, 2) }));
  }
}

const WHOLE = {
  checkpoint: { position: 3, state: '{"at":3}' },
  entries: entries(0, 2),
  events: events(1, 5),
  submissions: [1, 2, 3, 4, 5].map(submission),
  head: 5,
};
const allBut = (...positions: number[]) => ({
  events: events(1, 5).filter(({ position }) => !positions.includes(position)),
  mayHaveLostTail: true,
});

describe("a SQLite store with a record that can't be read", () => {
  const ofA = "worker = (SELECT number FROM workers WHERE id = 'worker-a')";
  const firstOf = (table: string) => `id = (SELECT min(id) FROM ${table})`;

  test.each<[string, string, string, object]>([
    [
      "event that is not JSON",
      `UPDATE events SET payload = '{"event":"te' WHERE ${ofA} AND position = 2`,
      "event",
      allBut(2),
    ],
    ["event that is no text", `UPDATE events SET payload = x'00ff' WHERE ${ofA} AND position = 2`, "event", allBut(2)],
    ["event that is nothing", `UPDATE events SET payload = NULL WHERE ${ofA} AND position = 1`, "event", allBut(1)],
    ["event that is no object", `UPDATE events SET payload = '7' WHERE ${ofA} AND position = 1`, "event", allBut(1)],
    ["event without a time", `UPDATE events SET ts = 'noon' WHERE ${ofA} AND position = 4`, "event", allBut(4)],
    [
      "event after the checkpoint that is none",
      `UPDATE events SET payload = '{"event":"text_delta","data":{"text":3}}' WHERE ${ofA} AND position = 5`,
      "event",
      allBut(5),
    ],
    ["position that comes twice", `UPDATE events SET position = 2 WHERE ${ofA} AND position = 3`, "event", allBut(3)],
    [
      "position that there can't be",
      `UPDATE events SET position = -1 WHERE ${ofA} AND position = 1`,
      "event",
      allBut(1),
    ],
    ["position that is far out", `UPDATE events SET position = 4000 WHERE ${ofA} AND position = 2`, "event", allBut(2)],
    [
      "newest position that is far out",
      `UPDATE events SET position = 4000 WHERE ${ofA} AND position = 4`,
      "event",
      allBut(4),
    ],
    ["position that is a word", `UPDATE events SET position = 'x' WHERE ${ofA} AND position = 1`, "event", allBut(1)],
    [
      "checkpoint that is not JSON",
      `UPDATE checkpoints SET state = '{' WHERE ${ofA}`,
      "checkpoint",
      { checkpoint: null },
    ],
    [
      "submission that is cut off",
      `UPDATE submissions SET record = substr(record, 1, 20) WHERE ${firstOf("submissions")}`,
      "submission",
      { submissions: [2, 3, 4, 5].map(submission) },
    ],
  ])("sets it aside and loads the rest: %s", async (_case, damage, kind, changes) => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit(damage);
    const expected = [stored(A, { ...WHOLE, ...changes }), stored(B, WHOLE)];
    for (const _opening of ["first", "second"]) {
      await using store = await folder.open();
      expect(await loadAll(store)).toEqual(expected);
      expect(store.diagnostics()).toEqual([
        {
          code: "store_record_quarantined",
          severity: "error",
          message: `One ${kind} of Worker "worker-a" could not be read and was set aside.`,
        },
      ]);
    }
    expect(folder.query("SELECT kind, worker FROM quarantine")).toEqual([{ kind, worker: A }]);
    // What was set aside is in nobody's way: the Worker goes on where it was.
    await folder.use(async (store) => {
      await store.append(A, events(6, 6));
      await store.checkpoint(A, checkpoint(6, { entries: [entry(3)] }));
      expect((await loadAll(store))[0]).toMatchObject({ head: 6, checkpoint: { position: 6 } });
    });
  });

  test("doubts where a log ends whose checkpoint can't say it any more, and takes no position of an entry again", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await fill(store);
      await store.checkpoint(A, checkpoint(5, { entries: [entry(3, 5)], oldestPosition: 6 }));
      await store.checkpoint(B, checkpoint(5, { entries: [entry(3, 5)], oldestPosition: 6 }));
    });
    folder.edit(`UPDATE checkpoints SET head = 'x' WHERE ${ofA}`);
    for (const _opening of ["first", "second"]) {
      const [a, b] = await folder.use(loadAll);
      expect(a).toMatchObject({
        checkpoint: null,
        head: 5,
        entries: [...entries(0, 2), entry(3, 5)],
        mayHaveLostTail: true,
      });
      expect(b).toMatchObject({ checkpoint: { position: 5 }, head: 5, mayHaveLostTail: false });
    }
  });

  test("counts entries anew where neither they nor the checkpoint are left, so that the next one is kept", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit(`UPDATE checkpoints SET state = '{' WHERE ${ofA}; DELETE FROM entries WHERE id < 2 * 4294967296`);
    for (const _opening of ["first", "second"]) {
      expect((await folder.use(loadAll))[0]).toMatchObject({ checkpoint: null, entries: [], head: 5 });
    }
    await folder.use((store) => store.checkpoint(A, checkpoint(5, { entries: entries(0, 1) })));
    const [a, b] = await folder.use(loadAll);
    expect(a).toMatchObject({ checkpoint: { position: 5 }, entries: entries(0, 1) });
    expect(b).toMatchObject({ entries: entries(0, 2) });
  });

  test("puts an entry in the place of one, so that the others keep their numbers", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit(
      `UPDATE entries SET payload = '{"kind":' WHERE id = (SELECT number * 4294967296 + 1 FROM workers LIMIT 1)`,
    );
    const first = await folder.use(async (store) => (await loadAll(store))[0]);
    if (first?.kind !== "worker") throw new Error("Cannot look at the Worker: it was not loaded");
    expect(first.entries.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect([first.entries[0], first.entries[2]]).toEqual([entry(0), entry(2)]);
    expect(JSON.parse(first.entries[1]!.payload)).toMatchObject({ kind: "extension", domain: "workspace.quarantined" });
    expect(await folder.use(async (store) => (await loadAll(store))[0])).toEqual(first);
  });

  test("does so for entries that are missing, inside and at the end, and removes those past the end", async () => {
    using folder = new StoreFolder();
    await folder.use(async (store) => {
      await store.putWorker(record(A));
      await store.append(A, events(1, 1));
      await store.checkpoint(A, checkpoint(1, { entries: entries(0, 5) }));
    });
    folder.edit(`DELETE FROM entries WHERE id % 4294967296 IN (2, 5);
      INSERT INTO entries SELECT number * 4294967296 + 900000, 1, '{}' FROM workers`);
    const { entries: found } = await folder.use(loadOnly);
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(found.filter((one) => one.payload.includes("quarantined")).map(({ index }) => index)).toEqual([2, 5]);
  });

  test("leaves a Worker alone whose own record can't be read, and loads the others", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit("UPDATE workers SET record = replace(record, 'running', 'flying') WHERE id = 'worker-a'");
    await folder.use(async (store) => {
      expect(await loadAll(store)).toEqual([{ kind: "unreadable", workerId: A }, stored(B, WHOLE)]);
    });
    folder.edit("UPDATE workers SET record = replace(record, 'flying', 'running') WHERE id = 'worker-a'");
    expect(await folder.use(loadAll)).toEqual([stored(A, WHOLE), stored(B, WHOLE)]);
  });

  test("sets aside what belongs to no Worker, a Runtime's record and a bundle", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit(`UPDATE workers SET id = 'not an id' WHERE id = 'worker-a';
      UPDATE facts SET value = '{"runtimeId":"a b"}' WHERE name = 'runtime';
      UPDATE config_bundles SET bundle = '{}' WHERE id = 'a'`);
    await using store = await folder.open();
    expect(await loadAll(store)).toEqual([stored(B, WHOLE)]);
    expect(await store.loadRuntime()).toBe(null);
    expect(await store.loadConfigBundles()).toEqual([bundle("b", "r1")]);
    expect(store.diagnostics().map(({ message }) => message)).toEqual([
      "One config bundle could not be read and was set aside.",
      "One event could not be read and was set aside (5 times).",
      "One Runtime's record could not be read and was set aside.",
      "One Worker's record could not be read and was set aside.",
    ]);
    await store.putWorker(record(A));
    expect((await loadAll(store))[0]).toEqual(stored(A));
  });

  test.each(["checkpoints", "entries", "submissions"])(
    "gives nobody what is left of a Worker that was set aside, at a later opening either: %s",
    async (left) => {
      using folder = new StoreFolder();
      await folder.use(fill);
      const others = ["checkpoints", "entries", "submissions"].filter((table) => table !== left);
      const from = (table: string) => (table === "checkpoints" ? "worker = 2" : "id >= 2 * 4294967296");
      folder.edit(`UPDATE workers SET id = 'not an id' WHERE id = 'worker-b';
        ${others.map((table) => `DELETE FROM ${table} WHERE ${from(table)}`).join(";")}`);
      expect(await folder.use(loadAll)).toEqual([stored(A, WHOLE)]);
      await folder.use((store) => store.putWorker(record(B)));
      await folder.use(async (store) => {
        expect(await loadAll(store)).toEqual([stored(A, WHOLE), stored(B)]);
        await store.append(B, events(1, 1), { submission: submission(1) });
        await store.checkpoint(B, checkpoint(1, { entries: [entry(0)] }));
      });
    },
  );
});

describe("a file that is no store of ours", () => {
  const write = (folder: StoreFolder, content: Uint8Array | string) => {
    mkdirSync(dirname(folder.path), { recursive: true });
    writeFileSync(folder.path, content);
  };

  test.each([
    ["no database", (folder: StoreFolder) => write(folder, "Dear diary,\n".repeat(1_000))],
    [
      "a database of something else",
      (folder: StoreFolder) => {
        write(folder, "");
        folder.edit("CREATE TABLE diary (page TEXT); PRAGMA user_version = 1");
      },
    ],
    [
      "a database of something else without a version",
      (folder: StoreFolder) => {
        write(folder, "");
        folder.edit("CREATE TABLE diary (page TEXT)");
      },
    ],
  ])("is refused and left as it is: %s", async (_case, prepare) => {
    using folder = new StoreFolder();
    prepare(folder);
    const before = readFileSync(folder.path);
    expect(await problemCode(folder.open())).toBe("store_corrupt");
    expect(readFileSync(folder.path).equals(before)).toBe(true);
    // And the lock is free again.
    expect(await problemCode(folder.open())).toBe("store_corrupt");
  });

  test("is refused where its pages are overwritten", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    const bytes = readFileSync(folder.path);
    write(folder, bytes.fill(0xff, 4_096));
    expect(await problemCode(folder.use(loadAll))).toBe("store_corrupt");
  });
});

describe("the version of a SQLite store", () => {
  test("that is newer is refused, and the file left as it is", async () => {
    using folder = new StoreFolder();
    await folder.use(fill);
    folder.edit(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    expect(await problemCode(folder.open())).toBe("store_too_new");
    folder.edit(`PRAGMA user_version = ${MIGRATIONS.length}`);
    expect(await folder.use(loadAll)).toEqual([stored(A, WHOLE), stored(B, WHOLE)]);
  });

  test("1 is opened with all that it has", async () => {
    using folder = new StoreFolder();
    mkdirSync(dirname(folder.path));
    folder.edit(VERSION_1);
    await folder.use(async (store) => {
      expect(store.diagnostics()).toEqual([]);
      expect(await store.loadRuntime()).toEqual({ runtimeId: "lab", createdTs: 3 });
      expect(await loadOnly(store)).toEqual(
        stored(A, {
          checkpoint: { position: 2, state: '{"at":2}' },
          entries: [entry(1)],
          events: events(2, 3),
          submissions: [submission(1)],
          head: 3,
        }),
      );
    });
    expect(folder.query("PRAGMA user_version")).toEqual([{ user_version: MIGRATIONS.length }]);
  });

  test("follows the migrations, each whole or not at all", () => {
    using folder = new StoreFolder();
    mkdirSync(dirname(folder.path));
    folder.edit(VERSION_1);
    const next = "ALTER TABLE workers ADD COLUMN note TEXT; UPDATE workers SET note = 'moved'";
    const broken = "ALTER TABLE workers ADD COLUMN half TEXT; SELECT 1 FROM nowhere";
    const attempt = (migrations: readonly string[]) => {
      using database = Object.assign(new DatabaseSync(folder.path), { [Symbol.dispose]: () => database.close() });
      migrate(database, migrations);
    };
    expect(() => attempt([MIGRATIONS[0]!, next, broken])).toThrow("nowhere");
    expect(folder.query("PRAGMA user_version")).toEqual([{ user_version: 2 }]);
    expect(folder.query("SELECT id, note FROM workers")).toEqual([{ id: A, note: "moved" }]);
    expect(folder.query("SELECT count(*) AS count FROM pragma_table_info('workers') WHERE name = 'half'")).toEqual([
      { count: 0 },
    ]);
    attempt([MIGRATIONS[0]!, next]);
    expect(folder.query("SELECT count(*) AS count FROM events")).toEqual([{ count: 2 }]);
  });
});
