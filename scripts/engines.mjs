/**
 * Finds the programs that run the project: its own Node and Deno (packages in `node_modules`), else the machine's.
 * Plain JavaScript for any Node from 20 on and for Deno, with no dependency, because it runs before anything is installed.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const runsOnDeno = "deno" in process.versions;

const oldestNode = 24;
const isWindows = process.platform === "win32";
const suffix = isWindows ? ".exe" : "";

/** With what Linux loads programs that were made for glibc, as the project's own Node was: Alpine has none. */
const loaders = { x64: "/lib64/ld-linux-x86-64.so.2", arm64: "/lib/ld-linux-aarch64.so.1" };

/**
 * The Node that runs the project.
 * @param {string | undefined} loader What a glibc machine of this kind has
 * @returns {string | undefined} its path
 */
export function findNode(loader = loaders[process.arch]) {
  const platform = isWindows ? "win" : process.platform;
  const own = `${root}node_modules/node-${platform}-${process.arch}/bin/node${suffix}`;
  const canRunOwn = process.platform !== "linux" || loader === undefined || existsSync(loader);
  if (canRunOwn && existsSync(own)) return own;
  const isNewEnough = !runsOnDeno && Number.parseInt(process.versions.node, 10) >= oldestNode;
  return isNewEnough ? process.execPath : undefined;
}

/**
 * The Deno that runs the project: the running one, else the one in `node_modules`. The package is Deno's binary alone:
 * the package named `deno` puts a wrapper into `node_modules/.bin` that `deno task` would prefer, and it swallows signals.
 */
export function findDeno() {
  if (runsOnDeno) return process.execPath;
  const libc = process.platform === "linux" ? "-glibc" : "";
  const own = `${root}node_modules/@deno/${process.platform}-${process.arch}${libc}/deno${suffix}`;
  return existsSync(own) ? own : undefined;
}

/**
 * The command line that runs a script of the project.
 * @param {"node" | "deno" | "any"} engine `any` prefers Node and takes Deno where no new enough Node is
 * @param {string[]} scriptAndArguments
 */
export function commandFor(engine, scriptAndArguments) {
  const node = engine === "deno" ? undefined : findNode();
  // A build is not minified: its traces can be read, and looking for its source map would hold up every start.
  const isBuilt = /\bdist\//.test(scriptAndArguments[0] ?? "");
  if (node) return [node, ...(isBuilt ? [] : ["--enable-source-maps"]), ...scriptAndArguments];
  const deno = engine === "node" ? undefined : findDeno();
  if (deno) return [deno, "run", "-A", ...scriptAndArguments];
  const wanted = engine === "deno" ? "Deno" : `Node ${oldestNode} or newer`;
  throw new Error(`Cannot run ${scriptAndArguments[0]}: ${wanted} is neither in node_modules nor on this machine`);
}

/**
 * Runs a command to its end, passing on the signals that this process gets.
 * @param {string[]} command
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, as a shell would report it
 */
export function run([program, ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
    // A terminal sends SIGINT to the whole group, so the child has it already; listening keeps this process alive till then.
    const forward = (signal) => signal !== "SIGINT" && child.kill(signal);
    for (const signal of Object.keys(signals)) process.on(signal, forward);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const name of Object.keys(signals)) process.off(name, forward);
      resolve(code ?? 128 + (signals[signal] ?? 9));
    });
  });
}

/** Replaces this process where the engine can, so that signals, exit code and process id are the program's own. */
export async function become(command) {
  if (process.execve && process.platform !== "win32") process.execve(command[0], command, process.env);
  process.exit(await run(command));
}
