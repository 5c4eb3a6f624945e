/**
 * The embedded Runtime: Workers in this process.
 *
 * Owns the catalogue of Workers over one store and fulfils `Runtime` for them. It has no HTTP and no sockets; a Runtime
 * process is this same thing with faces on top.
 */
import type { ConversationFile } from "../protocol/conversation-file.ts";
import type { RuntimeId, WorkerId, WorkerRef } from "../protocol/id.ts";
import { WorkerId as WorkerIdSchema } from "../protocol/id.ts";
import { ProblemError, type Diagnostic } from "../protocol/problem.ts";
import type { ConfigBundleRef, ProfileSelector, WorkerDetail } from "../protocol/runtime-api.ts";
import type { Clock, Random } from "./clock.ts";
import { ConfigBundles } from "./config-bundles.ts";
import { aborted } from "./deadline.ts";
import type { Limits } from "./limits.ts";
import { hasEpoch } from "./epochs.ts";
import { importedCheckpoint } from "./imported.ts";
import { createEpoch } from "./log-cursor.ts";
import { observeWorker, type ObserveContext } from "./observe.ts";
import { entryPage, transcriptPage } from "./pages.ts";
import { chooseProfile, plainSelector, profileKey, type Profiles } from "./profile.ts";
import type { CreateWorker, Runtime } from "./runtime.ts";
import { claimStore } from "./store/claim.ts";
import type { RuntimeStore, StoredWorker, WorkerRecord } from "./store/store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { Worker } from "./worker.ts";

