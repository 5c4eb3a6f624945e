/** The short way to a SQLite file: when it is taken, and what it leaves behind. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openFile } from "../../runtime/store/sqlite-file.ts";
import { applyNote, laneFacts, type AppendNote } from "../../runtime/store/sqlite-handover.ts";
import { AppendLane } from "../../runtime/store/sqlite-lane.ts";
import { LANE_MAX_CHARS, LANE_MAX_EVENTS, NOTE_MAX_APPENDS } from "../../runtime/store/sqlite-limits.ts";
import type { WriteOperation } from "../../runtime/store/sqlite-messages.ts";
import { Quarantine } from "../../runtime/store/sqlite-quarantine.ts";
import { scan } from "../../runtime/store/sqlite-scan.ts";
import { createSignals, Signals } from "../../runtime/store/sqlite-signals.ts";
import { SqliteWriter } from "../../runtime/store/sqlite-writer.ts";
import { checkLaneLaw } from "../support/lane-law.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { A, B, event, events, record } from "../support/store-records.ts";

const append = (from: number, to: number): WriteOperation => ({
  kind: "append",
  workerId: A,
  events: events(from, to),
  extras: {},
});

/** A lane that has been told of Worker A, and the other end of it. */
function subject(folder: StoreFolder, { maxBytes = null }: { maxBytes?: number | null } = {}) {
  const options = { path: folder.path, sync: "normal", maxBytes } as const;
  const file = openFile(options);
  const ledger = scan(file.database, new Quarantine(file.database));
  const writer = new SqliteWriter(file.database, options, ledger);
  const notes: AppendNote[] = [];
  const lane = new AppendLane(options, new Signals(createSignals()), (note) => {
    notes.push(note);
    applyNote(ledger, note);
  });
  const put: WriteOperation = { kind: "put_worker", record: record(A) };
  expect(writer.write([put])).toEqual([null]);
  lane.resume([put], laneFacts(ledger, [put]));
  const close = () => {
    lane.close();
    file[Symbol.dispose]();
  };
  return { file, ledger, writer, lane, notes, [Symbol.dispose]: close };
}

test("whatever is written by the lane and by the thread, the file, the ledger and the next row are as if one had", async () => {
  await expect(checkLaneLaw({ numRuns: 25 })).resolves.toBe(undefined);
});

test("a lane leaves to the thread what is too much for one step, and what is not events alone", () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const { lane } = desk;
  const text = "x".repeat(LANE_MAX_CHARS);
  const left: readonly (readonly WriteOperation[])[] = [
    [append(1, LANE_MAX_EVENTS + 1)],
    Array.from({ length: LANE_MAX_EVENTS + 1 }, (_, index) => append(index + 1, index + 1)),
    [{ kind: "append", workerId: A, events: [event(1, text)], extras: {} }],
    [{ kind: "append", workerId: A, events: [], extras: {} }],
    [{ kind: "append", workerId: A, events: events(1, 1), extras: { record: record(A) } }],
    [{ kind: "append", workerId: B, events: events(1, 1), extras: {} }],
    [append(1, 1), { kind: "put_worker", record: record(A) }],
  ];
  expect(left.map((batch) => lane.write(batch))).toEqual(left.map(() => false));
  expect(lane.write([append(1, 1), append(2, LANE_MAX_EVENTS)])).toBe(true);
  lane.report();
  expect(desk.ledger.workers.get(A)).toMatchObject({ head: LANE_MAX_EVENTS });
});

test("a lane that can't write a batch leaves nothing of it, and waits until the thread has answered", () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const { lane, writer, ledger } = desk;
  for (const wrong of [[append(2, 2)], [append(1, 2), append(2, 3)]]) {
    expect(lane.write(wrong)).toBe(false);
    expect(lane.write([append(1, 1)])).toBe(false);
    const results = writer.write(wrong.slice(-1));
    expect(results).toMatchObject([{ kind: "range" }]);
    lane.resume(wrong, laneFacts(ledger, wrong));
  }
  expect(lane.write([append(1, 1)])).toBe(true);
  lane.report();
  expect(ledger.workers.get(A)).toMatchObject({ head: 1, rows: [1] });
});

test("a lane that finds no room leaves nothing of a batch, and the thread finds none either", () => {
  using folder = new StoreFolder();
  using desk = subject(folder, { maxBytes: 256 * 1024 });
  const { lane, writer, ledger, file } = desk;
  const text = "x".repeat(10_000);
  const next = (head: number): WriteOperation[] => [
    append(head + 1, head + 1),
    { kind: "append", workerId: A, events: [event(head + 2, text)], extras: {} },
  ];
  let head = 0;
  while (lane.write(next(head))) head += 2;
  expect(head).toBeGreaterThan(10);
  lane.report();
  expect(ledger.workers.get(A)).toMatchObject({ head });
  expect(writer.write(next(head).slice(1))).toMatchObject([{ kind: "range" }]);
  const last: WriteOperation = { kind: "append", workerId: A, events: [event(head + 1, text)], extras: {} };
  expect(writer.write([last])).toMatchObject([{ kind: "problem", code: "store_full" }]);
  expect(file.database.prepare("SELECT max(position) AS head, count(*) AS count FROM events").get()).toEqual(
    expect.objectContaining({ head, count: head }),
  );
});

test("a lane never begins SQLite's log anew, for which it would have to wait for the disk", () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const { lane, writer, file } = desk;
  const header = () => readFileSync(`${folder.path}-wal`).subarray(0, 32).toString("hex");
  let position = 0;
  const keep = () => {
    position += 1;
    expect(lane.write([append(position, position)])).toBe(true);
    return header();
  };
  const before = keep();
  file.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  writer.renewLog();
  const renewed = header();
  expect(renewed).not.toBe(before);
  expect([keep(), keep()]).toEqual([renewed, renewed]);
  // It would, if the thread had not.
  file.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  expect(keep()).not.toBe(renewed);
});

test("a lane reports by itself before a note grows large, and each commit once", () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const { lane, notes } = desk;
  for (let position = 1; position <= NOTE_MAX_APPENDS + 3; position += 1) lane.write([append(position, position)]);
  expect(notes).toMatchObject([{ firstRow: 1, commits: NOTE_MAX_APPENDS }]);
  lane.report();
  lane.report();
  expect(notes).toMatchObject([{ commits: NOTE_MAX_APPENDS }, { firstRow: NOTE_MAX_APPENDS + 1, commits: 3 }]);
  expect(desk.ledger).toMatchObject({ nextRow: NOTE_MAX_APPENDS + 4 });
});

test("a lane gives way after a while, for one turn of the event loop", async () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const { lane } = desk;
  expect(lane.pause).toBe(null);
  let position = 0;
  while (lane.pause === null && position < 100_000) {
    position += 1;
    lane.write([append(position, position)]);
  }
  let hasTurned = false;
  setImmediate(() => (hasTurned = true));
  await lane.pause;
  expect(lane.pause).toBe(null);
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasTurned).toBe(true);
});

test("a lane is never opened where every commit goes to the disk", () => {
  using folder = new StoreFolder();
  using desk = subject(folder);
  const options = { path: folder.path, sync: "full", maxBytes: null } as const;
  const lane = new AppendLane(options, new Signals(createSignals()), () => {});
  const put: WriteOperation = { kind: "put_worker", record: record(A) };
  lane.resume([put], laneFacts(desk.ledger, [put]));
  expect(lane.write([append(1, 1)])).toBe(false);
  lane.close();
});
