/**
 * What the program and its store's thread say to each other.
 *
 * Owns the messages. Both sides are this program, so nothing here is parsed.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { WorkerId } from "../../protocol/id.ts";
import type { SqliteFileOptions } from "./sqlite-file.ts";
import type { AppendNote, LaneFacts } from "./sqlite-handover.ts";
import type { Ledger } from "./sqlite-ledger.ts";
import type { PackedWrites } from "./sqlite-packing.ts";
import type { Failure } from "./sqlite-problem.ts";
import type {
  AppendExtras,
  Checkpoint,
  EventRecord,
  RuntimeRecord,
  StoredWorker,
  UnreadableWorker,
  WorkerRecord,
} from "./store.ts";

/** One thing to write. */
export type WriteOperation =
  | { readonly kind: "put_runtime"; readonly record: RuntimeRecord }
  | { readonly kind: "put_config_bundle"; readonly bundle: ConfigBundle }
  | { readonly kind: "put_worker"; readonly record: WorkerRecord }
  | { readonly kind: "remove_worker"; readonly workerId: WorkerId }
  | {
      readonly kind: "append";
      readonly workerId: WorkerId;
      readonly events: readonly EventRecord[];
      readonly extras: AppendExtras;
    }
  | { readonly kind: "checkpoint"; readonly workerId: WorkerId; readonly checkpoint: Checkpoint };

/** What the thread is asked. */
export type Request =
  | { readonly kind: "write"; readonly writes: PackedWrites }
  | { readonly kind: "load_runtime" }
  | { readonly kind: "load_config_bundles" }
  | { readonly kind: "list_workers" }
  | { readonly kind: "load_worker"; readonly workerId: WorkerId }
  | { readonly kind: "close" };

/** What one desk of a store hands to another. */
export interface DeskState {
  readonly ledger: Ledger;
  /** What could not be set aside. */
  readonly skipped: ReadonlyMap<string, SetAside>;
  /** What has been written since the log went into the database, in about, and since when, in epoch milliseconds. */
  readonly unsavedBytes: number;
  readonly unsavedSinceMs: number;
}

/** The program has opened the store and hands it to the thread; answered when the thread has it. */
export interface Handover {
  readonly kind: "take_over";
  readonly handed: DeskState;
}

/** A request of one kind. */
export type RequestOf<Kind extends Request["kind"]> = Extract<Request, { readonly kind: Kind }>;

/** What the thread is told, without an answer, between one request and the next. */
export interface Notice {
  readonly kind: "appended";
  readonly note: AppendNote;
}

/** What came of a write. */
export interface Written {
  /** For each operation how it failed, or null; null where none did. */
  readonly failures: readonly (Failure | null)[] | null;
  /** Null where the program may not write by itself. */
  readonly lane: LaneFacts | null;
}

/** What it answers. */
export interface Answers {
  readonly write: Written;
  readonly load_runtime: RuntimeRecord | null;
  readonly load_config_bundles: readonly ConfigBundle[];
  /** Sorted. */
  readonly list_workers: readonly WorkerId[];
  /** Null where there is none of that id. */
  readonly load_worker: StoredWorker | UnreadableWorker | null;
  readonly close: null;
}

/** Records that were set aside, counted. */
export interface SetAside {
  readonly kind: string;
  /** Null where it belongs to no Worker. */
  readonly worker: string | null;
  readonly count: number;
}

/** The thread's answers come in the order of the requests; the first, unasked, tells how opening went. */
export interface Reply {
  readonly failure: Failure | null;
  readonly value: unknown;
  /** All that has been set aside, where that has changed. */
  readonly setAside: readonly SetAside[] | null;
}

/** What a thread is for. */
export type Task =
  | {
      readonly kind: "store" | "store_opened";
      readonly options: SqliteFileOptions;
      readonly signals: SharedArrayBuffer;
    }
  | { readonly kind: "backup"; readonly from: string; readonly to: string };
