/**
 * Work in the project's folder that two processes do one after the other: installing the packages, and building.
 *
 * Owns who does it and who waits: a folder whose one file is called by the number of the process that has it, so that
 * nobody waits for one that is gone. Plain JavaScript for any Node from 20 on and for Deno, with no dependency.
 */
import { mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { root } from "./engines.mjs";

const POLL_MS = 200;
/** What whoever would give a folder the name of another one is told where that is not empty; the last is Windows'. */
const TAKEN = ["ENOTEMPTY", "EEXIST", "EPERM"];

/**
 * Works when no other process does any more.
 *
 * @template Value
 * @param {() => Promise<Value>} work
 * @param {string} lock The folder that tells who works; there only meanwhile.
 * @returns {Promise<Value>} what the work gives
 */
export async function oneAtATime(work, lock = `${root}.build-lock`) {
  const own = mkdtempSync(`${lock}-`);
  try {
    writeFileSync(`${own}/${process.pid}`, "");
    for (let isTold = false; !take(own, lock); isTold = true) {
      if (!isTold) console.log(`Waiting for process ${holderOf(lock) ?? "unknown"}, which installs or builds here …`);
      await setTimeout(POLL_MS);
    }
    try {
      return await work();
    } finally {
      // Away in one step: emptied where it is, it could be another's by the time that it is removed.
      renameSync(lock, own);
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Whether the folder has got the name. Where its holder is gone, the name is free by the next time. */
function take(own, lock) {
  try {
    renameSync(own, lock);
    return true;
  } catch (error) {
    if (!TAKEN.includes(error.code)) throw error;
  }
  const holder = holderOf(lock);
  if (holder !== undefined && isThere(Number(holder))) return false;
  try {
    if (holder !== undefined) rmSync(`${lock}/${holder}`);
    rmdirSync(lock);
  } catch {
    // Somebody else was quicker, and may have it by now.
  }
  return false;
}

/** The number of the process that has it. */
function holderOf(lock) {
  try {
    return readdirSync(lock)[0];
  } catch {
    return undefined;
  }
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
