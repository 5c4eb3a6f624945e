/**
 * Whose a store is.
 *
 * Owns the one look at it, before anything else of it is read: the Workers of one Runtime are never another one's.
 */
import type { RuntimeId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import type { Clock } from "../clock.ts";
import type { RuntimeStore } from "./store.ts";

/** Makes an empty store this Runtime's own. @throws ProblemError store_foreign where it is another one's */
export async function claimStore(
  store: Pick<RuntimeStore, "loadRuntime" | "putRuntime">,
  runtimeId: RuntimeId,
  clock: Pick<Clock, "now">,
): Promise<void> {
  const owner = await store.loadRuntime();
  if (owner === null) return store.putRuntime({ runtimeId, createdTs: clock.now() });
  if (owner.runtimeId !== runtimeId) {
    throw new ProblemError("store_foreign", `The store belongs to Runtime "${owner.runtimeId}", not "${runtimeId}".`);
  }
}
