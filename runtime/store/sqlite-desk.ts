/**
 * What answers for an open SQLite store.
 *
 * Owns the order of work: a request, its answer, and when nothing waits, the upkeep that nobody should wait for. SQLite's
 * own log goes into the database when the store rests, when it has grown, or when it has waited long; with it goes what a
 * power cut could cost. Runs in the store's thread; in the program until that is there, which then goes on from what it is
 * handed.
 */
import type { SqliteFile, SqliteFileOptions } from "./sqlite-file.ts";
import { applyNote, laneFacts, type AppendNote } from "./sqlite-handover.ts";
import type { Ledger } from "./sqlite-ledger.ts";
import { MAX_LOG_BYTES, MAX_UNSAVED_MS, REST_MS } from "./sqlite-limits.ts";
import type { Answers, DeskState, Reply, Request, WriteOperation } from "./sqlite-messages.ts";
import { unpackWrites } from "./sqlite-packing.ts";
import { Quarantine } from "./sqlite-quarantine.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import { scan } from "./sqlite-scan.ts";
import type { Signals } from "./sqlite-signals.ts";
import { SqliteWriter } from "./sqlite-writer.ts";

/** What a commit writes at the least, in about. */
const COMMIT_BYTES = 3 * 4096;
/** And one of events alone, which adds to one page. */
const APPEND_BYTES = 4096;
/** Free pages that are let be, as a share of all and in number; and how many are given back at a time. */
const FREE_SHARE = 0.2;
const FREE_PAGES = 256;
const VACUUM_PAGES = 1_024;

/** What a desk is made of. */
export interface DeskOptions {
  readonly options: SqliteFileOptions;
  readonly signals: Signals;
  /** Closed by the desk. */
  readonly file: SqliteFile;
  /** What another desk of the same file has come to know; null: the file is looked through. */
  readonly handed: DeskState | null;
  /** Whether the program may write on a lane beside it. */
  readonly hasLane: boolean;
}

