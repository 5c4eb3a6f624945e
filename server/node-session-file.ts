/**
 * The logins, kept beside the store.
 *
 * Owns their file: replaced whole, for its owner's eyes only, so that people stay logged in over a restart.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SessionFile } from "./access/sessions.ts";
import type { Config } from "./config.ts";

const NAME = "sessions.json";
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The file of a configuration; null where nothing outlives the process, or nobody logs in. */
export function sessionFileOf({ store, access }: Config): SessionFile | null {
  if (store.kind === "memory" || access.token === null) return null;
  const folder = store.dataDir;
  const path = join(folder, NAME);
  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch {
        // Missing or unreadable: everybody logs in again.
        return null;
      }
    },
    async write(json) {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      await writeFile(`${path}.new`, json, { mode: FILE_MODE });
      await rename(`${path}.new`, path);
    },
  };
}
