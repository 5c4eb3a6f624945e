/**
 * Work in the project's folder that two processes do one after the other: installing the packages, and building.
 *
 * Owns who does it and who waits: a folder whose one file is called by the number of the process that has it, and is
 * touched while that works. So nobody waits for one that is gone, also where its number is another's by now: after a
 * restart of the machine, or of a container, where every start has the numbers of the one before. Plain JavaScript for
 * any Node from 20 on and for Deno, with no dependency.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { root } from "./engines.mjs";

const POLL_MS = 200;
const POLLS_PER_TOUCH = 5;
/** Whose file is the same at so many polls is gone. Not after a time: a machine that slept has held up both sides. */
const SILENT_POLLS = 50;
/** What whoever would give a folder the name of another one is told where that is not empty; the last is Windows'. */
const TAKEN = ["ENOTEMPTY", "EEXIST", "EPERM"];

/**
 * Works when no other process does any more.
 *
 * @template Value
 * @param {() => Promise<Value>} work
 * @param {string} lock The folder that tells who works; there only meanwhile.
 * @param {number} pollMs How often whoever waits looks at it.
 * @returns {Promise<Value>} what the work gives
 */
export async function oneAtATime(work, lock = `${root}.build-lock`, pollMs = POLL_MS) {
  const own = mkdtempSync(`${lock}-`);
  try {
    writeFileSync(`${own}/${process.pid}`, "");
    const isSilent = createSilence(lock);
    for (let isTold = false; !take(own, lock, isSilent); isTold = true) {
      if (!isTold) console.log(`Waiting for process ${holderOf(lock) ?? "unknown"}, which installs or builds here …`);
      await setTimeout(pollMs);
    }
    const held = `${lock}/${process.pid}`;
    const touching = setInterval(() => touch(held), pollMs * POLLS_PER_TOUCH);
    try {
      return await work();
    } finally {
      clearInterval(touching);
      // Away in one step: emptied where it is, it could be another's by the time that it is removed. Another's it is
      // too where this process stood still for so long that it was taken for gone.
      if (existsSync(held)) renameSync(lock, own);
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Whether the folder has got the name. Where its holder is gone, the name is free by the next time. */
function take(own, lock, isSilent) {
  try {
    renameSync(own, lock);
    return true;
  } catch (error) {
    if (!TAKEN.includes(error.code)) throw error;
  }
  const holder = holderOf(lock);
  if (holder !== undefined && isThere(Number(holder)) && !isSilent(holder)) return false;
  try {
    if (holder !== undefined) rmSync(`${lock}/${holder}`);
    rmdirSync(lock);
  } catch {
    // Somebody else was quicker, and may have it by now.
  }
  return false;
}

/** Makes what tells, asked at each poll, whether the holder's file has been the same for too many of them. */
function createSilence(lock) {
  let seen;
  let polls = 0;
  return (holder) => {
    const found = `${holder} ${statSync(`${lock}/${holder}`, { throwIfNoEntry: false })?.mtimeMs}`;
    polls = found === seen ? polls + 1 : 0;
    seen = found;
    return polls >= SILENT_POLLS;
  };
}

function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // It was taken for gone: the work that was begun is done all the same.
  }
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
