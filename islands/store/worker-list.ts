/**
 * The Workers that the workspace has, as the sidebar shows them. Owns the modest polling and making a new one; a page
 * that nobody looks at does not poll.
 */
import { computed, createModel, signal } from "@preact/signals";
import type { WorkerSummary } from "../../protocol/backend-api.ts";
import type { RuntimeId, WorkerRef } from "../../protocol/id.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import type { Clock, TimerHandle } from "./clock.ts";

export type SpawnState =
  | { readonly kind: "idle" }
  | { readonly kind: "making" }
  | { readonly kind: "failed"; readonly failure: ApiFailure | undefined };

export interface WorkerListOptions {
  readonly workers: readonly WorkerSummary[];
  readonly api: Pick<ApiClient, "listWorkers" | "spawnWorker">;
  readonly clock: Clock;
  readonly isVisible: () => boolean;
}

const POLL_MS = 20_000;

export const WorkerList = createModel((options: WorkerListOptions) => {
  const workers = signal<readonly WorkerSummary[]>(options.workers);
  const spawn = signal<SpawnState>({ kind: "idle" });
  let timer: TimerHandle | undefined;
  let isStopped = false;

  const refresh = async () => {
    options.clock.clearTimeout(timer);
    const result = options.isVisible() ? await options.api.listWorkers() : undefined;
    // An answer that failed changes nothing: the list that is shown was true once, the link's state says the rest.
    if (result?.ok) workers.value = result.value;
    options.clock.clearTimeout(timer);
    if (!isStopped) timer = options.clock.setTimeout(() => void refresh(), POLL_MS);
  };

  return {
    workers: computed(() => workers.value),
    spawn: computed(() => spawn.value),

    start(): void {
      timer = options.clock.setTimeout(() => void refresh(), POLL_MS);
    },
    refresh,

    /** Makes a Worker in the Runtime; `undefined` when it was refused, which `spawn` tells. */
    async create(runtimeId: RuntimeId, name: string): Promise<WorkerRef | undefined> {
      if (spawn.peek().kind === "making") return undefined;
      spawn.value = { kind: "making" };
      const result = await options.api.spawnWorker(runtimeId, name);
      if (result.ok && result.value.worker) {
        spawn.value = { kind: "idle" };
        const { runtime_id, worker_id } = result.value.worker;
        return { runtime_id, worker_id };
      }
      spawn.value = { kind: "failed", failure: result.ok ? undefined : result.failure };
      return undefined;
    },

    stop(): void {
      isStopped = true;
      options.clock.clearTimeout(timer);
    },
  };
});
export type WorkerList = InstanceType<typeof WorkerList>;
