/**
 * The embedded Runtimes of a process, by id.
 *
 * Owns the rule that one id is one Runtime: whoever opens an id that is open already gets the same one, so that Workers
 * outlive whatever was rebuilt around them. This file makes registries; the process's own is in `process-registry.ts`.
 */
import type { RuntimeId } from "../protocol/id.ts";
import type { EmbeddedRuntime } from "./embedded.ts";

/** Embedded Runtimes by id. */
export interface EmbeddedRegistry {
  /** The Runtime of this id; `create` makes it when it is asked for first, also when several ask at once. */
  open(runtimeId: RuntimeId, create: () => Promise<EmbeddedRuntime>): Promise<EmbeddedRuntime>;
  /** Closes the Runtime of this id, if there is one; the next `open` makes a new one. */
  close(runtimeId: RuntimeId): Promise<void>;
}

/** A registry of its own, with nothing in it. */
export function createEmbeddedRegistry(): EmbeddedRegistry {
  const runtimes = new Map<RuntimeId, Promise<EmbeddedRuntime>>();
  return {
    open(runtimeId, create) {
      const open = runtimes.get(runtimeId) ?? create();
      runtimes.set(runtimeId, open);
      open.catch(() => runtimes.delete(runtimeId));
      return open;
    },
    async close(runtimeId) {
      const open = runtimes.get(runtimeId);
      runtimes.delete(runtimeId);
      await (await open)?.[Symbol.asyncDispose]();
    },
  };
}
