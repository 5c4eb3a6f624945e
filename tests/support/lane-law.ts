/**
 * What must hold of the short way to a SQLite file and the long one, in whatever order they are taken.
 *
 * Owns a store without its thread, so that each step is chosen: what the thread would do is done here, by the same
 * writer. The file and the ledger are held to a store in memory that is given the same.
 */
import { deepStrictEqual, strictEqual } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { WorkerId } from "../../protocol/id.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import { openFile, type SqliteFile } from "../../runtime/store/sqlite-file.ts";
import { applyNote, laneFacts } from "../../runtime/store/sqlite-handover.ts";
import { AppendLane } from "../../runtime/store/sqlite-lane.ts";
import type { Ledger } from "../../runtime/store/sqlite-ledger.ts";
import type { WriteOperation } from "../../runtime/store/sqlite-messages.ts";
import { Quarantine } from "../../runtime/store/sqlite-quarantine.ts";
import { SqliteReader } from "../../runtime/store/sqlite-reader.ts";
import { scan } from "../../runtime/store/sqlite-scan.ts";
import { createSignals, Signals } from "../../runtime/store/sqlite-signals.ts";
import { SqliteWriter } from "../../runtime/store/sqlite-writer.ts";
import { StoreFolder } from "./store-folder.ts";
import { checkpoint, event, loadAll, record, submission } from "./store-records.ts";

const WORKERS = ["worker-a", "worker-b", "worker-c"].map((id) => WorkerId.parse(id));

/** Something to write; where it begins is seen when its turn comes. */
type Intent =
  | { readonly kind: "append"; readonly worker: number; readonly count: number; readonly gap: number }
  | { readonly kind: "submit" | "put" | "remove" | "checkpoint"; readonly worker: number };
type Step =
  | { readonly kind: "thread" | "lane"; readonly intents: readonly Intent[] }
  | { readonly kind: "lane_while_saving" | "lane_while_busy"; readonly intents: readonly Intent[] }
  | { readonly kind: "save" | "look" | "reopen" };

const worker = fc.nat(WORKERS.length - 1);
const append = fc.record({
  kind: fc.constant("append" as const),
  worker,
  count: fc.integer({ min: 1, max: 3 }),
  gap: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1)),
});
const other = fc.record({ kind: fc.constantFrom("submit", "put", "remove", "checkpoint"), worker });
const batchOf = (intent: fc.Arbitrary<Intent>) => fc.array(intent, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("lane" as const), intents: batchOf(append) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("lane_while_saving", "lane_while_busy"), intents: batchOf(append) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("thread" as const), intents: batchOf(fc.oneof(append, other)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("save", "look", "reopen") }) },
);

/** Takes steps at random, and throws where the file, the ledger or the way is not what it should be. */
export async function checkLaneLaw(options: fc.Parameters<[readonly Step[]]>): Promise<void> {
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
    using folder = new StoreFolder();
    const subject = new Subject(folder.path);
    try {
      await subject.takeAll(steps);
    } finally {
      subject.close();
    }
  });
  await fc.assert(property, options);
}

class Subject {
  readonly #path: string;
  readonly #memory = createMemoryStore();
  /** Workers that the lane has been told of. */
  readonly #known = new Set<WorkerId>();
  /** Where each log is, by what was kept. */
  readonly #heads = new Map<WorkerId, number>();
  #submissions = 0;
  #open: Open;

  constructor(path: string) {
    this.#path = path;
    this.#open = open(path);
  }

