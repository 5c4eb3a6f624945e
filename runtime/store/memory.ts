/**
 * A store that lasts as long as its process.
 *
 * Owns nothing but maps; for tests, and for edges without a disk.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import type { EventRecord, RuntimeStore, StoredWorker, WorkerRecord } from "./store.ts";

interface Kept {
  record: WorkerRecord;
  readonly events: EventRecord[];
  nextPosition: number;
}

/** An empty store in memory. */
export function createMemoryStore(): RuntimeStore {
  const workers = new Map<WorkerId, Kept>();
  const bundles = new Map<string, ConfigBundle>();

  const find = (workerId: WorkerId): Kept => {
    const kept = workers.get(workerId);
    if (!kept) throw new ProblemError("worker_not_found", `The store has no Worker "${workerId}".`);
    return kept;
  };

  return {
    kind: "memory",

    load: async () =>
      [...workers.values()]
        .map(({ record, events }): StoredWorker => ({ record, events: [...events] }))
        .toSorted((a, b) => (a.record.workerId < b.record.workerId ? -1 : 1)),

    loadConfigBundles: async () => [...bundles.values()].toSorted((a, b) => (a.metadata.id < b.metadata.id ? -1 : 1)),

    async putConfigBundle(bundle) {
      bundles.set(bundle.metadata.id, bundle);
    },

    async putWorker(record) {
      const kept = workers.get(record.workerId);
      if (kept) kept.record = record;
      else workers.set(record.workerId, { record, events: [], nextPosition: 1 });
    },

    async removeWorker(workerId) {
      workers.delete(workerId);
    },

    async append(workerId, events) {
      const kept = find(workerId);
      events.forEach(({ position }, index) => {
        const expected = kept.nextPosition + index;
        if (position !== expected) {
          throw new RangeError(`Cannot append to "${workerId}": position ${position} is not ${expected}`);
        }
      });
      kept.events.push(...events);
      kept.nextPosition += events.length;
    },

    async trim(workerId, oldestPosition) {
      const { events } = find(workerId);
      const count = events.findIndex(({ position }) => position >= oldestPosition);
      events.splice(0, count === -1 ? events.length : count);
    },

    async [Symbol.asyncDispose]() {},
  };
}
