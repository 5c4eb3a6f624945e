/**
 * The store contract: where a Runtime keeps its Workers and its config bundles.
 *
 * Owns the interface and the records. A store answers only when what it was given is kept as well as it can keep it; a
 * Worker publishes nothing before that. `tests/contract/store-suite.ts` says what every store must do.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { WorkerId } from "../../protocol/id.ts";
import type { ConfigBundleRef, ProfileSelector } from "../../protocol/runtime-api.ts";
import type { Epoch } from "../log-cursor.ts";

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
  /** Epoch milliseconds. */
  readonly createdTs: number;
}

/** One event of a log. Positions start at 1 and have no gaps. */
export interface EventRecord {
  readonly position: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  /** JSON text of the `protocol` Event. */
  readonly payload: string;
}

/** A Worker as a store gives it back. */
export interface StoredWorker {
  readonly record: WorkerRecord;
  /** Events from the oldest kept one to the newest. */
  readonly events: readonly EventRecord[];
}

/** Keeps Workers and their events. */
export interface RuntimeStore extends AsyncDisposable {
  /** What it is, in the reference's vocabulary. */
  readonly kind: "memory" | "fs_store";
  /** Everything kept, sorted by Worker id. */
  load(): Promise<readonly StoredWorker[]>;
  /** Everything kept of config bundles, sorted by id. */
  loadConfigBundles(): Promise<readonly ConfigBundle[]>;
  /** Adds the bundle, or replaces the one of the same id. */
  putConfigBundle(bundle: ConfigBundle): Promise<void>;
  /** Adds the record, or replaces the one of the same id. */
  putWorker(record: WorkerRecord): Promise<void>;
  /** Forgets a Worker and its events. */
  removeWorker(workerId: WorkerId): Promise<void>;
  /**
   * Appends events to a Worker's log: all of them or none, in this order.
   *
   * @throws ProblemError worker_not_found
   * @throws RangeError where the first position does not follow the newest kept one
   */
  append(workerId: WorkerId, events: readonly EventRecord[]): Promise<void>;
  /** Forgets the events of a Worker before a position. */
  trim(workerId: WorkerId, oldestPosition: number): Promise<void>;
}