  async takeAll(steps: readonly Step[]): Promise<void> {
    for (const worker of [0, 1]) await this.#thread([{ kind: "put", worker }]);
    for (const step of steps) await this.#take(step);
    await this.#look();
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case "thread":
        return this.#thread(step.intents);
      case "lane":
        return this.#lane(step.intents, true);
      case "lane_while_saving": {
        this.#open.signals.isSaving = true;
        await this.#lane(step.intents, false);
        this.#open.signals.isSaving = false;
        return;
      }
      case "lane_while_busy":
        return this.#lane(step.intents, false, new DatabaseSync(this.#path));
      case "save":
        this.#open.file.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
        return this.#open.writer.renewLog();
      case "look":
        return this.#look();
      case "reopen":
        this.#open.lane.report();
        this.#open.writer.markClean();
        this.close();
        this.#open = open(this.#path);
        this.#known.clear();
        return this.#look();
    }
  }

  /** What the thread does with a batch. */
  async #thread(intents: readonly Intent[]): Promise<void> {
    await this.#asThread(this.#operations(intents));
  }

  async #asThread(operations: readonly WriteOperation[]): Promise<void> {
    const { lane, writer, ledger } = this.#open;
    lane.report();
    const results = writer.write(operations);
    lane.resume(operations, laneFacts(ledger, operations));
    const refused = await this.#remember(operations);
    deepStrictEqual(
      results.map((failure) => failure !== null),
      refused,
    );
    for (const operation of operations) {
      const id = workerOf(operation);
      if (ledger.workers.has(id)) this.#known.add(id);
      else this.#known.delete(id);
    }
  }

  /** What the program does with one: by the lane where it can, else by the thread. */
  async #lane(intents: readonly Intent[], isFree: boolean, holder?: DatabaseSync): Promise<void> {
    const operations = this.#operations(intents);
    const isSound = intents.every(
      (intent, index) => intent.kind === "append" && intent.gap === 0 && this.#known.has(workerOf(operations[index]!)),
    );
    holder?.exec("BEGIN IMMEDIATE");
    const isKept = this.#open.lane.write(operations);
    holder?.exec("ROLLBACK");
    holder?.close();
    strictEqual(isKept, isFree && isSound, "the lane is taken when it may be, and only then");
    if (isKept)
      deepStrictEqual(
        await this.#remember(operations),
        operations.map(() => false),
      );
    else await this.#asThread(operations);
  }

  /** @returns for each whether a store in memory refuses it */
  async #remember(operations: readonly WriteOperation[]): Promise<readonly boolean[]> {
    const refused: boolean[] = [];
    for (const operation of operations) {
      const outcome = await apply(this.#memory, operation).then(
        () => false,
        () => true,
      );
      refused.push(outcome);
      if (operation.kind === "remove_worker") this.#heads.delete(operation.workerId);
      if (operation.kind === "append" && !outcome) {
        this.#heads.set(operation.workerId, operation.events.at(-1)?.position ?? 0);
      }
    }
    return refused;
  }

  #operations(intents: readonly Intent[]): readonly WriteOperation[] {
    const heads = new Map(this.#heads);
    return intents.map((intent) => {
      const workerId = WORKERS[intent.worker]!;
      const head = heads.get(workerId) ?? 0;
      if (intent.kind === "put") return { kind: "put_worker", record: record(workerId) };
      if (intent.kind === "checkpoint") {
        const forget = { oldestPosition: Math.max(1, head - 3), maxSubmissions: 2 };
        return { kind: "checkpoint", workerId, checkpoint: checkpoint(head, forget) };
      }
      if (intent.kind === "remove") {
        heads.delete(workerId);
        return { kind: "remove_worker", workerId };
      }
      const { count, gap } = intent.kind === "append" ? intent : { count: 1, gap: 0 };
      const events = Array.from({ length: count }, (_, index) => event(head + 1 + gap + index));
      if (gap === 0) heads.set(workerId, head + count);
      this.#submissions += 1;
      const extras = intent.kind === "submit" ? { submission: submission(this.#submissions) } : {};
      return { kind: "append", workerId, events, extras };
    });
  }

  /** Holds the file to what a store in memory has, and the ledger to the file. */
  async #look(): Promise<void> {
    const { file, lane, ledger, quarantine } = this.#open;
    lane.report();
    const found = scan(file.database, quarantine);
    deepStrictEqual(rowsOf(ledger), rowsOf(found));
    strictEqual(ledger.nextRow >= found.nextRow, true, "the next row is free");
    const reader = new SqliteReader(file.database, ledger, quarantine);
    const kept = reader.workerIds().map((id) => reader.worker(id));
    deepStrictEqual(kept.map(withoutDoubt), (await loadAll(this.#memory)).map(withoutDoubt));
  }

  close(): void {
    this.#open.lane.close();
    this.#open.file[Symbol.dispose]();
  }
}

interface Open {
  readonly file: SqliteFile;
  readonly quarantine: Quarantine;
  readonly ledger: Ledger;
  readonly writer: SqliteWriter;
  readonly signals: Signals;
  readonly lane: AppendLane;
}

function open(path: string): Open {
  const options = { path, sync: "normal", maxBytes: null } as const;
  const file = openFile(options);
  const quarantine = new Quarantine(file.database);
  const ledger = scan(file.database, quarantine);
  const signals = new Signals(createSignals());
  const lane = new AppendLane(options, signals, (note) => applyNote(ledger, note));
  return { file, quarantine, ledger, writer: new SqliteWriter(file.database, options, ledger), signals, lane };
}

function apply(store: ReturnType<typeof createMemoryStore>, operation: WriteOperation): Promise<void> {
  switch (operation.kind) {
    case "put_worker":
      return store.putWorker(operation.record);
    case "remove_worker":
      return store.removeWorker(operation.workerId);
    case "append":
      return store.append(operation.workerId, operation.events, operation.extras);
    case "checkpoint":
      return store.checkpoint(operation.workerId, operation.checkpoint);
    case "put_runtime":
    case "put_config_bundle":
      throw new Error(`Cannot compare: ${operation.kind} is none of the steps`);
  }
}

function workerOf(operation: WriteOperation): WorkerId {
  if (operation.kind === "put_worker") return operation.record.workerId;
  if ("workerId" in operation) return operation.workerId;
  throw new Error(`Cannot compare: ${operation.kind} is of no Worker`);
}

const rowsOf = ({ workers }: Ledger) =>
  [...workers.values()]
    // A file that is open says nothing of how its end is.
    .map((rows) => ({ ...rows, lostTail: false }))
    .toSorted((a, b) => a.number - b.number);

const withoutDoubt = (worker: object | null) => ({ ...worker, mayHaveLostTail: false });
