/** Whether a Worker's Runtime is known to be away. */
import type { WorkerRef } from "../../protocol/id.ts";
import type { WorkerList } from "../store/worker-list.ts";

export function isRuntimeAway(workers: WorkerList, ref: WorkerRef): boolean {
  return workers.findRuntime(ref.runtime_id)?.status === "unavailable";
}
