/**
 * What a store is kept on, so that it can be let go of in every way.
 *
 * Owns two of them: a disk of the simulation, and files of SQLite. Each can be closed in order, left as a process that is
 * killed leaves it, and set back to an earlier moment, as a machine leaves it that had not kept its newest writes.
 */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { RuntimeStore } from "../../../runtime/store/store.ts";
import { StoreFolder } from "../../support/store-folder.ts";
import { Chance } from "../simulated/seeded-chance.ts";
import { SimulatedDisk } from "../simulated/simulated-disk.ts";

/** What a store is kept on. */
export interface Medium extends Disposable {
  /** Opens the store; it is open once at a time. */
  open(): Promise<RuntimeStore>;
  /** Remembers this moment, for `tear`. Nothing is being written. */
  mark(): void;
  /** Lets go of the open store as a killed process does. */
  crash(): Promise<void>;
  /** As `crash`, and the newest writes are gone. @returns how many events are gone with them, as far as it knows */
  tear(): Promise<void>;
}

/** A medium in memory. */
export function createMemoryMedium(seed: number): Medium {
  const disk = new SimulatedDisk({ chance: new Chance(seed), maxWriteMs: 0 });
  let process = { isAlive: true, plan: () => () => {} };
  const end = () => {
    process.isAlive = false;
  };
  return {
    async open() {
      process = { isAlive: true, plan: () => () => {} };
      return disk.open(process);
    },
    mark() {},
    async crash() {
      end();
      disk.endProcess();
    },
    async tear() {
      end();
      disk.endMachine(MAX_LOST_WRITES);
    },
    [Symbol.dispose]() {},
  };
}

const MAX_LOST_WRITES = 8;

/** A medium of files. */
export function createSqliteMedium(): Medium {
  const folders: StoreFolder[] = [new StoreFolder()];
  let store: RuntimeStore | null = null;
  let marked: StoreFolder | null = null;
  const present = (): StoreFolder => {
    const folder = folders.at(-1);
    if (folder === undefined) throw new Error("Cannot open a store: there is no folder");
    return folder;
  };
  const copy = (): StoreFolder => {
    const folder = new StoreFolder();
    const from = present();
    mkdirSync(dirname(folder.path), { recursive: true });
    for (const end of ["", "-wal"]) {
      if (existsSync(from.path + end)) copyFileSync(from.path + end, folder.path + end);
    }
    return folder;
  };
  const goOnIn = async (folder: StoreFolder): Promise<void> => {
    await store?.[Symbol.asyncDispose]();
    folders.push(folder);
    marked = null;
  };
  return {
    async open() {
      store = await present().open();
      return store;
    },
    mark() {
      marked?.[Symbol.dispose]();
      marked = copy();
    },
    crash: () => goOnIn(copy()),
    tear: () => goOnIn(marked ?? copy()),
    [Symbol.dispose]() {
      marked?.[Symbol.dispose]();
      for (const folder of folders) folder[Symbol.dispose]();
    },
  };
}