/** What an embedded Runtime is made of. */
export interface EmbeddedRuntimeOptions {
  readonly runtimeId: RuntimeId;
  readonly displayName: string;
  readonly profiles: Profiles;
  readonly store: RuntimeStore;
  readonly limits: Limits;
  /** Whether a run that a former process left is gone on with, instead of ended as interrupted. */
  readonly continueInterrupted?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of runs; absent: nobody is. */
  readonly telemetry?: Telemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

/** A Worker that must exist under an id of its own. */
export interface EnsureWorker {
  readonly workerId: WorkerId;
  readonly displayName: string;
  readonly profile: ProfileSelector;
  readonly configBundle?: ConfigBundleRef;
}

/** Remarks that are kept for the operator. */
const MAX_NOTES = 64;

/** A Runtime in this process. */
export interface EmbeddedRuntime extends Runtime {
  readonly kind: "embedded";
  /** The Worker of this id, made now if there is none. */
  ensureWorker(request: EnsureWorker): Promise<WorkerDetail>;
  /** Waits for the runs that are under way to end by themselves; no longer than the signal allows. */
  drain(signal: AbortSignal): Promise<void>;
  /** Closes it and opens it again on its store, in place; absent where nobody may ask for that. */
  readonly restart?: () => Promise<void>;
}

/**
 * Opens a Runtime over a store, with the Workers that the store has.
 *
 * @throws ProblemError store_foreign where the store belongs to another Runtime
 */
export async function openEmbeddedRuntime(options: EmbeddedRuntimeOptions): Promise<EmbeddedRuntime> {
  const { runtimeId, displayName, profiles, store, limits, clock, random } = options;
  await claimStore(store, runtimeId, clock);
  const workers = new Map<WorkerId, Worker>();
  /** Workers that the store has but that can't be read: their ids are taken. */
  const unreadable = new Set<WorkerId>();
  /** Workers whose conversations are being brought in. */
  const arriving = new Set<WorkerId>();
  const notes: Diagnostic[] = [];
  /** Aborted when every run has ended, so that observers see how. */
  const ended = new AbortController();
  let closed: Promise<void> | null = null;
  let created = 0;

  const refOf = (workerId: WorkerId): WorkerRef => ({ runtime_id: runtimeId, worker_id: workerId });

  const addWorker = (stored: StoredWorker): Worker => {
    const { record } = stored;
    const { profile, isStandIn } = chooseProfile(profiles, record.profile, record.configBundle !== undefined);
    if (isStandIn) {
      const key = profileKey(record.profile);
      note("profile_stand_in", `There is no profile "${key}" here; the default one stands in for it.`, "warning");
    }
    const worker = new Worker({
      ref: refOf(record.workerId),
      stored,
      profile,
      store,
      limits,
      clock,
      random,
      ...(options.telemetry === undefined ? {} : { telemetry: options.telemetry }),
      ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
      continueInterrupted: options.continueInterrupted ?? false,
      onStoreFailed: () => noteStoreFailed(record.workerId),
    });
    workers.set(record.workerId, worker);
    return worker;
  };

  const note = (code: string, message: string, severity: Diagnostic["severity"] = "error"): void => {
    if (notes.length >= MAX_NOTES || notes.some((known) => known.message === message)) return;
    notes.push({ code, severity, message });
  };

  const noteStoreFailed = (workerId: WorkerId): void =>
    note("store_failed", `The store failed to keep up with Worker "${workerId}".`);

  const find = (workerId: WorkerId): Worker => {
    const worker = workers.get(workerId);
    if (!worker) throw new ProblemError("worker_not_found", `Runtime "${runtimeId}" has no Worker "${workerId}".`);
    return worker;
  };

  const checkOpen = (): void => {
    if (closed) throw new ProblemError("runtime_stopped", `Runtime "${runtimeId}" has been stopped.`);
  };

  /** In the reference's order. */
  const checkCreation = ({ profile, configBundle, initialInput }: CreateWorker): void => {
    checkOpen();
    if (configBundle && (configBundle.id.trim() === "" || configBundle.digest.trim() === "")) {
      throw new ProblemError("invalid_request", "config_bundle: expected an id and a digest.");
    }
    if (initialInput?.kind !== undefined && initialInput.kind !== "user") {
      throw new ProblemError("invalid_initial_input_kind", 'initial_input.kind: expected "user".');
    }
    if (initialInput?.content.trim() === "") {
      throw new ProblemError("input_empty", "initial_input.content: expected at least one visible character.");
    }
    if (configBundle) bundles.checkProfile(configBundle, profile);
  };

  const newRecord = ({ workerId, displayName: name, profile, configBundle }: EnsureWorker): WorkerRecord => {
    checkOpen();
    chooseProfile(profiles, profile, configBundle !== undefined);
    if (unreadable.has(workerId)) {
      throw new ProblemError("worker_exists", `Worker "${workerId}" exists already, but can't be read.`);
    }
    if (workers.size + arriving.size >= limits.runtime.maxWorkers) {
      throw new ProblemError("too_many_workers", `Runtime "${runtimeId}" keeps ${workers.size} Workers, its limit.`);
    }
    return {
      workerId,
      displayName: name,
      profile: plainSelector(profile),
      ...(configBundle === undefined ? {} : { configBundle: { id: configBundle.id, digest: configBundle.digest } }),
      lifecycle: "running",
      epoch: createEpoch(random),
      formerEpochs: [],
      createdTs: clock.now(),
    };
  };

  const newWorker = async (request: EnsureWorker): Promise<Worker> => {
    const record = newRecord(request);
    const { workerId } = record;
    const worker = addWorker(newlyStored(record));
    try {
      await store.putWorker(record);
    } catch (error) {
      workers.delete(workerId);
      throw error;
    }
    return worker;
  };

  /** All of it or nothing, also where the process dies in between: nobody sees it before the store has all of it. */
  const importWorker = async (conversation: ConversationFile): Promise<Worker> => {
    const { display_name: name, profile: wanted } = conversation.worker;
    // One from elsewhere may have had a profile that there is not here.
    const profile = profiles.has(profileKey(wanted)) ? wanted : ({ kind: "runtime_default" } as const);
    const record = newRecord({ workerId: nextWorkerId(), displayName: name, profile });
    const { workerId } = record;
    const checkpoint = importedCheckpoint(conversation, clock.now());
    arriving.add(workerId);
    try {
      await store.putWorker({ ...record, isPartial: true });
      await store.checkpoint(workerId, checkpoint);
      // Not after the next step: then it is there at the next start, whatever has ended meanwhile.
      checkOpen();
      await store.putWorker(record);
      const { position, state, entries } = checkpoint;
      return addWorker({ ...newlyStored(record), checkpoint: { position, state }, entries });
    } catch (error) {
      await store.removeWorker(workerId).catch(() => {});
      throw error;
    } finally {
      arriving.delete(workerId);
    }
  };

  const nextWorkerId = (): WorkerId => {
    for (;;) {
      created += 1;
      const id = WorkerIdSchema.parse(`worker-${created.toString(16).padStart(8, "0")}`);
      if (!workers.has(id) && !unreadable.has(id) && !arriving.has(id)) return id;
    }
  };

  const observeContext: ObserveContext = {
    limits: limits.worker,
    maxEventBatch: limits.runtime.maxEventBatch,
    ending: ended.signal,
    isForeign: (epoch) => [...workers.values()].some(({ epochs }) => hasEpoch(epochs, epoch)),
    now: () => clock.now(),
  };

  const sweep = (): Disposable =>
    clock.schedule(limits.runtime.retentionIntervalMs, () => {
      for (const worker of workers.values()) void worker.retain();
      sweeping = sweep();
    });

  const close = async (): Promise<void> => {
    sweeping[Symbol.dispose]();
    await Promise.allSettled([...workers.values()].map((worker) => worker.interrupt()));
    ended.abort();
    await store[Symbol.asyncDispose]();
  };

  const bundles = new ConfigBundles({
    kept: await store.loadConfigBundles(),
    store,
    maxBundles: limits.runtime.maxConfigBundles,
  });
  const unreadableWorker = (workerId: WorkerId): void => {
    unreadable.add(workerId);
    note("worker_unreadable", `Worker "${workerId}" can't be read; it is left as it is.`);
  };
  const partial: WorkerId[] = [];
  for await (const stored of store.load()) {
    if (stored.kind === "unreadable") {
      unreadableWorker(stored.workerId);
      continue;
    }
    if (stored.record.isPartial) {
      partial.push(stored.record.workerId);
      continue;
    }
    try {
      addWorker(stored);
    } catch {
      unreadableWorker(stored.record.workerId);
    }
  }
  for (const workerId of partial) {
    await store.removeWorker(workerId).catch(() => {
      unreadable.add(workerId);
      noteStoreFailed(workerId);
    });
  }
  await Promise.all([...workers.values()].map((worker) => worker.resume()));
  let sweeping = sweep();

  return {
    runtimeId,
    kind: "embedded",

    async detail() {
      const lifecycles = [...workers.values()].map((worker) => worker.detail().status);
      const count = (status: string) => lifecycles.filter((lifecycle) => lifecycle === status).length;
      return {
        runtime_id: runtimeId,
        display_name: displayName,
        backend: store.kind,
        status: closed ? "stopped" : "running",
        worker_count: workers.size,
        active_worker_count: count("running"),
        stopped_worker_count: count("stopped"),
        cancelled_worker_count: count("cancelled"),
        diagnostic_count: notes.length + store.diagnostics().length,
        limits: {
          max_transcript_projection_items: limits.runtime.maxTranscriptItems,
          max_event_batch_items: limits.runtime.maxEventBatch,
          max_workers: limits.runtime.maxWorkers,
        },
        worker_creation_available: !closed,
      };
    },

    capabilities: async () => ({
      createWorker: !closed,
      stopWorker: true,
      sendInput: true,
      maxWorkers: limits.runtime.maxWorkers,
    }),

    diagnostics: async () => [...store.diagnostics(), ...notes].slice(0, MAX_NOTES),

    listWorkers: async () =>
      [...workers.values()].map((worker) => worker.detail()).toSorted((a, b) => (a.worker_id < b.worker_id ? -1 : 1)),

    getWorker: async (workerId) => find(workerId).detail(),

    async storeConfigBundle(bundle) {
      checkOpen();
      return bundles.store(bundle);
    },

    listConfigBundles: async () => bundles.list(),
    checkConfigBundle: async (reference) => bundles.check(reference),

    async createWorker(request) {
      checkCreation(request);
      const { profile, configBundle, displayName: name, initialInput } = request;
      const { label } = chooseProfile(profiles, profile, configBundle !== undefined).profile;
      const workerId = nextWorkerId();
      const worker = await newWorker({
        workerId,
        displayName: name ?? label,
        profile,
        ...(configBundle === undefined ? {} : { configBundle }),
      });
      if (initialInput) {
        try {
          await worker.sendInput(initialInput);
        } catch (error) {
          workers.delete(workerId);
          await store.removeWorker(workerId).catch(() => noteStoreFailed(workerId));
          throw error;
        }
      }
      return worker.detail();
    },

    async ensureWorker(request) {
      const worker = workers.get(request.workerId) ?? (await newWorker(request));
      return worker.detail();
    },

    async importWorker(conversation) {
      checkOpen();
      return (await importWorker(conversation)).detail();
    },

    async renameWorker(workerId, name) {
      const worker = find(workerId);
      checkOpen();
      await worker.rename(name);
      return worker.detail();
    },

    stopWorker: async (workerId, reason) => find(workerId).stop(reason ?? "worker stopped"),
    cancelRun: async (workerId, reason) => find(workerId).cancel(reason ?? "run cancelled"),

    async sendInput(workerId, input) {
      const worker = find(workerId);
      checkOpen();
      return worker.sendInput(input);
    },

    transcript: async (workerId, query) => transcriptPage(find(workerId), query, limits.runtime),
    entries: async (workerId, query) => entryPage(find(workerId), query, limits.runtime),

    async *observe(workerId, observation) {
      yield* observeWorker(find(workerId), observeContext, observation);
    },

    async drain(signal) {
      await Promise.race([Promise.all([...workers.values()].map((worker) => worker.idle())), aborted(signal)]);
    },

    [Symbol.asyncDispose]() {
      closed ??= close();
      return closed;
    },
  };
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
