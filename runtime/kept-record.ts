/**
 * A Worker's record, and what becomes of it with the log's next write.
 *
 * Owns that changes go the way of the events, so that no two writes of the record are under way at a time: each has what the
 * one before had. And that the log begins a new epoch with its next event where its end may have been lost.
 */
import type { Random } from "./clock.ts";
import { renewEpochs } from "./epochs.ts";
import { createEpoch } from "./log-cursor.ts";
import type { StoredWorker, WorkerRecord } from "./store/store.ts";

/** One Worker's record. */
export class KeptRecord {
  readonly #random: Random;
  /** Position of the newest event that the store had. */
  readonly #head: number;
  readonly #changes: Partial<WorkerRecord>[] = [];
  #record: WorkerRecord;
  #needsEpoch: boolean;

  constructor(stored: Pick<StoredWorker, "record" | "head" | "mayHaveLostTail">, random: Random) {
    this.#random = random;
    this.#head = stored.head;
    this.#record = stored.record;
    this.#needsEpoch = stored.mayHaveLostTail;
  }

  /** As the store has it. */
  get value(): WorkerRecord {
    return this.#record;
  }

  /** Changes it with the log's next write, which is the caller's. */
  change(change: Partial<WorkerRecord>): void {
    this.#changes.push(change);
  }

  /** What the log's next write makes of it; null: it stays as it is. */
  renewal(): WorkerRecord | null {
    const changes = this.#changes.splice(0);
    if (!this.#needsEpoch && changes.length === 0) return null;
    const epochs = this.#needsEpoch ? renewEpochs(this.#record, createEpoch(this.#random), this.#head) : {};
    return changes.reduce<WorkerRecord>((record, change) => ({ ...record, ...change }), { ...this.#record, ...epochs });
  }

  /** The store has it so. */
  renewed(record: WorkerRecord): void {
    this.#record = record;
    this.#needsEpoch = false;
  }
}
