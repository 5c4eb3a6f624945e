/**
 * append: how many events a second are kept, beside SQLite itself and a plain file.
 *
 * Owns the workload and its figures: fifty Workers, each of which appends one event and waits until it is kept, as a
 * Worker does that streams. The peers commit one event at a time in the program's own thread; the same loop with nothing
 * kept, and a program that does nothing, show what of a pause is not the store's.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { WorkerId } from "../../../protocol/id.ts";
import { createMemoryStore } from "../../../runtime/store/memory.ts";
import { openSqliteStore } from "../../../runtime/store/sqlite.ts";
import type { RuntimeStore } from "../../../runtime/store/store.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { LOOK_EVERY_MS } from "../harness/pauses.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { profileAppending } from "../profiles/append.ts";

const ROUNDS = 12;
const PROFILE_ROUNDS = 6;
const WINDOW_MS = 1_000;
const WORKERS = 50;
const EVENT_CHARS = 250;
const RATIO_GOAL = 20;
const BLOCKED_GOAL_MS = 2;
const NANOSECONDS_PER_MS = 1e6;
const PEER_CHECK_EVERY = 16;

interface Sample {
  readonly perSecond: number;
  /** Longest time for which the program's thread could do nothing else; NaN where it is never free. */
  readonly blockedMs: number;
}

/** Done around a window, without what comes before and after it. */
type Around = (window: () => Promise<unknown>) => Promise<unknown>;
type Keeper = Pick<RuntimeStore, "putWorker" | "append"> & AsyncDisposable;

/** Those that all Workers append to at the same time; each tells how many events it was. */
const LOADS = {
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
const SUBJECTS = {
  ...LOADS,
  sqlite: { label: "node:sqlite, an event a commit, to the disk" },
  file: { label: "a file, an event a write, to the disk" },
} as const;
type Subject = keyof typeof SUBJECTS;

const isLoad = (name: Subject): name is keyof typeof LOADS => name in LOADS;
const KEEPS_NOTHING: readonly Subject[] = ["loop", "nothing"];

export const append: BenchCase = { name: "append", run, profiled: profile };

async function profile({ rounds = PROFILE_ROUNDS }: BenchOptions): Promise<readonly ProfileSection[]> {
  return profileAppending(Object.values(LOADS), rounds);
}

async function measure(name: Subject): Promise<Sample> {
  if (isLoad(name)) return measureLoad(LOADS[name].work);
  return inFolder(async (path) => (name === "sqlite" ? bareSqlite(path) : bareFile(path)));
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const names: readonly Subject[] = ["normal", "full", "memory", "sqlite", "file", "loop", "nothing"];
  const samples = await alternate(
    rounds,
    new Map<Subject, () => Promise<Sample>>(names.map((name) => [name, () => measure(name)])),
  );
  const of = (name: Subject, key: keyof Sample) => samplesOf(samples, name).map((sample) => sample[key]);
  const ratio = (name: Subject) => pairedRatio(of(name, "perSecond"), of("sqlite", "perSecond"));
  const blocked = (name: Subject) => median(of(name, "blockedMs"));
  const addedMs = estimate(
    paired(of("normal", "blockedMs"), of("nothing", "blockedMs"), (store, idle) => store - idle),
  );
  const chart: Chart = {
    title: "events kept per second",
    unit: "times node:sqlite",
    isRatio: true,
    bars: names
      .filter((name) => !KEEPS_NOTHING.includes(name))
      .map((name) => ({
        label: SUBJECTS[name].label,
        value: name === "sqlite" ? 1 : ratio(name),
        isPeer: name !== "normal",
      })),
    target: { atLeast: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["kept by", "events/s", "ratio to node:sqlite", "blocked at most, ms"],
        rows: names.map((name) => [
          SUBJECTS[name].label,
          KEEPS_NOTHING.includes(name) ? "" : figure(median(of(name, "perSecond"))),
          KEEPS_NOTHING.includes(name) ? "" : interval(ratio(name)),
          Number.isNaN(blocked(name)) ? "always" : figure(blocked(name)),
        ]),
      },
    ],
    goals: [
      ...goalsOf(chart),
      goal(
        "the longest that the thread is blocked",
        addedMs,
        { atMost: BLOCKED_GOAL_MS },
        "ms more than one that waits",
      ),
    ],
    notes: [
      `${WORKERS} Workers, events of ${EVENT_CHARS} characters, ${rounds} windows of ${WINDOW_MS / 1_000} s each, in turns, on Node. A Worker waits for its event before the next one.`,
    ],
  };
}

async function inFolder<Value>(act: (path: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    return await act(join(folder, "store"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureLoad(work: (around: Around) => Promise<number>): Promise<Sample> {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  const events = await work(async (window) => {
    delay.enable();
    await window();
    delay.disable();
  });
  return { perSecond: events / (WINDOW_MS / 1_000), blockedMs: longestMs(delay) };
}

function loadSqlite(sync: "normal" | "full", around: Around): Promise<number> {
  return inFolder(async (path) => load(await openSqliteStore({ path, sync, maxBytes: null }), around));
}

/** @param givesTurns Whether whoever appends waits, so that everybody else has a turn. @returns how many events it was */
async function load(opened: Keeper, around: Around, givesTurns = true): Promise<number> {
  await using store = opened;
  const workers = Array.from({ length: WORKERS }, (_, index) => WorkerId.parse(`worker-${index}`));
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

const longestMs = ({ max }: { readonly max: number }): number => max / NANOSECONDS_PER_MS - LOOK_EVERY_MS;

const PAYLOAD = JSON.stringify({ event: "text_delta", data: { text: "x".repeat(EVENT_CHARS) } });

function bareSqlite(path: string): Sample {
  using database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE events (worker INTEGER, position INTEGER, ts INTEGER, payload TEXT)");
  const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  return untilWindowEnds((index) => insert.run(index % WORKERS, index, index, PAYLOAD));
}

function bareFile(path: string): Sample {
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

function untilWindowEnds(keep: (index: number) => void): Sample {
  const endMs = performance.now() + WINDOW_MS;
  let count = 0;
  while (performance.now() < endMs) {
    keep(count);
    count += 1;
  }
  return { perSecond: count / (WINDOW_MS / 1_000), blockedMs: Number.NaN };
}
