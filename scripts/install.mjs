/**
 * Makes `node_modules` what the lock says, and does nothing when it is so already. Deno fetches npm itself where a machine
 * has none: the one lock then holds for every way in.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import process from "node:process";
import { root, run, runsOnDeno } from "./engines.mjs";
import { oneAtATime } from "./one-at-a-time.mjs";

export async function ensureInstalled() {
  if (isInstalled()) return;
  await oneAtATime(async () => {
    // Whoever was waited for may have done it.
    if (!isInstalled()) await install();
  });
}

async function install() {
  console.log("Installing packages from the lock …");
  // In a folder that is in use, `install` changes only what differs; `ci` would take everything away first.
  const verb = existsSync(`${root}node_modules/.package-lock.json`) ? "install" : "ci";
  // What builds is for development, which npm leaves out where NODE_ENV is "production".
  const code = await run([...npmCommand(), verb, "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"], {
    env: npmEnvironment,
    shell: process.platform === "win32",
  });
  if (code !== 0 || !isInstalled()) throw new Error(`Cannot install the packages: npm ${verb} ended with code ${code}`);
}

/** Compares the lock with npm's record of what it put there. */
function isInstalled() {
  const record = `${root}node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const installed = readPackages(record);
  return Object.entries(readPackages(`${root}package-lock.json`)).every(([path, wanted]) => {
    const found = installed[path];
    return path === "" || (found ? found.version === wanted.version : wanted.optional || wanted.devOptional);
  });
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

/** npm must not run on the Node inside the folder that it is about to replace. */
export const npmEnvironment = {
  ...process.env,
  PATH: (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !/node_modules[\\/]\.bin[\\/]?$/.test(folder))
    .join(delimiter),
};

/** npm's command line, by Deno where the machine has none. */
export function npmCommand() {
  const probe = spawnSync("npm", ["--version"], { env: npmEnvironment, shell: process.platform === "win32" });
  if (probe.status === 0) return ["npm"];
  if (!runsOnDeno) throw new Error("Cannot install the packages: npm is not on this machine");
  return [process.execPath, "run", "-A", "--no-config", "--no-lock", "--node-modules-dir=none", "npm:npm@11.19.1"];
}
