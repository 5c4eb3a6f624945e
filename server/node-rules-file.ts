/**
 * The rules for viewers that were changed while the server ran, kept beside the store.
 *
 * Owns where they are kept. What can't be read stops the start: a rule that hides something is not forgotten in silence.
 */
import type { Config } from "./config.ts";
import type { KeptFile } from "./kept-file.ts";
import { keptFile } from "./node-kept-file.ts";

const NAME = "viewer-rules.json";

/** The file of a configuration; null where nothing outlives the process. */
export function rulesFileOf({ store }: Config): KeptFile | null {
  return store.kind === "memory" ? null : keptFile(store.dataDir, NAME);
}
