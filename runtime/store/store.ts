/**
 * The store contract: where a Runtime keeps its Workers and its config bundles.
 *
 * Owns the interface and the records. A Worker's truth is its log: events, appended. A checkpoint tells what the events up
 * to a position came to, so that they may be forgotten without a word of the conversation; what follows it is folded
 * again at the next start. A store answers only when what it was given is kept as well as it can keep it; a Worker
 * publishes nothing before that. `tests/contract/store-suite.ts` says what every store must do.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";
import type { Diagnostic } from "../../protocol/problem.ts";
import type { ConfigBundleRef, ProfileSelector } from "../../protocol/runtime-api.ts";
import type { Epoch } from "../log-cursor.ts";

/** Whose store it is. */
export interface RuntimeRecord {
  readonly runtimeId: RuntimeId;
  /** Epoch milliseconds. */
  readonly createdTs: number;
}

/** A former epoch of a log, and the position of its last event that was kept. */
export interface FormerEpoch {
  readonly epoch: Epoch;
  readonly end: number;
}

/** What a Worker is, apart from its conversation. */
export interface WorkerRecord {
  readonly workerId: WorkerId;
  readonly displayName: string;
  readonly profile: ProfileSelector;
  /** The stored bundle that it was made with. */
  readonly configBundle?: ConfigBundleRef;
  readonly lifecycle: "running" | "stopped";
  /** Epoch of its event log. */
  readonly epoch: Epoch;
  /** Epochs before that one, oldest first: cursors of theirs go on up to their ends. */
  readonly formerEpochs: readonly FormerEpoch[];
  /** Epoch milliseconds. */
  readonly createdTs: number;
  /** Its conversation is still being brought in: whoever finds it so after a restart removes it. */
  readonly isPartial?: true;
}

/** One event of a log. Positions start at 1 and have no gaps when they are appended; compaction leaves gaps. */
export interface EventRecord {
  readonly position: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  /** JSON text of the `protocol` Event. */
  readonly payload: string;
}

/** One entry of a conversation. Indices start at 0 and have no gaps. */
export interface EntryRecord {
  readonly index: number;
  /** Of the event that committed it; 0 where no event of this log did. */
  readonly position: number;
  /** JSON text of the `protocol` LogEntry. */
  readonly payload: string;
}

/** A message that was acknowledged. */
export interface SubmissionRecord {
  readonly submissionId: SubmissionId;
  /** Tells its content from another; see `contentMark`. */
  readonly contentMark: string;
  /** Of the acknowledgement: `transcript_sequence`. */
  readonly sequence: number;
  /** Of the acknowledgement: `event_id`. */
  readonly position: number;
}

/** What goes with events, all of it or none. */
export interface AppendExtras {
  /** Replaces the Worker's record. */
  readonly record?: WorkerRecord;
  /** The message that the events commit. */
  readonly submission?: SubmissionRecord;
}

/** What a Worker's events came to at a position, and what may be forgotten for that. */
export interface Checkpoint {
  readonly position: number;
  /** JSON text of the state there, apart from the entries; the store does not read it. */
  readonly state: string;
  /** The entries that were committed since the checkpoint before. */
  readonly entries: readonly EntryRecord[];
  /** Entries before this index are forgotten. */
  readonly oldestEntry: number;
  /** Events before this position are forgotten. */
  readonly oldestPosition: number;
  /** Events after that which are forgotten too: pieces of text that a later event has whole. */
  readonly compacted: readonly number[];
  /** How many submissions stay, the newest. */
  readonly maxSubmissions: number;
}

/** A Worker as a store gives it back. */
export interface StoredWorker {
  readonly kind: "worker";
  readonly record: WorkerRecord;
  /** The newest checkpoint, or null where there is none, or none that can be read. */
  readonly checkpoint: { readonly position: number; readonly state: string } | null;
  /** Entries of the checkpoint from the oldest kept one to the newest. */
  readonly entries: readonly EntryRecord[];
  /** Events from the oldest kept one to the newest, those before the checkpoint included. */
  readonly events: readonly EventRecord[];
  /** Oldest first. */
  readonly submissions: readonly SubmissionRecord[];
  /** Position of the newest event ever appended, kept or not. */
  readonly head: number;
  /** Whether events at the end may be gone although they were published: the machine went down, or what followed can't be read. */
  readonly mayHaveLostTail: boolean;
}

/** A Worker whose record can't be read; it is left as it is. */
export interface UnreadableWorker {
  readonly kind: "unreadable";
  readonly workerId: WorkerId;
}

/** Keeps Workers and their conversations. */
export interface RuntimeStore extends AsyncDisposable {
  /** What it is, in the reference's vocabulary. */
  readonly kind: "memory" | "fs_store";
  /** Whose it is; null for a new store. */
  loadRuntime(): Promise<RuntimeRecord | null>;
  putRuntime(record: RuntimeRecord): Promise<void>;
  /** Every Worker kept, sorted by id, one at a time. */
  load(): AsyncIterable<StoredWorker | UnreadableWorker>;
  /** Everything kept of config bundles, sorted by id. */
  loadConfigBundles(): Promise<readonly ConfigBundle[]>;
  /** Adds the bundle, or replaces the one of the same id. */
  putConfigBundle(bundle: ConfigBundle): Promise<void>;
  /** Adds the record, or replaces the one of the same id. */
  putWorker(record: WorkerRecord): Promise<void>;
  /** Forgets a Worker and all that is kept of it. */
  removeWorker(workerId: WorkerId): Promise<void>;
  /**
   * Appends events to a Worker's log, with what goes with them: all of it or nothing, in this order.
   *
   * @throws ProblemError worker_not_found, store_full, store_read_only, store_failed
   * @throws RangeError where the first position does not follow the newest one ever appended
   */
  append(workerId: WorkerId, events: readonly EventRecord[], extras?: AppendExtras): Promise<void>;
  /**
   * Keeps a checkpoint and forgets what it allows: both or neither.
   *
   * @throws ProblemError worker_not_found, store_full, store_read_only, store_failed
   * @throws RangeError where its position is past the log's head or before the checkpoint before, or its entries do not
   * follow those kept
   */
  checkpoint(workerId: WorkerId, checkpoint: Checkpoint): Promise<void>;
  /** What was found wrong with what is kept, for the operator. */
  diagnostics(): readonly Diagnostic[];
  /** Whether it keeps nothing any more, whatever it is given, until its process starts again. */
  isLost(): boolean;
  /**
   * A consistent copy of everything, made while the store goes on; null where there is nothing to copy from.
   *
   * @param path Of the file to make; there must be none.
   * @throws ProblemError store_failed
   */
  readonly backup: ((path: string) => Promise<void>) | null;
}
