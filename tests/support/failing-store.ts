/** A store that fails, or takes its time, when a test says so. Owns a wrapper around the memory store. */
import { createMemoryStore } from "../../runtime/store/memory.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";

/** What can be made to fail. */
type Operation = "append" | "checkpoint" | "putWorker" | "removeWorker";

/** A memory store whose operations can be made to fail or to wait. */
export interface FailingStore extends RuntimeStore {
  /** How many events each append had. */
  readonly appends: readonly number[];
  /** The next calls of an operation fail. */
  fail(operation: Operation, times: number): void;
  /** Appends wait until they are released. */
  hold(): { release(): void };
}

/** An empty one. Disposing of it keeps what it has, as the end of a process does. */
export function createFailingStore(): FailingStore {
  const store = createMemoryStore();
  const appends: number[] = [];
  const failures = new Map<Operation, number>();
  let gate: Promise<void> = Promise.resolve();

  const check = (operation: Operation): void => {
    const left = failures.get(operation) ?? 0;
    if (left === 0) return;
    failures.set(operation, left - 1);
    throw new Error("The disk is full");
  };

  return {
    ...store,
    appends,
    fail: (operation, times) => void failures.set(operation, times),
    hold() {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return { release: held.resolve };
    },
    async putWorker(record) {
      check("putWorker");
      await store.putWorker(record);
    },
    async removeWorker(workerId) {
      check("removeWorker");
      await store.removeWorker(workerId);
    },
    async append(workerId, events, extras) {
      appends.push(events.length);
      await gate;
      check("append");
      await store.append(workerId, events, extras);
    },
    async checkpoint(workerId, checkpoint) {
      check("checkpoint");
      await store.checkpoint(workerId, checkpoint);
    },
    async [Symbol.asyncDispose]() {},
  };
}
