/**
 * The Workers of one Runtime.
 *
 * Owns which ids are taken, and that a Worker and what the store has of it come and go together: at the start, where one is
 * made or brought in, and where one is given up. What may be asked of them is in `embedded.ts`.
 */
import type { ConversationFile } from "../protocol/conversation-file.ts";
import type { RuntimeId } from "../protocol/id.ts";
import { WorkerId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { ConfigBundleRef, ProfileSelector } from "../protocol/runtime-api.ts";
import { importedCheckpoint } from "./imported.ts";
import { createEpoch } from "./log-cursor.ts";
import { chooseProfile, plainSelector, profileKey, type Profiles } from "./profile.ts";
import type { RuntimeNotes } from "./runtime-notes.ts";
import type { StoredWorker, WorkerRecord } from "./store/store.ts";
import { Worker, type WorkerOptions } from "./worker.ts";

/** What a catalogue is made of: what is each Worker's own comes with the Worker. */
export interface WorkerCatalogueOptions extends Omit<WorkerOptions, "ref" | "stored" | "profile" | "onStoreFailed"> {
  readonly runtimeId: RuntimeId;
  readonly profiles: Profiles;
  readonly notes: RuntimeNotes;
  /** @throws ProblemError where the Runtime takes nothing any more */
  readonly checkOpen: () => void;
}

/** A Worker that is to be made, under an id of its own. */
export interface NewWorker {
  readonly workerId: WorkerId;
  readonly displayName: string;
  readonly profile: ProfileSelector;
  readonly configBundle?: ConfigBundleRef;
}

/** All Workers of one Runtime. */
export class WorkerCatalogue {
  readonly #options: WorkerCatalogueOptions;
  readonly #workers = new Map<WorkerId, Worker>();
  /** Workers that the store has but that can't be read: their ids are taken. */
  readonly #unreadable = new Set<WorkerId>();
  /** Workers whose conversations are being brought in. */
  readonly #arriving = new Set<WorkerId>();
  #created = 0;

  constructor(options: WorkerCatalogueOptions) {
    this.#options = options;
  }

  get all(): readonly Worker[] {
    return [...this.#workers.values()];
  }

  get size(): number {
    return this.#workers.size;
  }

  /** @throws ProblemError worker_not_found */
  find(workerId: WorkerId): Worker {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) return worker;
    throw new ProblemError("worker_not_found", `Runtime "${this.#options.runtimeId}" has no Worker "${workerId}".`);
  }

  /** Takes in the Workers that the store has, and puts right what a former process left of them. */
  async load(): Promise<void> {
    const { store, notes } = this.#options;
    const partial: WorkerId[] = [];
    for await (const stored of store.load()) {
      if (stored.kind === "unreadable") this.#leave(stored.workerId);
      else if (stored.record.isPartial) partial.push(stored.record.workerId);
      else this.#addReadable(stored);
    }
    for (const workerId of partial) {
      await store.removeWorker(workerId).catch(() => {
        this.#unreadable.add(workerId);
        notes.storeFailed(workerId);
      });
    }
    await Promise.all(this.all.map((worker) => worker.resume()));
  }

  /** An id that no Worker has. */
  nextId(): WorkerId {
    for (;;) {
      this.#created += 1;
      const id = WorkerId.parse(`worker-${this.#created.toString(16).padStart(8, "0")}`);
      if (!this.#workers.has(id) && !this.#unreadable.has(id) && !this.#arriving.has(id)) return id;
    }
  }

  /**
   * Makes a Worker. @throws ProblemError where its id or its profile does not allow it, or there is no room, and what the
   * store throws
   */
  async make(request: NewWorker): Promise<Worker> {
    const record = this.#newRecord(request);
    const worker = this.#add(newlyStored(record));
    try {
      await this.#options.store.putWorker(record);
    } catch (error) {
      this.#workers.delete(record.workerId);
      throw error;
    }
    return worker;
  }

  /** The Worker of this id, made now if there is none. @throws as {@link make} */
  async ensure(request: NewWorker): Promise<Worker> {
    return this.#workers.get(request.workerId) ?? this.make(request);
  }

  /** Takes back a Worker that has been made for nothing. */
  async remove(workerId: WorkerId): Promise<void> {
    const { store, notes } = this.#options;
    this.#workers.delete(workerId);
    await store.removeWorker(workerId).catch(() => notes.storeFailed(workerId));
  }

  /** All of it or nothing, also where the process dies in between: nobody sees it before the store has all of it. */
  async import(conversation: ConversationFile): Promise<Worker> {
    const { profiles, store, clock, checkOpen } = this.#options;
    const { display_name: displayName, profile: wanted } = conversation.worker;
    // One from elsewhere may have had a profile that there is not here.
    const profile = profiles.has(profileKey(wanted)) ? wanted : ({ kind: "runtime_default" } as const);
    const record = this.#newRecord({ workerId: this.nextId(), displayName, profile });
    const { workerId } = record;
    const checkpoint = importedCheckpoint(conversation, clock.now());
    this.#arriving.add(workerId);
    try {
      await store.putWorker({ ...record, isPartial: true });
      await store.checkpoint(workerId, checkpoint);
      // Not after the next step: then it is there at the next start, whatever has ended meanwhile.
      checkOpen();
      await store.putWorker(record);
      const { position, state, entries } = checkpoint;
      return this.#add({ ...newlyStored(record), checkpoint: { position, state }, entries });
    } catch (error) {
      await store.removeWorker(workerId).catch(() => {});
      throw error;
    } finally {
      this.#arriving.delete(workerId);
    }
  }

  #newRecord({ workerId, displayName, profile, configBundle }: NewWorker): WorkerRecord {
    const { runtimeId, profiles, limits, clock, random, checkOpen } = this.#options;
    checkOpen();
    chooseProfile(profiles, profile, configBundle !== undefined);
    if (this.#unreadable.has(workerId)) {
      throw new ProblemError("worker_exists", `Worker "${workerId}" exists already, but can't be read.`);
    }
    if (this.size + this.#arriving.size >= limits.runtime.maxWorkers) {
      throw new ProblemError("too_many_workers", `Runtime "${runtimeId}" keeps ${this.size} Workers, its limit.`);
    }
    return {
      workerId,
      displayName,
      profile: plainSelector(profile),
      ...(configBundle === undefined ? {} : { configBundle: { id: configBundle.id, digest: configBundle.digest } }),
      lifecycle: "running",
      epoch: createEpoch(random),
      formerEpochs: [],
      createdTs: clock.now(),
    };
  }

  #add(stored: StoredWorker): Worker {
    const { runtimeId, profiles, notes } = this.#options;
    const { record } = stored;
    const { workerId } = record;
    const { profile, isStandIn } = chooseProfile(profiles, record.profile, record.configBundle !== undefined);
    if (isStandIn) {
      const key = profileKey(record.profile);
      notes.add("profile_stand_in", `There is no profile "${key}" here; the default one stands in for it.`, "warning");
    }
    const worker = new Worker({
      ...this.#options,
      ref: { runtime_id: runtimeId, worker_id: workerId },
      stored,
      profile,
      onStoreFailed: () => notes.storeFailed(workerId),
    });
    this.#workers.set(workerId, worker);
    return worker;
  }

  #addReadable(stored: StoredWorker): void {
    try {
      this.#add(stored);
    } catch {
      this.#leave(stored.record.workerId);
    }
  }

  #leave(workerId: WorkerId): void {
    this.#unreadable.add(workerId);
    this.#options.notes.add("worker_unreadable", `Worker "${workerId}" can't be read; it is left as it is.`);
  }
}

/** A Worker that has said nothing yet. */
function newlyStored(record: WorkerRecord): StoredWorker {
  return {
    kind: "worker",
    record,
    checkpoint: null,
    entries: [],
    events: [],
    submissions: [],
    head: 0,
    mayHaveLostTail: false,
  };
}
