/**
 * Writing to the SQLite store.
 *
 * Owns transactions: what waited together is committed together, and an operation that can't be done does not keep the
 * others from it. Everything that an operation may be refused for is found out before it writes. Runs in the store's
 * thread.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { checkCheckpoint, checkPositions } from "./check.ts";
import type { SqliteFileOptions } from "./sqlite-file.ts";
import { newWorkerRows, rangeOf, type Ledger, type WorkerRows } from "./sqlite-ledger.ts";
import type { WriteOperation } from "./sqlite-messages.ts";
import { asFailure, type Failure } from "./sqlite-problem.ts";
import type { AppendExtras, Checkpoint, EventRecord, WorkerRecord } from "./store.ts";

type Undo = (() => void)[];
type Attempt = { readonly results: readonly (Failure | null)[]; readonly broke: boolean };

const STATEMENTS = {
  putFact: "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  // What stays as it was would not be written.
  renewLog: "INSERT INTO facts VALUES ('log', '0') ON CONFLICT (name) DO UPDATE SET value = 1 - value",
  putConfigBundle: "INSERT INTO config_bundles VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET bundle = excluded.bundle",
  addWorker: "INSERT INTO workers VALUES (?, ?, ?, 0)",
  putRecord: "UPDATE workers SET record = ? WHERE number = ?",
  doubtTail: "UPDATE workers SET lost_tail = 1 WHERE number = ?",
  trustTail: "UPDATE workers SET lost_tail = 0 WHERE number = ?",
  addEvent: "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
  addSubmission: "INSERT INTO submissions VALUES (?, ?)",
  addEntry: "INSERT INTO entries VALUES (?, ?, ?)",
  removeEvents: "DELETE FROM events WHERE id IN (SELECT value FROM json_each(?))",
  removeEntries: "DELETE FROM entries WHERE id >= ? AND id < ?",
  removeSubmissions: "DELETE FROM submissions WHERE id >= ? AND id < ?",
  removeOldSubmissions: `DELETE FROM submissions WHERE id >= ?1 AND id <=
    (SELECT id FROM submissions WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)`,
  putCheckpoint: `INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?) ON CONFLICT (worker) DO UPDATE SET
    position = excluded.position, head = excluded.head, entries_end = excluded.entries_end, state = excluded.state`,
  removeCheckpoint: "DELETE FROM checkpoints WHERE worker = ?",
  removeQuarantined: "DELETE FROM quarantine WHERE worker = ?",
  removeWorker: "DELETE FROM workers WHERE number = ?",
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;

/** Writes to one open store. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #options: SqliteFileOptions;
  readonly #ledger: Ledger;
  readonly #sql: Statements;

  constructor(database: DatabaseSync, options: SqliteFileOptions, ledger: Ledger) {
    this.#database = database;
    this.#options = options;
    this.#ledger = ledger;
    const prepared = Object.entries(STATEMENTS).map(([name, text]) => [name, database.prepare(text)] as const);
    // why: the keys are those of STATEMENTS.
    this.#sql = Object.fromEntries(prepared) as Statements;
  }

  /** Writes what waited together, in order. @returns for each operation how it failed, or null */
  write(operations: readonly WriteOperation[]): readonly (Failure | null)[] {
    const together = this.#attempt(operations);
    if (!together.broke) return together.results;
    // The log may have grown to where there is no room for more of it, while there is in the database itself.
    this.#makeRoom();
    return operations.flatMap((operation) => this.#attempt([operation]).results);
  }

  /** Says in the file that the store is closed as it should be, and which logs' ends are in doubt all the same. */
  markClean(): void {
    if (this.#ledger.clean) return;
    this.#database.exec("BEGIN IMMEDIATE");
    for (const { number, lostTail } of this.#ledger.workers.values()) if (lostTail) this.#sql.doubtTail.run(number);
    this.#sql.putFact.run("clean", "1");
    this.#database.exec("COMMIT");
    this.#ledger.clean = true;
  }

  /**
   * Begins SQLite's log anew after all of it has gone into the database. Whoever writes first does so, and waits for the
   * disk: not the program.
   */
  renewLog(): void {
    this.#sql.renewLog.run();
  }

  #attempt(operations: readonly WriteOperation[]): Attempt {
    const undo: Undo = [];
    const results: (Failure | null)[] = [];
    const isFirst = this.#ledger.clean;
    try {
      // From the first write on a crash may cost the end of what is written, and that must be known afterwards: so this
      // one commit waits for the disk.
      if (isFirst) this.#database.exec("PRAGMA synchronous = full");
      this.#database.exec("BEGIN IMMEDIATE");
      if (isFirst) this.#sql.putFact.run("clean", "0");
      for (const operation of operations) results.push(this.#refusal(operation, undo));
      this.#database.exec("COMMIT");
      if (isFirst) this.#ledger.clean = false;
      return { results, broke: false };
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const step of undo.toReversed()) step();
      const failure = asFailure(error, this.#options.path);
      return { results: operations.map(() => failure), broke: true };
    } finally {
      if (isFirst) this.#database.exec(`PRAGMA synchronous = ${this.#options.sync}`);
    }
  }

  #makeRoom(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // Then there is none, and what comes next will say so.
    }
  }

  /** Does an operation. @returns how it is refused, before it has written anything; any other failure is thrown */
  #refusal(operation: WriteOperation, undo: Undo): Failure | null {
    try {
      this.#apply(operation, undo);
      return null;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof ProblemError)) throw error;
      return asFailure(error, this.#options.path);
    }
  }

  #apply(operation: WriteOperation, undo: Undo): void {
    switch (operation.kind) {
      case "put_runtime":
        this.#sql.putFact.run("runtime", JSON.stringify(operation.record));
        return;
      case "put_config_bundle":
        this.#sql.putConfigBundle.run(operation.bundle.metadata.id, JSON.stringify(operation.bundle));
        return;
      case "put_worker":
        return this.#putWorker(operation.record, undo);
      case "remove_worker":
        return this.#removeWorker(operation.workerId, undo);
      case "append":
        return this.#append(this.#find(operation.workerId), operation.events, operation.extras, undo);
      case "checkpoint":
        return this.#checkpoint(this.#find(operation.workerId), operation.checkpoint, undo);
    }
  }

  #find(workerId: WorkerId): WorkerRows {
    const worker = this.#ledger.workers.get(workerId);
    if (!worker) throw new ProblemError("worker_not_found", `The store has no Worker "${workerId}".`);
    return worker;
  }

  #putWorker(record: WorkerRecord, undo: Undo): void {
    const { workers, nextNumber } = this.#ledger;
    const known = workers.get(record.workerId);
    if (known) {
      this.#sql.putRecord.run(JSON.stringify(record), known.number);
      return;
    }
    this.#sql.addWorker.run(nextNumber, record.workerId, JSON.stringify(record));
    workers.set(record.workerId, newWorkerRows(record.workerId, nextNumber));
    this.#ledger.nextNumber += 1;
    undo.push(() => workers.delete(record.workerId));
  }

  #removeWorker(workerId: WorkerId, undo: Undo): void {
    const { workers } = this.#ledger;
    const worker = workers.get(workerId);
    if (!worker) return;
    const { from, to } = rangeOf(worker);
    this.#sql.removeEvents.run(JSON.stringify(worker.rows));
    this.#sql.removeEntries.run(from, to);
    this.#sql.removeSubmissions.run(from, to);
    this.#sql.removeCheckpoint.run(worker.number);
    this.#sql.removeQuarantined.run(workerId);
    this.#sql.removeWorker.run(worker.number);
    workers.delete(workerId);
    undo.push(() => workers.set(workerId, worker));
  }

  #append(worker: WorkerRows, events: readonly EventRecord[], extras: AppendExtras, undo: Undo): void {
    checkPositions(worker.id, worker.head, events);
    const before = { ...worker };
    const count = worker.rows.length;
    undo.push(() => {
      Object.assign(worker, before);
      worker.positions.length = count;
      worker.rows.length = count;
    });
    for (const { position, ts, payload } of events) {
      const row = this.#ledger.nextRow;
      this.#ledger.nextRow += 1;
      this.#sql.addEvent.run(row, worker.number, position, ts, payload);
      worker.positions.push(position);
      worker.rows.push(row);
    }
    worker.head += events.length;
    if (extras.record !== undefined) {
      this.#sql.putRecord.run(JSON.stringify(extras.record), worker.number);
      if (worker.lostTail) this.#sql.trustTail.run(worker.number);
      worker.lostTail = false;
    }
    if (extras.submission !== undefined) {
      this.#sql.addSubmission.run(rangeOf(worker).from + worker.submissionsEnd, JSON.stringify(extras.submission));
      worker.submissionsEnd += 1;
    }
  }

  #checkpoint(worker: WorkerRows, checkpoint: Checkpoint, undo: Undo): void {
    checkCheckpoint(worker.id, worker, checkpoint);
    const before = { ...worker };
    undo.push(() => Object.assign(worker, before));
    const { from, to } = rangeOf(worker);
    // What goes makes room for what comes.
    const compacted = new Set(checkpoint.compacted);
    const goes = worker.positions.map((position) => position < checkpoint.oldestPosition || compacted.has(position));
    const forgotten = worker.rows.filter((_, index) => goes[index]);
    if (forgotten.length > 0) this.#sql.removeEvents.run(JSON.stringify(forgotten));
    worker.positions = worker.positions.filter((_, index) => !goes[index]);
    worker.rows = worker.rows.filter((_, index) => !goes[index]);
    this.#sql.removeEntries.run(from, from + checkpoint.oldestEntry);
    this.#sql.removeOldSubmissions.run(from, to, checkpoint.maxSubmissions);
    for (const { index, position, payload } of checkpoint.entries) {
      if (index >= checkpoint.oldestEntry) this.#sql.addEntry.run(from + index, position, payload);
    }
    worker.entriesEnd += checkpoint.entries.length;
    worker.checkpoint = { position: checkpoint.position };
    const { position, state } = checkpoint;
    this.#sql.putCheckpoint.run(worker.number, position, worker.head, worker.entriesEnd, state);
  }
}
