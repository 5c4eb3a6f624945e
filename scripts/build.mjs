/**
 * Builds `dist/` when a source differs from what it was built from; `--force` builds always. The result appears
 * when it is whole, so that a server or a test that starts meanwhile never sees half of it; of two builds at once, the
 * second waits, and finds that there is nothing left to do.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { findNode, root } from "./engines.mjs";
import { oneAtATime } from "./one-at-a-time.mjs";

const folders = ["protocol", "client", "prompts", "runtime", "server", "routes", "islands"];
const sources = [...folders, "vite.config.ts", "package-lock.json"];
const dist = `${root}dist`;
const stamp = `${dist}/sources.sha256`;
/** After so long the code that the first page needs is left to each start. */
const FIRST_PAGE_MS = 20_000;

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
  await keepCompiled();
}

/**
 * Starts what was built once, has it show a page and ends it: Node then keeps the code that it compiled for that, and every
 * start finds it. A machine where this fails compiles at each start, and is none the worse for it.
 */
async function keepCompiled() {
  const node = findNode();
  if (node === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), "yoi-build-"));
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    PATH,
    HOME,
    TMPDIR,
    YOI_HOST: "127.0.0.1",
    YOI_PORT: "0",
    YOI_DATA_DIR: folder,
    YOI_SHUTDOWN_GRACE_MS: "0",
  };
  const server = spawn(node, [`${dist}/server/node.js`], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => server.once("close", resolve).once("error", resolve));
  const giveUp = setTimeout(() => server.kill("SIGKILL"), FIRST_PAGE_MS);
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const url = / is at (http:\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      await fetch(url).then((page) => page.arrayBuffer());
      server.kill("SIGTERM");
    }
  } catch {
    server.kill("SIGKILL");
  } finally {
    await ended;
    clearTimeout(giveUp);
    rmSync(folder, { recursive: true, force: true });
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
  // An editor's lock is a link to nowhere.
  return readdirSync(root + path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(`${path}/${entry.name}`) : [`${path}/${entry.name}`]));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const isDue = () => process.argv.includes("--force") || !isBuilt();
  if (isDue()) {
    await oneAtATime(async () => {
      if (isDue()) await build();
    });
  }
}
