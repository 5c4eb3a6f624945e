/**
 * The weight of the browser's JavaScript.
 *
 * Owns which files of a build a browser loads first, and the sum. Pure: the files come from the caller, so that the test
 * of the budget and the bench weigh alike.
 */
import { gzipSync } from "node:zlib";
import * as z from "zod/mini";

/** Vite's manifest, as far as it is read. */
export const BuildManifest = z.record(
  z.string(),
  z.looseObject({
    file: z.string(),
    isEntry: z.optional(z.boolean()),
    imports: z.optional(z.array(z.string())),
    css: z.optional(z.array(z.string())),
  }),
);
export type BuildManifest = z.infer<typeof BuildManifest>;

/** Where the console's page is built to. */
export const CLIENT = "dist/client";

/** What all of it should stay under, compressed. */
export const BUDGET_GZIP_BYTES = 40_000;

/** Bytes of some files. */
export interface Weight {
  readonly files: number;
  readonly plainBytes: number;
  readonly gzipBytes: number;
}

/** The scripts that a page loads before it works: the entries and what they import, but not what they may load later. */
export function firstLoadScripts(manifest: BuildManifest): readonly string[] {
  const reached = new Set<string>();
  const visit = (key: string): void => {
    if (reached.has(key)) return;
    reached.add(key);
    for (const imported of manifest[key]?.imports ?? []) visit(imported);
  };
  for (const [key, { isEntry }] of Object.entries(manifest)) if (isEntry === true) visit(key);
  return [...reached].flatMap((key) => manifest[key]?.file ?? []).filter(isScript);
}

/** Weighs scripts, each compressed by itself as a server would send it. */
export function weigh(scripts: readonly Uint8Array[]): Weight {
  return {
    files: scripts.length,
    plainBytes: scripts.reduce((sum, bytes) => sum + bytes.length, 0),
    gzipBytes: scripts.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0),
  };
}

/** Whether a file of a build is JavaScript. */
export function isScript(path: string): boolean {
  return path.endsWith(".js");
}
