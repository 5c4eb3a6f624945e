/**
 * A store in a SQLite file, which outlives its process.
 *
 * Owns the program's side: a thread of its own does the work, so that the program never waits for a disk. What is written
 * while the thread is busy waits, and goes over together as one transaction when the thread is free: one event alone is
 * kept at once, and the more there is to keep, the more goes at a time. A few events that come while the thread has
 * nothing to do are kept without it, by the lane.
 */
import type { WorkerId } from "../../protocol/id.ts";
import type { Diagnostic } from "../../protocol/problem.ts";
import { EarlyLink, opensEarly } from "./sqlite-early.ts";
import type { SqliteFileOptions } from "./sqlite-file.ts";
import { AppendLane } from "./sqlite-lane.ts";
import { ThreadLink, type StoreLink } from "./sqlite-link.ts";
import type { Answers, Request, RequestOf, SetAside, WriteOperation } from "./sqlite-messages.ts";
import { packWrites } from "./sqlite-packing.ts";
import { fromFailure, lostThread } from "./sqlite-problem.ts";
import { createSignals, Signals } from "./sqlite-signals.ts";
import type { RuntimeStore, StoredWorker, UnreadableWorker } from "./store.ts";

interface Waiting {
  readonly operation: WriteOperation;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NAMES: Readonly<Record<string, string>> = {
  runtime: "Runtime's record",
  config_bundle: "config bundle",
  worker: "Worker's record",
  checkpoint: "checkpoint",
  entry: "entry",
  submission: "submission",
  event: "event",
};

const CLOSED = "The store has been closed";

const LOST: Diagnostic = {
  code: "store_failed",
  severity: "error",
  message: "The store's thread has ended: nothing is kept any more until the process starts again.",
};

/** Requests on their way in one batch, at the most: enough for every Worker of a busy Runtime. */
const MAX_BATCH = 4_096;

/** How a store is opened. */
export interface SqliteOpening {
  /** How long the program answers for a small store by itself, before the thread does; 0: the thread opens the file. */
  readonly earlyMs?: number;
}

/**
 * Opens the store in a file, made where there is none. The thread starts at once and opens the file while the program
 * goes on; or it starts later, and the file is open when this returns.
 *
 * @throws ProblemError store_locked, store_too_new, store_corrupt, store_read_only, store_full, store_failed
 */
export async function openSqliteStore(
  options: SqliteFileOptions,
  { earlyMs = 0 }: SqliteOpening = {},
): Promise<RuntimeStore> {
  const store = new SqliteStore(options, earlyMs > 0 && opensEarly(options) ? earlyMs : 0);
  try {
    await store.opened;
  } catch (error) {
    await store.abandon();
    throw error;
  }
  return store;
}

class SqliteStore implements RuntimeStore {
  readonly kind = "fs_store";
  readonly opened: Promise<unknown>;
  readonly #path: string;
  readonly #thread: StoreLink;
  readonly #lane: AppendLane;
  #setAside: readonly SetAside[] = [];
  #waiting: Waiting[] = [];
  #draining: Promise<void> | null = null;
  readonly #backups = new Set<Promise<void>>();
  #closed: Promise<void> | null = null;

  constructor(options: SqliteFileOptions, earlyMs: number) {
    this.#path = options.path;
    const signals = createSignals();
    const onSetAside = (setAside: readonly SetAside[]) => (this.#setAside = setAside);
    this.#thread =
      earlyMs > 0
        ? new EarlyLink({ options, signals, earlyMs, onSetAside })
        : new ThreadLink({ kind: "store", options, signals }, onSetAside);
    this.#lane = new AppendLane(options, new Signals(signals), (note) => this.#thread.tell({ kind: "appended", note }));
    this.opened = this.#thread.opened;
  }

  diagnostics(): readonly Diagnostic[] {
    const setAside = this.#setAside.map(({ kind, worker, count }): Diagnostic => {
      const name = NAMES[kind] ?? kind;
      const whose = worker === null ? "" : ` of Worker "${worker}"`;
      const times = count === 1 ? "" : ` (${count} times)`;
      const message = `One ${name}${whose} could not be read and was set aside${times}.`;
      return { code: "store_record_quarantined", severity: "error", message };
    });
    return this.isLost() ? [LOST, ...setAside] : setAside;
  }

