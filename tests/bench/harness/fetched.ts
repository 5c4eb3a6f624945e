/**
 * Peers that are not among the packages.
 *
 * Owns how one gets here: by npm, in the version that is pinned, or by Debian's own packages, when a case first needs it.
 * Each would be too much for everybody who installs this project. It stays in a folder of its own for the next time.
 */
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const CACHE = resolve("node_modules/.cache/bench");
/** Where Debian puts what runs as a service, which is not on everybody's path. */
const SERVICE_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

interface Npm {
  readonly npmCommand: () => string[];
  readonly npmEnvironment: Readonly<Record<string, string>>;
}

interface Engines {
  readonly run: (command: string[], options: object) => Promise<number>;
}

/**
 * The folder that has packages of npm's in its `node_modules`, fetched where they are missing.
 *
 * @param name Of the folder, with the version: another version gets another folder.
 * @param packages `["@portkey-ai/gateway@1.15.2"]`
 */
export async function fetchPackages(name: string, packages: readonly string[]): Promise<string> {
  const { npmCommand, npmEnvironment }: Npm = await import(/* @vite-ignore */ scriptAddress("install.mjs"));
  const options = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error", "--save-exact"];
  return fetchInto(name, async (folder) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    await runIn(folder, [...npmCommand(), "install", ...options, ...packages], npmEnvironment);
  });
}

/** A program that Debian has: the machine's own, or one that is unpacked without being installed, which needs no root. */
export async function findDebianProgram(program: string, debianPackage: string): Promise<string> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SERVICE_FOLDERS];
  const own = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (own !== undefined) return own;
  const folder = await fetchInto(debianPackage, async (fresh) => {
    await runIn(fresh, ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", debianPackage]);
    const [archive] = globSync("*.deb", { cwd: fresh });
    await runIn(fresh, ["dpkg-deb", "-x", archive ?? "", "."]);
  });
  const [found] = globSync(`usr/{bin,sbin}/${program}`, { cwd: folder });
  if (found === undefined) throw new Error(`Cannot get ${program}: Debian's ${debianPackage} has none`);
  return join(folder, found);
}

/** Loads a module of a package that was fetched. */
export async function importFetched<Module>(folder: string, path: string): Promise<Module> {
  return import(/* @vite-ignore */ pathToFileURL(join(folder, "node_modules", path)).href);
}

/** Whole or not at all: a folder that is there can be used. */
async function fetchInto(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(`${folder}-`);
  try {
    await fill(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

async function runIn(folder: string, command: string[], environment: object = process.env): Promise<void> {
  const { run }: Engines = await import(/* @vite-ignore */ scriptAddress("engines.mjs"));
  const code = await run(command, { cwd: folder, env: environment, stdio: ["ignore", "ignore", "inherit"] });
  if (code !== 0) throw new Error(`Cannot get a peer: "${command.join(" ")}" ended with code ${code}`);
}

/** By its address: a script looks from its own place for what is installed, so it must not be bundled. */
function scriptAddress(name: string): string {
  return pathToFileURL(`${process.cwd()}/scripts/${name}`).href;
}
