/** What a store has. Owns the reading of it into an array, for tests that look at all of it. */
import type { RuntimeStore, StoredWorker } from "../../runtime/store/store.ts";

/** Every Worker that can be read, sorted by id. */
export async function storedWorkers(store: Pick<RuntimeStore, "load">): Promise<StoredWorker[]> {
  const workers: StoredWorker[] = [];
  for await (const one of store.load()) if (one.kind === "worker") workers.push(one);
  return workers;
}
