/**
 * A copy of a SQLite store that is in use.
 *
 * Owns the copy's making: on a connection of its own, as of one moment, whole or not there at all. Runs in a thread of
 * its own, so that nobody waits for it but who asked.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ProblemError } from "../../protocol/problem.ts";

const FILE_MODE = 0o600;
const BUSY_TIMEOUT_MS = 60_000;

/** Copies the store whose file is `from` to a file that there is not. Throws what SQLite and the disk throw. */
export function backUp(from: string, to: string): void {
  refuseTaken(to);
  // Its own: another copy of that name may be on its way.
  const part = `${to}.${randomBytes(4).toString("hex")}.part`;
  try {
    closeSync(openSync(part, "wx", FILE_MODE));
    using source = open(from, true);
    source.database.prepare("VACUUM INTO ?").run(part);
    markUnclean(part);
    const descriptor = openSync(part, "r+");
    fsyncSync(descriptor);
    closeSync(descriptor);
    refuseTaken(to);
    renameSync(part, to);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function refuseTaken(path: string): void {
  if (existsSync(path)) throw new ProblemError("store_failed", "Cannot make a copy: there is a file of that name.");
}

/** What happens after the copy is unknown to it: whoever opens it must not take cursors for positions of its own. */
function markUnclean(path: string): void {
  using copy = open(path, false);
  copy.database.exec("UPDATE facts SET value = '0' WHERE name = 'clean'");
}

function open(path: string, readOnly: boolean): Disposable & { readonly database: DatabaseSync } {
  const database = new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MS });
  return { database, [Symbol.dispose]: () => database.close() };
}
