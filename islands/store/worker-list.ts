/**
 * The Runtimes and Workers that the workspace has, as the sidebar shows them. Owns the modest polling, what is kept of a
 * Runtime that is away, and making a new Worker; a page that nobody looks at does not poll.
 */
import { batch, computed, createModel, signal } from "@preact/signals";
import type { RuntimeSummary, WorkerSummary } from "../../protocol/backend-api.ts";
import type { RuntimeId, WorkerRef } from "../../protocol/id.ts";
import type { ListedRuntime } from "../console-data.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import type { Clock, TimerHandle } from "./clock.ts";

export type SpawnState =
  | { readonly kind: "idle" }
  | { readonly kind: "making"; readonly runtimeId: RuntimeId }
  | { readonly kind: "failed"; readonly runtimeId: RuntimeId; readonly failure: ApiFailure | undefined };

/** A Worker in the list. */
export interface ListedWorker {
  readonly worker: WorkerSummary;
  /** Whether it is shown as it was, since its Runtime did not tell of it. */
  readonly isUnreachable: boolean;
}

/** A Runtime with its Workers. */
export interface RuntimeGroup {
  readonly runtimeId: RuntimeId;
  /** Absent while only its Workers are known. */
  readonly runtime: ListedRuntime | undefined;
  /** What it is called, told apart from others of the same name. */
  readonly label: string;
  readonly workers: readonly ListedWorker[];
}

export interface WorkerListOptions {
  readonly workers: readonly WorkerSummary[];
  readonly runtimes: readonly ListedRuntime[];
  readonly api: Pick<ApiClient, "listWorkers" | "listRuntimes" | "spawnWorker">;
  readonly clock: Clock;
  readonly isVisible: () => boolean;
}

const POLL_MS = 20_000;
/** How soon the end of a run elsewhere is known, while one goes. */
const POLL_AT_WORK_MS = 5_000;

/** A Worker by a string, e.g. as a key in a map: ids have no slash. */
export function workerKey({ runtime_id, worker_id }: WorkerRef): string {
  return `${runtime_id}/${worker_id}`;
}

export const WorkerList = createModel((options: WorkerListOptions) => {
  const workers = signal<readonly ListedWorker[]>(
    options.workers.map((worker) => ({ worker, isUnreachable: isAway(options.runtimes, worker.runtime_id) })),
  );
  const runtimes = signal<readonly ListedRuntime[]>(options.runtimes);
  const spawn = signal<SpawnState>({ kind: "idle" });
  let timer: TimerHandle | undefined;
  let pollMs = POLL_MS;

  const delayMs = () => {
    const isAnyAtWork = workers.peek().some(({ worker }) => worker.status === "running");
    return isAnyAtWork ? Math.min(pollMs, POLL_AT_WORK_MS) : pollMs;
  };

  const refresh = async () => {
    options.clock.clearTimeout(timer);
    if (options.isVisible()) {
      const { api } = options;
      const [ofRuntimes, ofWorkers] = await Promise.all([api.listRuntimes(), api.listWorkers()]);
      // An answer that failed changes nothing: the list that is shown was true once, the link's state says the rest.
      batch(() => {
        if (ofRuntimes.ok) runtimes.value = withLastSeen(ofRuntimes.value, runtimes.peek(), options.clock.now());
        if (ofWorkers.ok) workers.value = keepUntold(ofWorkers.value, workers.peek(), runtimes.peek());
      });
    }
    options.clock.clearTimeout(timer);
    timer = options.clock.setTimeout(() => void refresh(), delayMs());
  };

  return {
    workers: computed(() => workers.value),
    runtimes: computed(() => runtimes.value),
    groups: computed(() => groupsOf(workers.value, runtimes.value)),
    spawn: computed(() => spawn.value),

    start(everyMs = POLL_MS): void {
      pollMs = everyMs;
      // Without Runtimes the server had no time to ask for them.
      const firstMs = runtimes.peek().length === 0 ? 0 : delayMs();
      timer = options.clock.setTimeout(() => void refresh(), firstMs);
    },
    refresh,

    /** Makes a Worker in the Runtime; `undefined` when it was refused, which `spawn` tells. */
    async create(runtimeId: RuntimeId, name: string): Promise<WorkerRef | undefined> {
      if (spawn.peek().kind === "making") return undefined;
      spawn.value = { kind: "making", runtimeId };
      const result = await options.api.spawnWorker(runtimeId, name);
      if (result.ok && result.value.worker) {
        spawn.value = { kind: "idle" };
        const { runtime_id, worker_id } = result.value.worker;
        return { runtime_id, worker_id };
      }
      spawn.value = { kind: "failed", runtimeId, failure: result.ok ? undefined : result.failure };
      // What kept it from being made is news of the Runtime too.
      void refresh();
      return undefined;
    },
  };
});
export type WorkerList = InstanceType<typeof WorkerList>;

/** Whether a Runtime is known to be away. */
export function isAway(runtimes: readonly ListedRuntime[], runtimeId: RuntimeId): boolean {
  return runtimes.find(({ runtime_id }) => runtime_id === runtimeId)?.status === "unavailable";
}

/** When each was heard last: the server's word where it has one, else this page's own. */
function withLastSeen(
  told: readonly (RuntimeSummary & { readonly last_seen_at?: unknown })[],
  before: readonly ListedRuntime[],
  now: number,
): readonly ListedRuntime[] {
  return told.map((runtime) => {
    const known = before.find(({ runtime_id }) => runtime_id === runtime.runtime_id)?.last_seen_at ?? null;
    const seen = runtime.status === "unavailable" ? known : new Date(now).toISOString();
    return { ...runtime, last_seen_at: seen };
  });
}

/** The Workers that were told, and those of before whose Runtimes could not tell of theirs. */
function keepUntold(
  told: { readonly workers: readonly WorkerSummary[]; readonly isWhole: boolean },
  before: readonly ListedWorker[],
  runtimes: readonly ListedRuntime[],
): readonly ListedWorker[] {
  const speaking = new Set(told.workers.map(({ runtime_id }) => runtime_id));
  const kept = told.isWhole ? [] : before.filter(({ worker }) => !speaking.has(worker.runtime_id));
  return [
    ...told.workers.map((worker) => ({ worker, isUnreachable: isAway(runtimes, worker.runtime_id) })),
    ...kept.map(({ worker }) => ({ worker, isUnreachable: true })),
  ];
}

function groupsOf(workers: readonly ListedWorker[], runtimes: readonly ListedRuntime[]): readonly RuntimeGroup[] {
  const ids = new Set([...runtimes, ...workers.map(({ worker }) => worker)].map(({ runtime_id }) => runtime_id));
  return [...ids].map((runtimeId) => {
    const runtime = runtimes.find(({ runtime_id }) => runtime_id === runtimeId);
    const name = runtime?.label ?? runtimeId;
    const isAmbiguous = runtimes.filter(({ label }) => label === name).length > 1;
    return {
      runtimeId,
      runtime,
      label: isAmbiguous ? `${name} (${runtimeId})` : name,
      workers: workers.filter(({ worker }) => worker.runtime_id === runtimeId),
    };
  });
}
