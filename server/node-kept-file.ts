/**
 * A small file beside the store.
 *
 * Owns how it is written: replaced whole, for its owner's eyes only. What stands in it is the matter of whoever keeps it.
 */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { KeptFile } from "./kept-file.ts";

/** Of a file for its owner's eyes only. */
export const FILE_MODE = 0o600;
/** Of a folder for these. */
export const FOLDER_MODE = 0o700;

/** The file of a name in the data folder. */
export function keptFile(folder: string, name: string): KeptFile {
  const path = join(folder, name);
  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
    async write(text) {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      const file = await open(`${path}.new`, "w", FILE_MODE);
      try {
        await file.writeFile(text);
        // Else a name may outlive a power cut, and what stands in the file not.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      await syncFolder(folder);
    },
  };
}

/** Brings to the disk what a folder calls its files. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Not every system opens folders, and not every file system does this: there the names come when they come.
  }
}
