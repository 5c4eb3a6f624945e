/**
 * Who keeps events, and how much of them in a second.
 *
 * Owns the load: fifty Workers, each of which appends one event and waits until it is kept. The peers commit one event at a
 * time in the program's own thread; the same loop with nothing kept, and a program that does nothing, show what of a pause
 * is not the store's. Runs in a program of its own on either engine; `profiles/append.ts` looks into it.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod/mini";
import { WorkerId } from "../../protocol/id.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import { openSqliteStore } from "../../runtime/store/sqlite.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { longestPauseMs } from "./harness/pauses.ts";

export const APPEND_WORKERS = 50;
export const APPEND_EVENT_CHARS = 250;
const WINDOW_MS = 1_000;
const PEER_CHECK_EVERY = 16;

/** What a window of a second told. */
export const AppendSample = z.strictObject({
  perSecond: z.number(),
  /** Longest time for which the program's thread could do nothing else, in milliseconds; null where it is never free. */
  blockedMs: z.nullable(z.number()),
});
export type AppendSample = z.infer<typeof AppendSample>;

/** Done around a window, without what comes before and after it. */
type Around = (window: () => Promise<unknown>) => Promise<unknown>;
type Keeper = Pick<RuntimeStore, "putWorker" | "append"> & AsyncDisposable;

/** Those that all Workers append to at the same time; each tells how many events it was. */
export const APPEND_LOADS = {
  normal: { label: "this store", keeps: true, work: (around: Around) => loadSqlite("normal", around) },
  full: {
    label: "this store, every commit to the disk",
    keeps: true,
    work: (around: Around) => loadSqlite("full", around),
  },
  memory: { label: "in memory", keeps: true, work: (around: Around) => load(createMemoryStore(), around, false) },
  loop: {
    label: "nothing: the same loop by itself",
    keeps: false,
    work: (around: Around) => load(keepNothing(), around),
  },
  nothing: { label: "nothing at all: a program that waits", keeps: false, work: waitFor },
} as const;
export const APPEND_SUBJECTS = {
  ...APPEND_LOADS,
  sqlite: { label: "node:sqlite, an event a commit, to the disk" },
  file: { label: "a file, an event a write, to the disk" },
} as const;
export type AppendSubject = keyof typeof APPEND_SUBJECTS;

const isLoad = (name: AppendSubject): name is keyof typeof APPEND_LOADS => name in APPEND_LOADS;

/** Has a subject keep events for a window. */
export async function measureAppending(name: AppendSubject): Promise<AppendSample> {
  if (isLoad(name)) return measureLoad(APPEND_LOADS[name].work);
  return inFolder(async (path) => (name === "sqlite" ? bareSqlite(path) : bareFile(path)));
}

async function inFolder<Value>(act: (path: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    return await act(join(folder, "store"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureLoad(work: (around: Around) => Promise<number>): Promise<AppendSample> {
  let blockedMs = 0;
  const events = await work(async (window) => {
    blockedMs = await longestPauseMs(window);
  });
  return { perSecond: events / (WINDOW_MS / 1_000), blockedMs };
}

function loadSqlite(sync: "normal" | "full", around: Around): Promise<number> {
  return inFolder(async (path) => load(await openSqliteStore({ path, sync, maxBytes: null }), around));
}

/** @param givesTurns Whether whoever appends waits, so that everybody else has a turn. @returns how many events it was */
async function load(opened: Keeper, around: Around, givesTurns = true): Promise<number> {
  await using store = opened;
  const workers = Array.from({ length: APPEND_WORKERS }, (_, index) => WorkerId.parse(`worker-${index}`));
  for (const [index, workerId] of workers.entries()) {
    await store.putWorker({
      workerId,
      displayName: workerId,
      profile: { kind: "runtime_default" },
      lifecycle: "running",
      epoch: (index + 1).toString(16).padStart(8, "0"),
      formerEpochs: [],
      createdTs: 0,
    });
  }
  let events = 0;
  forget();
  await around(async () => {
    const endMs = performance.now() + WINDOW_MS;
    const append = async (workerId: WorkerId): Promise<void> => {
      for (let position = 1; performance.now() < endMs; position += 1) {
        await store.append(workerId, [{ position, ts: position, payload: PAYLOAD }]);
        events += 1;
        if (!givesTurns && position % PEER_CHECK_EVERY === 0) await new Promise(setImmediate);
      }
    };
    await Promise.all(workers.map(append));
  });
  return events;
}

/** What the window before has left behind is not this one's to collect: one in memory leaves millions of events. */
function forget(): void {
  globalThis.gc?.();
}

/** Answers in the next turn, as whoever keeps something does at the earliest. */
function keepNothing(): Keeper {
  return {
    putWorker: async () => {},
    append: () => new Promise((resolve) => setImmediate(resolve)),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** What the machine itself does to a program's event loop. */
async function waitFor(around: Around): Promise<number> {
  forget();
  await around(() => wait(WINDOW_MS));
  return 0;
}

const PAYLOAD = JSON.stringify({ event: "text_delta", data: { text: "x".repeat(APPEND_EVENT_CHARS) } });

function bareSqlite(path: string): AppendSample {
  using database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE events (worker INTEGER, position INTEGER, ts INTEGER, payload TEXT)");
  const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  return untilWindowEnds((index) => insert.run(index % APPEND_WORKERS, index, index, PAYLOAD));
}

function bareFile(path: string): AppendSample {
  const file = openSync(path, "a");
  try {
    return untilWindowEnds(() => {
      writeSync(file, `${PAYLOAD}\n`);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

function untilWindowEnds(keep: (index: number) => void): AppendSample {
  const endMs = performance.now() + WINDOW_MS;
  let count = 0;
  while (performance.now() < endMs) {
    keep(count);
    count += 1;
  }
  return { perSecond: count / (WINDOW_MS / 1_000), blockedMs: null };
}
