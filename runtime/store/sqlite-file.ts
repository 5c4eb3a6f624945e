/**
 * The files of a SQLite store, open.
 *
 * Owns the folder, the lock that lets one process in, and the settings of the connection. The lock is a file of its own
 * that is held as long as the store is open: the system lets go of it however the process ends.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { checkVersion, migrate } from "./sqlite-schema.ts";

/** How surely a commit is on the disk before it is answered. */
export type StoreSync = "normal" | "full";

/** Which store. */
export interface SqliteFileOptions {
  /** Of the database; the lock and SQLite's own files stand beside it. */
  readonly path: string;
  readonly sync: StoreSync;
  /** How large the database may become; null: as large as the disk allows. */
  readonly maxBytes: number | null;
}

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PAGE_BYTES = 4096;
/** The connection of a backup may hold the file for a moment. */
const BUSY_TIMEOUT_MS = 10_000;
const CACHE_KIB = 16 * 1024;
/** Of a second connection, which only adds at the end. */
const CACHE_BESIDE_KIB = 512;
/** What SQLite's log is cut back to when it begins anew. */
const LOG_KEPT_BYTES = 16 * 1024 * 1024;

/** An open store. */
export interface SqliteFile extends Disposable {
  readonly database: DatabaseSync;
  /** Brings SQLite's log to the disk, and leaves it as it is. Throws what the disk throws. */
  syncLog(): void;
}

/** Opens a store's files, made where they are missing, at the newest version. Throws what SQLite and the disk throw. */
export function openFile(options: SqliteFileOptions): SqliteFile {
  const lock = lockFile(options);
  try {
    const opened = openDatabase(options);
    return {
      ...opened,
      [Symbol.dispose]() {
        opened[Symbol.dispose]();
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Keeps other processes out of a store. Throws what SQLite and the disk throw. */
export function lockFile({ path }: SqliteFileOptions): Disposable {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const lock = connect(`${path}.lock`, 0);
  try {
    lock.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Opens the database of a store that this process has locked. Throws what SQLite and the disk throw. */
export function openDatabase({ path, sync, maxBytes }: SqliteFileOptions): SqliteFile {
  const database = connect(path, BUSY_TIMEOUT_MS);
  try {
    checkVersion(database);
    // Long lists of rows would go to files, for which a container that can't be written to has no folder.
    database.exec(`
      PRAGMA temp_store = MEMORY;
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA journal_mode = WAL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${LOG_KEPT_BYTES};
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA trusted_schema = OFF;
      PRAGMA synchronous = ${sync};
    `);
    limitSize(database, maxBytes);
    migrate(database);
    return { database, syncLog: () => syncFile(`${path}-wal`), [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Of SQLite's files only the log may be closed here: on the others are locks, which the process would let go of. */
function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A second connection to a store that is open; it never waits. Throws what SQLite throws. */
export function openBeside({ path, sync, maxBytes }: SqliteFileOptions): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(`
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -${CACHE_BESIDE_KIB};
      PRAGMA trusted_schema = OFF;
      PRAGMA synchronous = ${sync};
    `);
    limitSize(database, maxBytes);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A bound of the connection, not of the file. */
function limitSize(database: DatabaseSync, maxBytes: number | null): void {
  if (maxBytes !== null) database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_BYTES))}`);
}

function connect(path: string, timeout: number): DatabaseSync {
  try {
    // Made by us, so that nobody else may read it; SQLite gives its other files the same mode.
    closeSync(openSync(path, "wx", FILE_MODE));
  } catch (error) {
    // One that is there is not even opened here: closing it would let go of every lock that this process has on it.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return new DatabaseSync(path, { timeout });
}
