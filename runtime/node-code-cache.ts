/**
 * Compiled code, kept beside the build.
 *
 * Owns where it is. Node looks into it before it compiles a file, takes only what its own version made of exactly that
 * file, and adds to it when a process ends; where it can't be written to, nothing is added. `scripts/build.mjs` fills it.
 */
import module from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Uses the cache beside a built program. Before all that is to be found in it; sources have none, and Bun needs none. */
export function useCodeCache(program: string): void {
  if (program.endsWith(".ts") || process.env["NODE_COMPILE_CACHE"] !== undefined) return;
  const directory = fileURLToPath(new URL("code-cache/", program));
  module.enableCompileCache?.({ directory, portable: true });
  // The store's thread reads where it is from the environment.
  process.env["NODE_COMPILE_CACHE"] = directory;
  process.env["NODE_COMPILE_CACHE_PORTABLE"] = "1";
}