/** The desk of one open store. */
export class StoreDesk {
  readonly #options: SqliteFileOptions;
  readonly #signals: Signals;
  readonly #file: SqliteFile;
  readonly #ledger: Ledger;
  readonly #quarantine: Quarantine;
  readonly #reader: SqliteReader;
  readonly #writer: SqliteWriter;
  readonly #hasLane: boolean;
  #unsavedBytes = 0;
  #unsavedSince = 0;
  #lastAskedMs = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** Throws what SQLite throws. */
  constructor({ options, signals, file, handed, hasLane }: DeskOptions) {
    this.#options = options;
    this.#hasLane = hasLane;
    this.#signals = signals;
    this.#file = file;
    try {
      const { database } = file;
      this.#quarantine = new Quarantine(database, handed?.skipped);
      this.#ledger = handed?.ledger ?? scan(database, this.#quarantine);
      this.#reader = new SqliteReader(database, this.#ledger, this.#quarantine);
      this.#writer = new SqliteWriter(database, options, this.#ledger);
      if (handed !== null) this.#count(handed.unsavedBytes, handed.unsavedSinceMs);
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** What another desk of the same file needs to go on. This one stands still until it is asked again, or left. */
  handOver(): DeskState {
    clearTimeout(this.#rest);
    return {
      ledger: this.#ledger,
      skipped: this.#quarantine.skipped,
      unsavedBytes: this.#unsavedBytes,
      unsavedSinceMs: this.#unsavedSince,
    };
  }

  /** Lets go of the file, and leaves it as it is. */
  leave(): void {
    this.#file[Symbol.dispose]();
  }

  answer(request: Request): unknown {
    this.#lastAskedMs = Date.now();
    switch (request.kind) {
      case "write":
        return this.#write(unpackWrites(request.writes));
      case "load_runtime":
        return this.#reader.runtime();
      case "load_config_bundles":
        return this.#reader.configBundles();
      case "list_workers":
        return this.#reader.workerIds();
      case "load_worker":
        return this.#reader.worker(request.workerId);
      case "close":
        return this.#close();
    }
  }

  /** What has been set aside, where that has changed. */
  news(): Reply["setAside"] {
    return this.#quarantine.news();
  }

  /** After an answer has gone out: saves at once where it must be, or as soon as the store rests. */
  afterwards(): void {
    if (this.#unsavedBytes === 0) return;
    // Of a clock that was set back since, nobody knows how long that was.
    const waitedMs = Math.abs(Date.now() - this.#unsavedSince);
    if (this.#unsavedBytes > MAX_LOG_BYTES || waitedMs > MAX_UNSAVED_MS) this.#save();
    else this.#awaitRest();
  }

  /** Takes note of what the program has written by itself. */
  note(note: AppendNote): void {
    applyNote(this.#ledger, note);
    this.#count(note.commits * APPEND_BYTES + note.chars, note.sinceMs);
  }

  #write(operations: readonly WriteOperation[]): Answers["write"] {
    const results = this.#writer.write(operations);
    this.#count(
      operations.reduce((sum, operation) => sum + sizeOf(operation), COMMIT_BYTES),
      Date.now(),
    );
    const failures = results.every((failure) => failure === null) ? null : results;
    // While the file says that it was closed as it should be, the first write has yet to be made.
    const mayWrite = this.#hasLane && this.#options.sync === "normal" && !this.#ledger.clean;
    return { failures, lane: mayWrite ? laneFacts(this.#ledger, operations) : null };
  }

  #count(bytes: number, sinceMs: number): void {
    if (this.#unsavedBytes === 0) this.#unsavedSince = sinceMs;
    this.#unsavedBytes += bytes;
  }

  #awaitRest(): void {
    clearTimeout(this.#rest);
    const lastMs = Math.max(this.#lastAskedMs, this.#signals.lastAppendMs);
    // The program may have written by itself meanwhile.
    const look = () => (this.#signals.lastAppendMs > lastMs ? this.#awaitRest() : this.#save());
    this.#rest = setTimeout(look, Math.min(REST_MS, Math.max(0, lastMs + REST_MS - Date.now())));
  }

  #save(): void {
    clearTimeout(this.#rest);
    this.#unsavedBytes = 0;
    this.#signals.isSaving = true;
    try {
      this.#giveBack();
      const { log, checkpointed } = this.#file.database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() ?? {};
      if (log === checkpointed) this.#writer.renewLog();
      // Somebody reads what is older, as a backup does: what follows that SQLite neither moves nor brings to the disk.
      else this.#file.syncLog();
    } catch {
      // The log has it all the same, and the next write will say what is wrong.
    } finally {
      this.#signals.isSaving = false;
    }
  }

  /** Gives pages that are free back to the disk. */
  #giveBack(): void {
    const free = this.#pages("freelist_count");
    if (free < FREE_PAGES || free < this.#pages("page_count") * FREE_SHARE) return;
    this.#file.database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    this.#unsavedBytes = COMMIT_BYTES;
    this.#rest = setTimeout(() => this.#save(), REST_MS);
  }

  #pages(pragma: "freelist_count" | "page_count"): number {
    return Number(this.#file.database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
  }

  #close(): null {
    clearTimeout(this.#rest);
    try {
      this.#writer.markClean();
      // Who still reads, as a backup does, may do so for long, and whoever ends the program does not wait.
      this.#file.database.exec("PRAGMA busy_timeout = 0");
      const { busy } = this.#file.database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() ?? {};
      if (busy !== 0) this.#file.syncLog();
    } catch {
      // Then it counts as not closed, which is true.
    }
    this.#file[Symbol.dispose]();
    return null;
  }
}

function sizeOf(operation: WriteOperation): number {
  if (operation.kind === "append") return operation.events.reduce((sum, { payload }) => sum + payload.length, 0);
  if (operation.kind !== "checkpoint") return 0;
  const { state, entries } = operation.checkpoint;
  return entries.reduce((sum, { payload }) => sum + payload.length, state.length);
}
