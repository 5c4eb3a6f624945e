/**
 * What the store's thread and the lane tell each other, so that each goes on exactly where the other has stopped.
 *
 * Owns the two messages: the facts that come with the answer to a write, and the note of what the lane has written since,
 * with what becomes of the ledger by it. Row ids follow each other from the facts through the note to the thread's next
 * write, and positions follow a Worker's head, so that a note need not name them one by one.
 */
import type { WorkerId } from "../../protocol/id.ts";
import type { Ledger } from "./sqlite-ledger.ts";
import type { WriteOperation } from "./sqlite-messages.ts";

/** Where the lane goes on. */
export interface LaneFacts {
  readonly nextRow: number;
  /** For each operation of the write: of its Worker, as it is after all of them; 0 where there is none. */
  readonly numbers: readonly number[];
  readonly heads: readonly number[];
}

/** The facts after a write. */
export function laneFacts({ workers, nextRow }: Ledger, operations: readonly WriteOperation[]): LaneFacts {
  const rows = operations.map((operation) => {
    const workerId = workerOf(operation);
    return workerId === null ? undefined : workers.get(workerId);
  });
  return {
    nextRow,
    numbers: rows.map((worker) => worker?.number ?? 0),
    heads: rows.map((worker) => worker?.head ?? 0),
  };
}

/** Whose log an operation is about; null where it is about none. */
export function workerOf(operation: WriteOperation): WorkerId | null {
  if (operation.kind === "put_runtime" || operation.kind === "put_config_bundle") return null;
  return operation.kind === "put_worker" ? operation.record.workerId : operation.workerId;
}

/** Appends that have been committed, in order, since the note before. */
export interface AppendNote {
  /** Row id of the first event. */
  readonly firstRow: number;
  /** For each append. */
  readonly workerIds: readonly WorkerId[];
  readonly counts: readonly number[];
  readonly commits: number;
  /** Of all payloads. */
  readonly chars: number;
  /** Of the first commit, in epoch milliseconds. */
  readonly sinceMs: number;
}

/** A note that is being written. */
export class NoteDraft {
  readonly #firstRow: number;
  readonly #sinceMs: number;
  readonly #workerIds: WorkerId[] = [];
  readonly #counts: number[] = [];
  #commits = 0;
  #chars = 0;

  constructor(firstRow: number, sinceMs: number) {
    this.#firstRow = firstRow;
    this.#sinceMs = sinceMs;
  }

  get appends(): number {
    return this.#counts.length;
  }

  get chars(): number {
    return this.#chars;
  }

  /** Adds what one commit has kept. */
  add(appends: readonly { readonly workerId: WorkerId; readonly events: readonly unknown[] }[], chars: number): void {
    for (const { workerId, events } of appends) {
      this.#workerIds.push(workerId);
      this.#counts.push(events.length);
    }
    this.#commits += 1;
    this.#chars += chars;
  }

  finish(): AppendNote {
    return {
      firstRow: this.#firstRow,
      workerIds: this.#workerIds,
      counts: this.#counts,
      commits: this.#commits,
      chars: this.#chars,
      sinceMs: this.#sinceMs,
    };
  }
}

/** Brings a ledger to where the note's appends have brought the file. @throws RangeError where they can't have been made */
export function applyNote(ledger: Ledger, { firstRow, workerIds, counts }: AppendNote): void {
  let row = firstRow;
  workerIds.forEach((workerId, index) => {
    const worker = ledger.workers.get(workerId);
    if (!worker) throw new RangeError(`Cannot note events of "${workerId}": the store has no such Worker`);
    for (const end = row + (counts[index] ?? 0); row < end; row += 1) {
      worker.head += 1;
      worker.positions.push(worker.head);
      worker.rows.push(row);
    }
  });
  ledger.nextRow = row;
}
