/**
 * What SQLite's failures are called.
 *
 * Owns the way from a failure of SQLite or of the disk to a code of the problem table, and how a failure goes from the
 * thread to the program. No words of SQLite's reach a detail: they may name a path.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { asProblem, ProblemError, type ProblemCode } from "../../protocol/problem.ts";

/** A failure between threads, where classes are lost. */
export type Failure =
  | { readonly kind: "problem"; readonly code: ProblemCode; readonly detail: string; readonly cause: string }
  | { readonly kind: "range"; readonly message: string };

const DETAILS = {
  store_full: "The disk has no room left for the store.",
  store_read_only: "The store's disk can't be written to.",
  store_failed: "The store failed.",
  store_corrupt: "The store's file is damaged.",
  store_locked: "Another process has the store open.",
} as const;

/** SQLite's own messages, and the disk's: Deno gives no numbers for the first, and not always a code for the others. */
const MESSAGES: readonly (readonly [RegExp, keyof typeof DETAILS])[] = [
  [/database or disk is full|no space left|file too large|quota exceeded/i, "store_full"],
  [/readonly database|read-only file system|permission denied/i, "store_read_only"],
  [/database is locked/, "store_locked"],
  [/not a database|malformed/, "store_corrupt"],
];

/** The disk's own codes. */
const CODES: Readonly<Record<string, keyof typeof DETAILS>> = {
  ENOSPC: "store_full",
  EDQUOT: "store_full",
  EFBIG: "store_full",
  EROFS: "store_read_only",
  EACCES: "store_read_only",
  EPERM: "store_read_only",
};

/** SQLite says only that it could not write, or not open; writing a byte beside the store, as far out, tells why. */
const UNCLEAR = /disk I\/O error|unable to open/;

/** Any failure as a problem of the store. `path` is its file. */
export function storeProblem(error: unknown, path: string): ProblemError | RangeError {
  if (error instanceof RangeError || error instanceof ProblemError) return error;
  const message = messageOf(error);
  const code = codeOf(error) ?? (UNCLEAR.test(message) ? probe(path) : undefined) ?? "store_failed";
  return new ProblemError(code, DETAILS[code], { cause: error });
}

function codeOf(error: unknown): keyof typeof DETAILS | undefined {
  const code = error instanceof Error && "code" in error ? CODES[String(error.code)] : undefined;
  return code ?? MESSAGES.find(([pattern]) => pattern.test(messageOf(error)))?.[1];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

function probe(path: string): keyof typeof DETAILS | undefined {
  const file = `${path}.probe`;
  try {
    const descriptor = openSync(file, "w", 0o600);
    try {
      writeSync(descriptor, new Uint8Array(1), 0, 1, Math.max(sizeOf(path), sizeOf(`${path}-wal`)));
    } finally {
      closeSync(descriptor);
      rmSync(file, { force: true });
    }
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** For the way out of the thread. */
export function asFailure(error: unknown, path: string): Failure {
  const problem = storeProblem(error, path);
  if (problem instanceof RangeError) return { kind: "range", message: problem.message };
  const cause = problem.cause instanceof Error ? problem.cause.message : "";
  return { kind: "problem", code: problem.code, detail: problem.detail, cause };
}

/** And on the other side. */
export function fromFailure(failure: Failure): Error {
  if (failure.kind === "range") return new RangeError(failure.message);
  const cause = failure.cause === "" ? {} : { cause: new Error(failure.cause) };
  return new ProblemError(failure.code, failure.detail, cause);
}

/** The thread is gone. */
export function lostThread(cause: unknown): ProblemError {
  return new ProblemError("store_failed", DETAILS.store_failed, { cause });
}

/** Whether a failure is one of the store's. */
export function isStoreProblem(error: unknown): error is ProblemError {
  return error instanceof Error && error.name === "ProblemError" && asProblem(error).code.startsWith("store_");
}
