/**
 * Taking stock of a SQLite store at its opening.
 *
 * Owns the one pass over the rows that fills the ledger. It reads no payload: whoever loads a Worker reads those. Rows
 * that can't be in any log are set aside. Runs in the store's thread.
 */
import type { DatabaseSync } from "node:sqlite";
import { WorkerId } from "../../protocol/id.ts";
import { MAX_NUMBER, newWorkerRows, numberOf, rangeOf, type Ledger, type WorkerRows } from "./sqlite-ledger.ts";
import type { BadRow, Quarantine } from "./sqlite-quarantine.ts";
import { CheckpointFacts, Position } from "./sqlite-records.ts";

/** What a store has. Throws what SQLite throws. */
export function scan(database: DatabaseSync, quarantine: Quarantine): Ledger {
  const bad: BadRow[] = [];
  const clean = database.prepare("SELECT value FROM facts WHERE name = 'clean'").get()?.["value"] === "1";
  const ledger: Ledger = { workers: new Map(), nextNumber: 1, nextRow: 1, clean };
  const byNumber = scanWorkers(database, ledger, bad);
  scanCheckpoints(database, ledger, byNumber);
  scanEvents(database, ledger, byNumber, bad);
  for (const worker of byNumber.values()) {
    worker.head = Math.max(worker.head, worker.positions.at(-1) ?? 0);
    if (!worker.checkpoint) {
      worker.entriesEnd = endOf(database, "entries", worker);
      worker.head = Math.max(worker.head, newestEntryPosition(database, worker));
    }
    worker.submissionsEnd = endOf(database, "submissions", worker);
    if (!clean) worker.lostTail = true;
  }
  for (const table of ["entries", "submissions"] as const) passNumber(ledger, newestNumber(database, table));
  quarantine.take(bad);
  return ledger;
}

function scanWorkers(database: DatabaseSync, ledger: Ledger, bad: BadRow[]): Map<number, WorkerRows> {
  const byNumber = new Map<number, WorkerRows>();
  const remove = database.prepare("DELETE FROM workers WHERE number = ?");
  for (const row of database.prepare("SELECT number, id, lost_tail FROM workers ORDER BY number").all()) {
    const number = Number(row["number"]);
    ledger.nextNumber = Math.max(ledger.nextNumber, number + 1);
    const id = WorkerId.safeParse(row["id"]);
    if (!id.success) {
      const reason = "The Worker's id is none.";
      bad.push({ kind: "worker", worker: null, reason, row, replace: () => remove.run(number) });
      continue;
    }
    const worker = newWorkerRows(id.data, number);
    worker.lostTail = row["lost_tail"] !== 0;
    ledger.workers.set(id.data, worker);
    byNumber.set(number, worker);
  }
  return byNumber;
}

/** Nobody gets a number of which there is anything: its Worker may have been set aside. One that can't be is damage. */
function passNumber(ledger: Ledger, number: unknown): void {
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number >= MAX_NUMBER) return;
  ledger.nextNumber = Math.max(ledger.nextNumber, number + 1);
}

/** The highest number that a table's rows have; 0 where there are none. */
function newestNumber(database: DatabaseSync, table: "entries" | "submissions"): number {
  const { from: end } = rangeOf({ number: MAX_NUMBER });
  const newest = database.prepare(`SELECT max(id) AS id FROM ${table} WHERE id < ?`).get(end)?.["id"];
  return typeof newest === "number" ? numberOf(newest) : 0;
}

function scanCheckpoints(database: DatabaseSync, ledger: Ledger, byNumber: ReadonlyMap<number, WorkerRows>): void {
  for (const row of database.prepare("SELECT worker, position, head, entries_end FROM checkpoints").all()) {
    passNumber(ledger, row["worker"]);
    const worker = byNumber.get(Number(row["worker"]));
    const facts = CheckpointFacts.safeParse(row);
    if (!worker || !facts.success) continue;
    worker.checkpoint = { position: facts.data.position };
    worker.head = Math.max(facts.data.head, facts.data.position);
    worker.entriesEnd = facts.data.entries_end;
  }
}

function scanEvents(
  database: DatabaseSync,
  ledger: Ledger,
  byNumber: ReadonlyMap<number, WorkerRows>,
  bad: BadRow[],
): void {
  const remove = database.prepare("DELETE FROM events WHERE id = ?");
  const doubt = database.prepare("UPDATE workers SET lost_tail = 1 WHERE number = ?");
  const whole = database.prepare("SELECT * FROM events WHERE id = ?");
  const setAside = (row: number, worker: WorkerRows | undefined): void => {
    if (worker) worker.lostTail = true;
    const reason = worker ? "The event's position does not follow the one before." : "The event is of no Worker.";
    const record = whole.get(row);
    const replace = () => {
      remove.run(row);
      if (worker) doubt.run(worker.number);
    };
    bad.push({ kind: "event", worker: worker?.id ?? null, reason, row: record, replace });
  };
  const rows = database.prepare("SELECT id, worker, position FROM events ORDER BY id");
  rows.setReturnArrays(true);
  // why: with arrays, a row is its columns in order; the types do not know.
  for (const [id, number, position] of rows.iterate() as Iterable<unknown> as Iterable<readonly unknown[]>) {
    const row = Number(id);
    const at = Number(position);
    ledger.nextRow = Math.max(ledger.nextRow, row + 1);
    const worker = byNumber.get(Number(number));
    if (worker && Position.safeParse(position).success) {
      const { positions } = worker;
      // One that is far out may not cost all that follow it: then it is the one that is wrong.
      if (at < (positions.at(-1) ?? 0) && at > (positions.at(-2) ?? 0)) {
        positions.pop();
        setAside(worker.rows.pop() ?? 0, worker);
      }
      if (at > (positions.at(-1) ?? 0)) {
        positions.push(at);
        worker.rows.push(row);
        continue;
      }
    }
    passNumber(ledger, number);
    setAside(row, worker);
  }
}

/** One more than the newest of a Worker's rows, counted in its own range. */
function endOf(database: DatabaseSync, table: "entries" | "submissions", worker: WorkerRows): number {
  const { from, to } = rangeOf(worker);
  const newest = database.prepare(`SELECT max(id) AS id FROM ${table} WHERE id >= ? AND id < ?`).get(from, to)?.["id"];
  return typeof newest === "number" ? newest - from + 1 : 0;
}

/** Where a log had come at the least, by the newest position that an entry names; 0 where none does. */
function newestEntryPosition(database: DatabaseSync, worker: WorkerRows): number {
  const { from, to } = rangeOf(worker);
  const query =
    "SELECT max(position) AS position FROM entries WHERE id >= ? AND id < ? AND typeof(position) = 'integer'";
  const newest = Position.safeParse(database.prepare(query).get(from, to)?.["position"]);
  return newest.success ? newest.data : 0;
}
