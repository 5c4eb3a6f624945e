/**
 * What is kept, as the doctor sees it: judged from facts that were gathered without disturbing a server that runs.
 */
import { ConfigError } from "../../runtime/settings.ts";
import type { StoreFacts } from "../../runtime/store/sqlite-inspect.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

/** What is known of the folder. */
export interface FolderFacts {
  readonly folder: string;
  readonly state: "missing" | "folder" | "no_folder";
  /** Whether files may be made in it, or it may itself be made. */
  readonly isWritable: boolean;
  /** null: the disk does not tell. */
  readonly freeBytes: number | null;
}

const SUBJECT = "store";
const FOLDER_SUBJECT = "data folder";
const LOOK_AT_PERMISSIONS = "Look at the permissions of the files in the data folder.";
const MIB = 1024 * 1024;
const LOW_BYTES = 1024 * MIB;
const NO_ROOM_BYTES = 64 * MIB;

/** The findings on the folder. */
export function checkFolder({ folder, state, isWritable, freeBytes }: FolderFacts): Finding[] {
  const subject = FOLDER_SUBJECT;
  if (state === "no_folder") return [fail(subject, `${folder} is no folder`, "Choose another in store.folder.")];
  const advice = "Give the user that runs the server the right to write there, or choose another in store.folder.";
  if (!isWritable) return [fail(subject, `${folder} can't be ${state === "missing" ? "made" : "written to"}`, advice)];
  const room = freeBytes === null ? "" : `, ${Math.floor(freeBytes / MIB)} MiB free`;
  const found = `${folder}${state === "missing" ? " is made at the first start" : ""}${room}`;
  if (freeBytes === null || freeBytes >= LOW_BYTES) return [ok(subject, found)];
  const make = "Make room, or set store.max_bytes and keep less (retention).";
  return [freeBytes < NO_ROOM_BYTES ? fail(subject, found, make) : warn(subject, found, make)];
}

/** The finding on a file beside the store that stops the start. @throws what is no matter of such a file */
export function checkWrongFile(error: unknown): Finding {
  if (!(error instanceof ConfigError)) throw error;
  // What to do, where more is known of it, is a sentence of its own.
  const [found = "", advice = LOOK_AT_PERMISSIONS] = error.message.replace(/^Cannot start: /, "").split(/ (?=Put )/);
  return fail(FOLDER_SUBJECT, found.replace(/\.$/, ""), advice);
}

/** The findings on the store in it. */
export function checkStore(facts: StoreFacts, maxBytes: number | null): Finding[] {
  switch (facts.state) {
    case "missing":
      return [ok(SUBJECT, "is made at the first start")];
    case "unreadable":
      return [fail(SUBJECT, `can't be read: ${facts.reason}`, LOOK_AT_PERMISSIONS)];
    case "foreign":
      return [fail(SUBJECT, "the file is no store, or damaged", "Put a backup in its place, or move it away.")];
    case "damaged":
      return [
        fail(SUBJECT, `is damaged: ${facts.reason}`, "Stop the server, keep a copy, and put a backup in its place."),
      ];
    case "too_new":
      return [
        fail(SUBJECT, `has version ${facts.version}; this program knows ${facts.known}`, "Start the newer program."),
      ];
    case "well": {
      const size = `${Math.ceil(facts.bytes / MIB)} MiB, version ${facts.version}`;
      const findings = [
        ok(SUBJECT, `${size}, ${facts.isChecked ? "checked" : "not checked while it is in use or large"}`),
      ];
      if (maxBytes !== null && facts.bytes > maxBytes * NEARLY_FULL) {
        const advice = "Raise store.max_bytes, or keep less (retention).";
        findings.push(warn(SUBJECT, `takes more than ${NEARLY_FULL * 100} % of store.max_bytes`, advice));
      }
      return findings;
    }
  }
}

const NEARLY_FULL = 0.9;

/** The findings on who has it open. */
export function checkLock(facts: StoreFacts, isOurServerRunning: boolean): Finding[] {
  if (facts.state === "missing" || !facts.lock.isHeld) return [];
  const { holder } = facts.lock;
  const who = holder === null ? "another process" : `process ${holder}`;
  if (isOurServerRunning) return [ok("lock", `${who} has the store open, as the server that runs does`)];
  const advice = "A server that starts now is refused. End that process, or choose another data folder.";
  return [warn("lock", `${who} has the store open, and no server answers at the configured address`, advice)];
}
