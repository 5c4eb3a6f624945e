/**
 * The store that a configuration names.
 *
 * Owns the choice, and what an operator reads where a store can't be had: the terminal may name the file, an answer never
 * does.
 */
import type { RuntimeId } from "../../protocol/id.ts";
import { ConfigError } from "../settings.ts";
import { storePath, type StoreConfig } from "../store-config.ts";
import { createMemoryStore } from "./memory.ts";
import { EARLY_MS } from "./sqlite-limits.ts";
import { isStoreProblem } from "./sqlite-problem.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { RuntimeStore } from "./store.ts";

const ADVICE: Readonly<Record<string, string>> = {
  store_locked: "Another process has it open. End that one first, or choose another data folder.",
  store_foreign: "It belongs to another Runtime. Choose another data folder, or the id that it was made with.",
  store_too_new: "It was written by a newer version of this program. Start that one.",
  store_corrupt: "It is damaged, or no store. Put a backup in its place, or move it away to begin anew.",
  store_read_only: "It can't be written to. Look at the permissions of the folder and of the file.",
  store_full: "There is no room left for it. Make some, or raise YOI_STORE_MAX_BYTES where that is set.",
};

/** What is said of a failure that has no name of its own. */
function adviceOn(cause: unknown): string {
  const said = cause instanceof Error && cause.message !== "" ? ` ("${cause.message}")` : "";
  return (
    `It fails${said}. SQLite can't work on every disk: let the data folder be on one of the machine itself, ` +
    "and not on a network's or, under WSL, on Windows'."
  );
}

/** Gives the store, opened; again after it was closed. */
export interface StoreSource {
  /**
   * Opens what needs the store, which is closed where that fails.
   *
   * @throws ConfigError that names the file and says what to do
   */
  use<Value>(use: (store: RuntimeStore) => Promise<Value>): Promise<Value>;
}

/**
 * The store of a Runtime, on its way when this returns: a small one is open, and the thread of a large one starts while the
 * program loads the rest of itself.
 */
export function createStoreSource(config: StoreConfig, runtimeId: RuntimeId): StoreSource {
  if (config.kind === "memory") {
    // The same one each time, as a file would be.
    const store = createMemoryStore();
    return { use: (use) => use(store) };
  }
  const path = storePath(config.dataDir, runtimeId);
  const options = { path, sync: config.sync, maxBytes: config.maxBytes };
  const open = () => openSqliteStore(options);
  let first: Promise<RuntimeStore> | null = openSqliteStore(options, { earlyMs: EARLY_MS });
  // Whoever uses it hears of its failure.
  first.catch(() => {});
  return {
    async use(use) {
      const opening = first ?? open();
      first = null;
      let store: RuntimeStore | undefined;
      try {
        store = await opening;
        return await use(store);
      } catch (error) {
        await store?.[Symbol.asyncDispose]();
        if (!isStoreProblem(error)) throw error;
        const advice = ADVICE[error.code] ?? adviceOn(error.cause);
        throw new ConfigError(`Cannot start: the store ${path} can't be opened. ${advice}`, { cause: error });
      }
    },
  };
}
