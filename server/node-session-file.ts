/**
 * The logins, kept beside the store.
 *
 * Owns where they are kept, so that people stay logged in over a restart.
 */
import type { Config } from "./config.ts";
import type { KeptFile } from "./kept-file.ts";
import { keptFile } from "./node-kept-file.ts";

const NAME = "sessions.json";

/** The file of a configuration; null where nothing outlives the process, or nobody logs in. */
export function sessionFileOf({ store, access }: Config): KeptFile | null {
  if (store.kind === "memory" || access.token === null) return null;
  const file = keptFile(store.dataDir, NAME);
  // Missing or unreadable: everybody logs in again.
  return { read: () => file.read().catch(() => null), write: (json) => file.write(json) };
}
