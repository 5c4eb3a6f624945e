/**
 * append: how many events a second are kept, beside SQLite itself and a plain file.
 *
 * Owns the workload and its figures: fifty Workers, each of which appends one event and waits until it is kept, as a
 * Worker does that streams. The peers commit one event at a time in the program's own thread.
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
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const ROUNDS = 12;
const WINDOW_MS = 1_000;
const WORKERS = 50;
const EVENT_CHARS = 250;
const RATIO_GOAL = 20;
const BLOCKED_GOAL_MS = 2;
const NANOSECONDS_PER_MS = 1e6;
/** How often the delay of the event loop is looked at, which is part of what is read. */
const LOOK_EVERY_MS = 1;
const PEER_CHECK_EVERY = 16;

interface Sample {
  readonly perSecond: number;
  /** Longest time for which the program's thread could do nothing else; NaN where it is never free. */
  readonly blockedMs: number;
}

const SUBJECTS = {
  normal: { label: "this store", measure: () => inFolder((path) => measureSqlite(path, "normal")) },
  full: {
    label: "this store, every commit to the disk",
    measure: () => inFolder((path) => measureSqlite(path, "full")),
  },
  memory: { label: "in memory", measure: () => measureStore(createMemoryStore()) },
  sqlite: {
    label: "node:sqlite, an event a commit, to the disk",
    measure: () => inFolder(async (path) => bareSqlite(path)),
  },
  file: { label: "a file, an event a write, to the disk", measure: () => inFolder(async (path) => bareFile(path)) },
  nothing: { label: "nothing at all: a program that waits", measure: measureNothing },
} as const;
type Subject = keyof typeof SUBJECTS;

export const append: BenchCase = { name: "append", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const names: readonly Subject[] = ["normal", "full", "memory", "sqlite", "file", "nothing"];
  const samples = await alternate(
    rounds,
    new Map<Subject, () => Promise<Sample>>(names.map((name) => [name, SUBJECTS[name].measure])),
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
      .filter((name) => name !== "nothing")
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
          name === "nothing" ? "" : figure(median(of(name, "perSecond"))),
          name === "nothing" ? "" : interval(ratio(name)),
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

async function inFolder(measure: (path: string) => Promise<Sample>): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    return await measure(join(folder, "store"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureSqlite(path: string, sync: "normal" | "full"): Promise<Sample> {
  return measureStore(await openSqliteStore({ path, sync, maxBytes: null }));
}

async function measureStore(opened: RuntimeStore): Promise<Sample> {
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
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  const endMs = performance.now() + WINDOW_MS;
  const counts = await Promise.all(
    workers.map(async (workerId) => {
      let position = 0;
      while (performance.now() < endMs) {
        position += 1;
        await store.append(workerId, [{ position, ts: position, payload: PAYLOAD }]);
        // Without a disk nothing ever waits, and nobody else would get a turn.
        if (store.kind === "memory" && position % PEER_CHECK_EVERY === 0) await new Promise(setImmediate);
      }
      return position;
    }),
  );
  delay.disable();
  const events = counts.reduce((sum, count) => sum + count, 0);
  return { perSecond: events / (WINDOW_MS / 1_000), blockedMs: longestMs(delay) };
}

/** What the machine itself does to a program's event loop. */
async function measureNothing(): Promise<Sample> {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  await wait(WINDOW_MS);
  delay.disable();
  return { perSecond: 0, blockedMs: longestMs(delay) };
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
