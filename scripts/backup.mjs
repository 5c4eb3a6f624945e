/**
 * `npm run backup -- <data folder or store> <target>`: a copy of what is kept, also while a server runs on it.
 *
 * Reads through SQLite, as of one moment for each store, and holds up nobody who writes. A folder is copied with all its
 * stores, the secret of its cursors and the rules for its viewers. The target must not exist; it is there whole or not
 * at all, also where two are made at once or one is ended by a signal, of which this thread hears while another copies.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { asProblem } from "../protocol/problem.ts";
import { ThreadLink } from "../runtime/store/sqlite-link.ts";

const FOLDER_MODE = 0o700;
/** What stands beside the stores and has to come back with them; who has logged in does so again. */
const BESIDE = ["cursor-secret", "viewer-rules.json"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

const [source, named, ...others] = process.argv.slice(2);
try {
  if (!source || !named || others.length > 0)
    throw new Error("Usage: npm run backup -- <data folder or store> <target>");
  // Without the slash that a folder's name may end with: what is not whole yet stands beside it.
  const target = resolve(named);
  if (!existsSync(source)) throw new Error(`Cannot back up ${source}: there is nothing of that name.`);
  refuseTaken(target);
  mkdirSync(dirname(target), { recursive: true, mode: FOLDER_MODE });
  const part = `${target}.${randomBytes(4).toString("hex")}.part`;
  const end = (signal) => endBy(signal, part);
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    await (statSync(source).isDirectory() ? copyFolder(source, target, part) : copyFile(source, target, part));
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    rmSync(part, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function refuseTaken(target) {
  if (existsSync(target)) throw new Error(`Cannot back up to ${target}: something of that name is there already.`);
}

/** Ends this process as the signal would have, and leaves nothing. */
function endBy(signal, part) {
  try {
    rmSync(part, { recursive: true, force: true });
  } finally {
    process.kill(process.pid, signal);
    // Not every engine lets go of a signal that it has listened for.
    process.exit(1);
  }
}

async function copyFolder(from, to, part) {
  const stores = readdirSync(from).filter((name) => name.endsWith(".sqlite"));
  if (stores.length === 0) throw new Error(`Cannot back up ${from}: there is no store in it.`);
  mkdirSync(part, { mode: FOLDER_MODE });
  for (const name of stores) await copyStore(join(from, name), join(part, name), join(to, name));
  for (const name of BESIDE.filter((name) => existsSync(join(from, name)))) {
    copyFileSync(join(from, name), join(part, name));
  }
  try {
    renameSync(part, to);
  } catch (error) {
    refuseTaken(to);
    throw error;
  }
}

async function copyFile(from, to, part) {
  mkdirSync(part, { mode: FOLDER_MODE });
  const copy = join(part, basename(to));
  await copyStore(from, copy, to);
  try {
    linkSync(copy, to);
  } catch {
    refuseTaken(to);
    // Not every file system has links.
    renameSync(copy, to);
  }
}

/** @param {string} shown Where it will be when all is done. */
async function copyStore(from, to, shown) {
  const thread = new ThreadLink({ kind: "backup", from, to }, () => {});
  try {
    await thread.opened;
  } catch (error) {
    throw new Error(`Cannot back up ${from}: ${asProblem(error).detail}`, { cause: error });
  } finally {
    await thread.end();
  }
  const kibibytes = Math.ceil(statSync(to).size / 1024);
  console.log(`${from} is copied to ${shown} (${kibibytes} KiB).`);
}
