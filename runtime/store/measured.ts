/**
 * A store that is timed.
 *
 * Owns how long each append took, and the word of those that failed. It hands everything on as it is; whoever opens a
 * store for a Runtime puts it in between.
 */
import { asProblem } from "../../protocol/problem.ts";
import type { Clock } from "../clock.ts";
import type { Telemetry } from "../telemetry.ts";
import type { RuntimeStore } from "./store.ts";

/** The same store, with its appends and checkpoints reported. */
export function measuredStore(
  store: RuntimeStore,
  clock: Pick<Clock, "now">,
  telemetry: Pick<Telemetry, "storeAppended" | "storeFailed">,
): RuntimeStore {
  const failed = (error: unknown): never => {
    telemetry.storeFailed(asProblem(error));
    throw error;
  };
  return {
    kind: store.kind,
    loadRuntime: () => store.loadRuntime(),
    putRuntime: (record) => store.putRuntime(record),
    load: () => store.load(),
    loadConfigBundles: () => store.loadConfigBundles(),
    putConfigBundle: (bundle) => store.putConfigBundle(bundle),
    putWorker: (record) => store.putWorker(record),
    removeWorker: (workerId) => store.removeWorker(workerId),
    append(workerId, events, extras) {
      const startedMs = clock.now();
      return store
        .append(workerId, events, extras)
        .then(() => telemetry.storeAppended(clock.now() - startedMs), failed);
    },
    checkpoint: (workerId, checkpoint) => store.checkpoint(workerId, checkpoint).catch(failed),
    diagnostics: () => store.diagnostics(),
    isLost: () => store.isLost(),
    backup: store.backup,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
