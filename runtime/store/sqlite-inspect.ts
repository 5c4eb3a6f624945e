/**
 * A look at a store from outside, beside the process that has it open.
 *
 * Owns what is read without changing anything: whether somebody holds the lock, whose file it is, its version, and, where
 * nobody has it open and it is not large, whether SQLite finds it whole. The lock is asked for as a reader for an instant:
 * only a server that starts in that very instant would be refused.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isStoreProblem } from "./sqlite-problem.ts";
import { checkVersion, MIGRATIONS } from "./sqlite-schema.ts";

/** Who has a store open. */
export interface LockFacts {
  readonly isHeld: boolean;
  /** The number of its process; null: it can't be told. */
  readonly holder: number | null;
}

/** How a store is. */
export type StoreFacts =
  | { readonly state: "missing" }
  | { readonly state: "unreadable" | "damaged"; readonly reason: string; readonly lock: LockFacts }
  | { readonly state: "foreign"; readonly lock: LockFacts }
  | { readonly state: "too_new"; readonly version: number; readonly known: number; readonly lock: LockFacts }
  | {
      readonly state: "well";
      readonly version: number;
      readonly bytes: number;
      /** Whether SQLite looked through all of it. */
      readonly isChecked: boolean;
      readonly lock: LockFacts;
    };

/** What is looked through within seconds. */
const CHECK_MAX_BYTES = 512 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 2_000;
const NOBODY: LockFacts = { isHeld: false, holder: null };

/** Looks at the store whose file is `path`. */
export function inspectStore(path: string): StoreFacts {
  if (!existsSync(path)) return { state: "missing" };
  const lock = lockOf(`${path}.lock`);
  try {
    const bytes = statSync(path).size;
    const hasLog = sizeOf(`${path}-wal`) > 0;
    // Nothing is made beside the file: the server's user could not write to what another user has made.
    const isAlone = !lock.isHeld && !(hasLog && existsSync(`${path}-shm`));
    using open = openReadOnly(isAlone ? unchanging(path) : path, BUSY_TIMEOUT_MS);
    const { database } = open;
    const version = checkVersion(database);
    const isChecked = !lock.isHeld && !(isAlone && hasLog) && bytes <= CHECK_MAX_BYTES;
    const wrong = isChecked ? firstText(database, "PRAGMA quick_check(1)") : "ok";
    if (wrong !== "ok") return { state: "damaged", reason: "SQLite's own check fails", lock };
    return { state: "well", version, bytes, isChecked, lock };
  } catch (error) {
    if (isStoreProblem(error)) {
      if (error.code !== "store_too_new") return { state: "foreign", lock };
      const version = Number(/\d+/.exec(error.detail)?.[0] ?? 0);
      return { state: "too_new", version, known: MIGRATIONS.length, lock };
    }
    const said = error instanceof Error ? error.message : "";
    if (/not a database|malformed/i.test(said)) return { state: "foreign", lock };
    return {
      state: "unreadable",
      reason: /permission|unable to open/i.test(said) ? "permission is denied" : "it fails",
      lock,
    };
  }
}

function lockOf(path: string): LockFacts {
  if (!existsSync(path)) return NOBODY;
  try {
    using open = openReadOnly(path, 0);
    open.database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return NOBODY;
  } catch (error) {
    const isHeld = error instanceof Error && /locked/.test(error.message);
    return isHeld ? { isHeld, holder: holderOf(path) } : NOBODY;
  }
}

/** The process that holds a lock on a file, where the system tells (Linux). */
function holderOf(path: string): number | null {
  try {
    const { ino } = statSync(path);
    const lines = readFileSync("/proc/locks", "utf8").split("\n");
    const line = lines.find((text) => text.includes(`:${ino} `));
    const holder = Number(line?.split(/\s+/)[4]);
    return holder > 0 ? holder : null;
  } catch {
    return null;
  }
}

/** A store's file that nobody writes to, for SQLite to read without files of its own. */
function unchanging(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  return url;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function firstText(database: DatabaseSync, sql: string): string {
  return String(Object.values(database.prepare(sql).get() ?? {})[0]);
}

function openReadOnly(path: string | URL, timeout: number): Disposable & { readonly database: DatabaseSync } {
  const database = new DatabaseSync(path, { readOnly: true, timeout });
  return { database, [Symbol.dispose]: () => database.close() };
}
