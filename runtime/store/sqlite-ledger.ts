/**
 * What the store's thread knows of each Worker without asking the database.
 *
 * Owns where a Worker's rows are: the row ids of its events with their positions, and the ranges of ids of everything
 * else that is its own. With it, checks come before any writing, and forgetting goes by row id.
 */
import type { WorkerId } from "../../protocol/id.ts";

/** A Worker's rows. */
export interface WorkerRows {
  readonly id: WorkerId;
  /** Of this Worker in the tables. */
  readonly number: number;
  /** Position of the newest event ever appended. */
  head: number;
  checkpoint: { readonly position: number } | null;
  /** One more than the index of the newest entry ever kept. */
  entriesEnd: number;
  /** One more than the number of the newest submission. */
  submissionsEnd: number;
  /** Positions of the events that are kept, rising, and their row ids. */
  positions: number[];
  rows: number[];
  /** Whether events at the end may be gone; until the Worker's record is written with its next event. */
  lostTail: boolean;
}

/** Room for what one Worker has of a kind; a row id stays below 2^53. */
const RANGE = 2 ** 32;
/** A Worker's number stays below this, so that its row ids do. */
export const MAX_NUMBER = 2 ** 21 - 1;

/** The row ids of what a Worker has of a kind: `from` inclusive, `to` exclusive. */
export function rangeOf({ number }: Pick<WorkerRows, "number">): { readonly from: number; readonly to: number } {
  return { from: number * RANGE, to: (number + 1) * RANGE };
}

/** The number of the Worker whose row of a kind an id is. */
export function numberOf(id: number): number {
  return Math.floor(id / RANGE);
}

/** All Workers of a store. */
export interface Ledger {
  readonly workers: Map<WorkerId, WorkerRows>;
  nextNumber: number;
  nextRow: number;
  /** Whether the file says that the store was closed as it should be. */
  clean: boolean;
}

/** A Worker that has nothing yet. */
export function newWorkerRows(id: WorkerId, number: number): WorkerRows {
  const empty = { head: 0, checkpoint: null, entriesEnd: 0, submissionsEnd: 0, lostTail: false };
  return { id, number, ...empty, positions: [], rows: [] };
}
