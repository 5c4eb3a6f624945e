/**
 * The embedded Runtime: Workers in this process.
 *
 * Fulfils `Runtime` for the Workers of one store, which `worker-catalogue.ts` keeps. It has no HTTP and no sockets; a Runtime
 * process is this same thing with faces on top.
 */
import type { RuntimeId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { WorkerDetail } from "../protocol/runtime-api.ts";
import type { Clock, Random } from "./clock.ts";
import { ConfigBundles } from "./config-bundles.ts";
import { aborted } from "./deadline.ts";
import type { Limits } from "./limits.ts";
import { hasEpoch } from "./epochs.ts";
import { observeWorker, type ObserveContext } from "./observe.ts";
import { entryPage, transcriptPage } from "./pages.ts";
import { chooseProfile, type Profiles } from "./profile.ts";
import { MAX_NOTES, RuntimeNotes } from "./runtime-notes.ts";
import type { CreateWorker, Runtime } from "./runtime.ts";
import { claimStore } from "./store/claim.ts";
import type { RuntimeStore } from "./store/store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { WorkerCatalogue, type NewWorker } from "./worker-catalogue.ts";

/** What an embedded Runtime is made of. */
export interface EmbeddedRuntimeOptions {
  readonly runtimeId: RuntimeId;
  readonly displayName: string;
  readonly profiles: Profiles;
  readonly store: RuntimeStore;
  readonly limits: Limits;
  /** Whether a run that a former process left is gone on with, instead of ended as interrupted. */
  readonly continueInterrupted?: boolean;
  /** It is gone on with when this resolves; absent: at once. Never rejects. */
  readonly served?: Promise<void> | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of runs; absent: nobody is. */
  readonly telemetry?: Telemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

/** A Runtime in this process. */
export interface EmbeddedRuntime extends Runtime {
  readonly kind: "embedded";
  /** The Worker of this id, made now if there is none. */
  ensureWorker(request: NewWorker): Promise<WorkerDetail>;
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
  const { runtimeId, displayName, profiles, store, limits, clock } = options;
  await claimStore(store, runtimeId, clock);
  const notes = new RuntimeNotes();
  /** Aborted when every run has ended, so that observers see how. */
  const ended = new AbortController();
  let closed: Promise<void> | null = null;

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

  const workers = new WorkerCatalogue({
    ...options,
    continueInterrupted: options.continueInterrupted ?? false,
    notes,
    checkOpen,
  });

  const observeContext: ObserveContext = {
    limits: limits.worker,
    maxEventBatch: limits.runtime.maxEventBatch,
    ending: ended.signal,
    isForeign: (epoch) => workers.all.some(({ epochs }) => hasEpoch(epochs, epoch)),
    now: () => clock.now(),
  };

  const sweep = (): Disposable =>
    clock.schedule(limits.runtime.retentionIntervalMs, () => {
      for (const worker of workers.all) void worker.retain();
      sweeping = sweep();
    });

  const close = async (): Promise<void> => {
    sweeping[Symbol.dispose]();
    await Promise.allSettled(workers.all.map((worker) => worker.interrupt()));
    ended.abort();
    await store[Symbol.asyncDispose]();
  };

  const bundles = new ConfigBundles({
    kept: await store.loadConfigBundles(),
    store,
    maxBundles: limits.runtime.maxConfigBundles,
  });
  await workers.load();
  let sweeping = sweep();

  return {
    runtimeId,
    kind: "embedded",

    async detail() {
      const lifecycles = workers.all.map((worker) => worker.detail().status);
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
        diagnostic_count: notes.list.length + store.diagnostics().length,
        limits: {
          max_transcript_projection_items: limits.runtime.maxTranscriptItems,
          max_event_batch_items: limits.runtime.maxEventBatch,
          max_workers: limits.runtime.maxWorkers,
        },
        worker_creation_available: !closed && !store.isLost(),
      };
    },

    capabilities: async () => ({
      createWorker: !closed && !store.isLost(),
      stopWorker: true,
      sendInput: true,
      maxWorkers: limits.runtime.maxWorkers,
    }),

    diagnostics: async () => [...store.diagnostics(), ...notes.list].slice(0, MAX_NOTES),

    listWorkers: async () =>
      workers.all.map((worker) => worker.detail()).toSorted((a, b) => (a.worker_id < b.worker_id ? -1 : 1)),

    getWorker: async (workerId) => workers.find(workerId).detail(),

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
      const workerId = workers.nextId();
      const worker = await workers.make({
        workerId,
        displayName: name ?? label,
        profile,
        ...(configBundle === undefined ? {} : { configBundle }),
      });
      if (initialInput) {
        try {
          await worker.sendInput(initialInput);
        } catch (error) {
          await workers.remove(workerId);
          throw error;
        }
      }
      return worker.detail();
    },

    async ensureWorker(request) {
      return (await workers.ensure(request)).detail();
    },

    async importWorker(conversation) {
      checkOpen();
      return (await workers.import(conversation)).detail();
    },

    async renameWorker(workerId, name) {
      const worker = workers.find(workerId);
      checkOpen();
      await worker.rename(name);
      return worker.detail();
    },

    stopWorker: async (workerId, reason) => workers.find(workerId).stop(reason ?? "worker stopped"),
    cancelRun: async (workerId, { reason, runStartedTs } = {}) =>
      workers.find(workerId).cancel(reason ?? "run cancelled", runStartedTs),

    async sendInput(workerId, input) {
      const worker = workers.find(workerId);
      checkOpen();
      return worker.sendInput(input);
    },

    transcript: async (workerId, query) => transcriptPage(workers.find(workerId), query, limits.runtime),
    entries: async (workerId, query) => entryPage(workers.find(workerId), query, limits.runtime),

    async *observe(workerId, observation) {
      yield* observeWorker(workers.find(workerId), observeContext, observation);
    },

    async drain(signal) {
      await Promise.race([Promise.all(workers.all.map((worker) => worker.idle())), aborted(signal)]);
    },

    [Symbol.asyncDispose]() {
      closed ??= close();
      return closed;
    },
  };
}