  isLost(): boolean {
    return this.#closed === null && this.#thread.isLost;
  }

  loadRuntime: RuntimeStore["loadRuntime"] = () => this.#ask({ kind: "load_runtime" });
  loadConfigBundles: RuntimeStore["loadConfigBundles"] = () => this.#ask({ kind: "load_config_bundles" });

  async *load(): AsyncGenerator<StoredWorker | UnreadableWorker> {
    const ids = await this.#ask({ kind: "list_workers" });
    const read = (workerId: WorkerId | undefined) => {
      const answer = workerId === undefined ? Promise.resolve(null) : this.#ask({ kind: "load_worker", workerId });
      // Whoever stops half-way leaves the last one unread.
      answer.catch(() => {});
      return answer;
    };
    let next = read(ids[0]);
    for (let index = 0; index < ids.length; index += 1) {
      const worker = await next;
      // The thread reads one while the program makes something of the one before.
      next = read(ids[index + 1]);
      if (worker) yield worker;
    }
  }

  putRuntime: RuntimeStore["putRuntime"] = (record) => this.#write({ kind: "put_runtime", record });
  putConfigBundle: RuntimeStore["putConfigBundle"] = (bundle) => this.#write({ kind: "put_config_bundle", bundle });
  putWorker: RuntimeStore["putWorker"] = (record) => this.#write({ kind: "put_worker", record });
  removeWorker: RuntimeStore["removeWorker"] = (workerId) => this.#write({ kind: "remove_worker", workerId });
  append: RuntimeStore["append"] = (workerId, events, extras = {}) =>
    this.#write({ kind: "append", workerId, events, extras });
  checkpoint: RuntimeStore["checkpoint"] = (workerId, checkpoint) =>
    this.#write({ kind: "checkpoint", workerId, checkpoint });

  backup: RuntimeStore["backup"] = async (path) => {
    if (this.#closed) throw lostThread(new Error(CLOSED));
    const backup = this.#backUp(path);
    this.#backups.add(backup);
    try {
      await backup;
    } finally {
      this.#backups.delete(backup);
    }
  };

  async #backUp(path: string): Promise<void> {
    const thread = new ThreadLink({ kind: "backup", from: this.#path, to: path }, () => {});
    try {
      await thread.opened;
    } finally {
      await thread.end();
    }
  }

  #ask<Kind extends Request["kind"]>(request: RequestOf<Kind>): Promise<Answers[Kind]> {
    if (this.#closed) return Promise.reject(lostThread(new Error(CLOSED)));
    this.#lane.report();
    return this.#thread.ask(request);
  }

  #write(operation: WriteOperation): Promise<void> {
    if (this.#closed) return Promise.reject(lostThread(new Error(CLOSED)));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ operation, resolve, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    for (;;) {
      // Whoever has just been answered, or writes in this same step, comes along.
      await Promise.resolve();
      if (this.#waiting.length === 0) break;
      const pause = this.#lane.pause;
      if (pause) await pause;
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const operations = batch.map(({ operation }) => operation);
      if (this.#thread.isFree && this.#lane.write(operations)) for (const { resolve } of batch) resolve();
      else await this.#send(batch, operations);
    }
    this.#draining = null;
  }

  async #send(batch: readonly Waiting[], operations: readonly WriteOperation[]): Promise<void> {
    this.#lane.report();
    try {
      const { failures, lane } = await this.#thread.ask({ kind: "write", writes: packWrites(operations) });
      this.#lane.resume(operations, lane);
      batch.forEach(({ resolve, reject }, index) => {
        const failure = failures?.[index];
        if (failure) reject(fromFailure(failure));
        else resolve();
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // What was asked for before is done before.
    await this.#draining;
    await Promise.allSettled(this.#backups);
    this.#lane.report();
    this.#lane.close();
    try {
      await this.#thread.ask({ kind: "close" });
    } finally {
      await this.#thread.end();
    }
  }

  /** Lets go of a store that could not be opened. */
  abandon(): Promise<void> {
    this.#closed = this.#thread.end();
    return this.#closed;
  }
}
