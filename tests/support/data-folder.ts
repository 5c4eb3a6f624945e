/** A data folder of its own for a process that a test starts, removed when the process has ended. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const made = new Set<string>();
// What a test runner leaves behind when it goes away.
process.on("exit", () => made.forEach(removeDataFolder));

/** Makes an empty one. @returns its path */
export function makeDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "yoi-data-"));
  made.add(folder);
  return folder;
}

/** Removes one that was made here; any other is left alone. */
export function removeDataFolder(folder: string): void {
  if (made.delete(folder)) rmSync(folder, { recursive: true, force: true });
}
