/**
 * When and how a Worker writes down where its conversation stands.
 *
 * Owns the checkpoint: made between runs, one at a time, only when there is something new to keep or to forget. A store
 * that refuses one loses nothing, since the events that it would have replaced are still there.
 */
import type { WorkerId } from "../protocol/id.ts";
import type { Conversation } from "./conversation.ts";
import type { EventLog } from "./event-log.ts";
import type { RuntimeStore } from "./store/store.ts";

/** What a checkpointer is made of. */
export interface CheckpointerOptions {
  readonly workerId: WorkerId;
  readonly store: RuntimeStore;
  readonly log: EventLog;
  readonly conversation: Conversation;
  readonly maxSubmissions: number;
  /** What the newest checkpoint of a former process stands for. */
  readonly saved: SavedAt | null;
  /** Whether no run is going: only then nothing is in flight. */
  readonly isQuiet: () => boolean;
  readonly onStoreFailed: (error: unknown) => void;
}

interface SavedAt {
  readonly head: number;
  readonly oldestPosition: number;
}

/** Writes one Worker's checkpoints. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #saved: SavedAt | null;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#saved = options.saved;
  }

  /** Writes a checkpoint, unless a run is going or nothing has changed. Never rejects. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save()).catch((error: unknown) => this.#options.onStoreFailed(error));
    return this.#saving;
  }

  async #save(): Promise<void> {
    const { workerId, store, log, conversation, maxSubmissions, isQuiet } = this.#options;
    if (!isQuiet()) return;
    const { head, oldest: oldestPosition, compacted } = log;
    const isSame = this.#saved?.head === head && this.#saved.oldestPosition === oldestPosition;
    if (isSame && compacted.length === 0) return;
    const { state, entries } = conversation.save(oldestPosition);
    const oldestEntry = conversation.oldestWithin();
    await store.checkpoint(workerId, {
      position: head,
      state: JSON.stringify(state),
      entries,
      oldestEntry,
      oldestPosition,
      compacted,
      maxSubmissions,
    });
    conversation.saved(entries, oldestEntry);
    log.forgotten(compacted);
    this.#saved = { head, oldestPosition };
  }
}
