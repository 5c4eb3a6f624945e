/**
 * Builds `dist/` when a source differs from what it was built from; `--force` builds always. The result appears
 * when it is whole, so that a server or a test that starts meanwhile never sees half of it.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { root } from "./engines.mjs";

const folders = ["protocol", "client", "prompts", "runtime", "server", "routes", "islands"];
const sources = [...folders, "vite.config.ts", "package-lock.json"];
const dist = `${root}dist`;
const stamp = `${dist}/sources.sha256`;

export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === hashSources();
}

async function build() {
  const { build: viteBuild } = await import("vite");
  const hash = hashSources();
  const fresh = `${root}.build-${process.pid}`;
  const options = { root, logLevel: "warn" };
  try {
    await viteBuild({ ...options, build: { outDir: `${fresh}/client`, emptyOutDir: true } });
    await viteBuild({ ...options, build: { outDir: `${fresh}/server`, emptyOutDir: true, ssr: true } });
    writeFileSync(`${fresh}/sources.sha256`, hash);
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function hashSources() {
  const hash = createHash("sha256");
  for (const path of sources.flatMap(listFiles))
    hash
      .update(`${path}\0`)
      .update(readFileSync(root + path))
      .update("\0");
  return hash.digest("hex");
}

function listFiles(path) {
  if (!existsSync(root + path)) return [];
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(root + path, { withFileTypes: true })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(`${path}/${entry.name}`) : [`${path}/${entry.name}`]));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--force") || !isBuilt()) await build();
}
