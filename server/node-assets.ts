/**
 * The browser's files, from the folder that the build has written.
 *
 * Owns the reading of the build's manifest. Used by every entry point that has a disk; `node:fs` is there on Deno too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import { ConfigError } from "../runtime/settings.ts";
import type { Asset, Assets } from "./platform.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

const Manifest = z.record(
  z.string(),
  z.looseObject({ file: z.string(), isEntry: z.optional(z.boolean()), css: z.optional(z.array(z.string())) }),
);

/** Reads the build's output. `folder` ends with a slash. */
export function loadAssets(folder: URL): Assets {
  let manifest: z.infer<typeof Manifest>;
  try {
    manifest = Manifest.parse(JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8")));
  } catch (cause) {
    throw new ConfigError("Cannot start: the browser's files are not built; run `npm run build`.", { cause });
  }
  const entries = Object.values(manifest).filter(({ isEntry }) => isEntry === true);
  const files = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "manifest.json") continue;
    const path = join(entry.parentPath, entry.name);
    // Paths are compared as paths: a folder above may be called anything, also `c#`.
    const url = `/${relative(fileURLToPath(folder), path).replaceAll(sep, "/")}`;
    const contentType = CONTENT_TYPES[entry.name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    files.set(url, { bytes: new Uint8Array(readFileSync(path)), contentType });
  }
  return {
    files,
    scripts: entries.map(({ file }) => `/${file}`),
    styles: entries.flatMap(({ css }) => css ?? []).map((file) => `/${file}`),
  };
}
