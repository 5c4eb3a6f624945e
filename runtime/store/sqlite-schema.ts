/**
 * The tables of the SQLite store, and how an older file comes to have them.
 *
 * Owns the schema's versions. A migration, once released, is never changed: a new one follows it. Events have no index
 * beside their row id, since they are written at every token and found by row ids that the thread knows; what belongs to
 * a Worker and is read in order has the Worker's number in the upper half of its own id, so that it needs no index either.
 */
import type { DatabaseSync } from "node:sqlite";
import { ProblemError } from "../../protocol/problem.ts";

/** Tells our files from other SQLite files: "YoiW". */
const APPLICATION_ID = 0x596f_6957;

/** What each version adds to the one before; the first makes the first version. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  INSERT INTO facts VALUES ('clean', '1');
  CREATE TABLE workers (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT, lost_tail INTEGER NOT NULL);
  CREATE TABLE checkpoints (worker INTEGER PRIMARY KEY, position INTEGER, head INTEGER, entries_end INTEGER, state TEXT);
  CREATE TABLE events (id INTEGER PRIMARY KEY, worker INTEGER, position INTEGER, ts INTEGER, payload TEXT);
  CREATE TABLE entries (id INTEGER PRIMARY KEY, position INTEGER, payload TEXT);
  CREATE TABLE submissions (id INTEGER PRIMARY KEY, record TEXT);
  CREATE TABLE config_bundles (id TEXT PRIMARY KEY, bundle TEXT);
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL, worker TEXT, reason TEXT NOT NULL, record TEXT
  );
  `,
];

/**
 * Looks whose database it is, and changes nothing.
 *
 * @returns its version; 0 where there is nothing in it yet
 * @throws ProblemError store_too_new, store_corrupt where it is a database of something else
 */
export function checkVersion(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): number {
  const version = numberOf(database, "PRAGMA user_version");
  const isOurs = numberOf(database, "PRAGMA application_id") === APPLICATION_ID;
  if (version === 0 ? numberOf(database, "SELECT count(*) FROM sqlite_schema") > 0 : !isOurs) {
    throw new ProblemError("store_corrupt", "The file is a database of something else.");
  }
  if (version > migrations.length) {
    const known = migrations.length;
    throw new ProblemError("store_too_new", `The store has version ${version}; this program knows ${known}.`);
  }
  return version;
}

/**
 * Brings a database to the newest version, each step whole or not at all.
 *
 * @throws ProblemError as `checkVersion` does
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const version = checkVersion(database, migrations);
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    database.exec(
      `BEGIN IMMEDIATE; ${migration};
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT;`,
    );
  }
  // Into the file itself, and on the disk, before anything relies on it.
  if (version < migrations.length) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function numberOf(database: DatabaseSync, query: string): number {
  return Number(Object.values(database.prepare(query).get() ?? {})[0]);
}
