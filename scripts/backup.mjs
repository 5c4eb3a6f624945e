/**
 * `npm run backup -- <data folder or store> <target>`: a copy of what is kept, also while a server runs on it.
 *
 * Reads through SQLite, as of one moment for each store, and holds up nobody who writes. A folder is copied with all its
 * stores, the secret of its cursors and the rules for its viewers. The target must not exist; it is there whole or not
 * at all.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { backUp } from "../runtime/store/sqlite-backup.ts";
import { storeProblem } from "../runtime/store/sqlite-problem.ts";

const FOLDER_MODE = 0o700;
/** What stands beside the stores and has to come back with them; who has logged in does so again. */
const BESIDE = ["cursor-secret", "viewer-rules.json"];

const [source, named, ...others] = process.argv.slice(2);
try {
  if (!source || !named || others.length > 0)
    throw new Error("Usage: npm run backup -- <data folder or store> <target>");
  // Without the slash that a folder's name may end with: what is not whole yet stands beside it.
  const target = resolve(named);
  if (!existsSync(source)) throw new Error(`Cannot back up ${source}: there is nothing of that name.`);
  if (existsSync(target)) throw new Error(`Cannot back up to ${target}: something of that name is there already.`);
  mkdirSync(dirname(target), { recursive: true, mode: FOLDER_MODE });
  if (statSync(source).isDirectory()) copyFolder(source, target);
  else copyStore(source, target);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function copyFolder(from, to) {
  const stores = readdirSync(from).filter((name) => name.endsWith(".sqlite"));
  if (stores.length === 0) throw new Error(`Cannot back up ${from}: there is no store in it.`);
  const part = `${to}.part`;
  rmSync(part, { recursive: true, force: true });
  try {
    mkdirSync(part, { mode: FOLDER_MODE });
    for (const name of stores) copyStore(join(from, name), join(part, name), join(to, name));
    for (const name of BESIDE.filter((name) => existsSync(join(from, name)))) {
      copyFileSync(join(from, name), join(part, name));
    }
    renameSync(part, to);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
}

/** @param {string} shown Where it will be when all is done. */
function copyStore(from, to, shown = to) {
  try {
    backUp(from, to);
  } catch (error) {
    const problem = storeProblem(error, to);
    throw new Error(`Cannot back up ${from}: ${problem.detail ?? problem.message}`, { cause: error });
  }
  const kibibytes = Math.ceil(statSync(to).size / 1024);
  console.log(`${from} is copied to ${shown} (${kibibytes} KiB).`);
}
