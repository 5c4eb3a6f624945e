/**
 * A disk that outlives the processes that write to it.
 *
 * Owns what was written, in order, and what becomes of it when a process or the machine goes down: what was under way may
 * be there or not, and a machine may take the newest of what was answered with it. What is kept is a real store's; what
 * every event was that was ever published is written down beside it, for the judge.
 */
import type { WorkerId } from "../../../protocol/id.ts";
import { ProblemError } from "../../../protocol/problem.ts";
import { formatCursor } from "../../../runtime/log-cursor.ts";
import { createMemoryStore } from "../../../runtime/store/memory.ts";
import type { AppendExtras, EventRecord, RuntimeStore, WorkerRecord } from "../../../runtime/store/store.ts";
import type { LoggedEvent } from "../checker.ts";
import type { Chance } from "./seeded-chance.ts";
import type { SimulatedProcess } from "./simulated-time.ts";

interface Operation {
  readonly apply: (store: RuntimeStore) => Promise<void>;
  /** What it changes that the judge has to know. */
  readonly record?: WorkerRecord | undefined;
  readonly events?: readonly EventRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How a disk behaves. */
export interface DiskOptions {
  readonly chance: Chance;
  /** Longest time that a write takes; 0: none at all. */
  readonly maxWriteMs: number;
}

/** Who has a disk open: while it lives, what it writes is under way. */
type DiskUser = Pick<SimulatedProcess, "isAlive" | "plan">;

type MutableEvent = { -readonly [Key in keyof LoggedEvent]: LoggedEvent[Key] };

/** A machine's disk. */
export class SimulatedDisk {
  readonly #chance: Chance;
  readonly #maxWriteMs: number;
  /** Everything that was written, oldest first. */
  #written: Operation[] = [];
  #store = createMemoryStore();
  #queue: Operation[] = [];
  #isWriting = false;
  /** Whether the process that had it open has closed it in order. */
  #isClean = true;
  /** Whether it was not, and no record has been written since that tells of it. */
  #mayHaveLostTail = false;
  /** Everything that was ever published, and what is gone of it. */
  readonly log: MutableEvent[] = [];
  /** How many of the next appends find no room. */
  refusals = 0;

  constructor({ chance, maxWriteMs }: DiskOptions) {
    this.#chance = chance;
    this.#maxWriteMs = maxWriteMs;
  }

  /** The disk as one process has it open. Closing it in order tells the next one that nothing is missing. */
  open(process: DiskUser): RuntimeStore {
    const write = (apply: Operation["apply"], facts: Pick<Operation, "record" | "events"> = {}): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (!process.isAlive) return promise;
      this.#queue.push({ apply, ...facts, resolve, reject });
      this.#work(process);
      return promise;
    };
    const store = () => this.#store;
    if (!this.#isClean) this.#mayHaveLostTail = true;
    this.#isClean = false;
    const mayHaveLostTail = this.#mayHaveLostTail;
    return {
      kind: "memory",
      backup: null,
      diagnostics: () => [],
      isLost: () => false,
      loadRuntime: () => store().loadRuntime(),
      loadConfigBundles: () => store().loadConfigBundles(),
      async *load() {
        for await (const worker of store().load()) {
          yield worker.kind === "worker" ? { ...worker, mayHaveLostTail } : worker;
        }
      },
      putRuntime: (record) => write((to) => to.putRuntime(record)),
      putConfigBundle: (bundle) => write((to) => to.putConfigBundle(bundle)),
      putWorker: (record) => write((to) => to.putWorker(record), { record }),
      removeWorker: (workerId) => write((to) => to.removeWorker(workerId)),
      append: (workerId: WorkerId, events: readonly EventRecord[], extras?: AppendExtras) =>
        this.refusals > 0
          ? this.#refuse(process)
          : write((to) => to.append(workerId, events, extras), { record: extras?.record, events }),
      checkpoint: (workerId, checkpoint) => write((to) => to.checkpoint(workerId, checkpoint)),
      [Symbol.asyncDispose]: () =>
        write(async () => {
          this.#isClean = true;
        }),
    };
  }

  /** The process that has it open dies; what it was writing may be there or not. */
  endProcess(): void {
    const kept = this.#chance.between(0, this.#queue.length);
    for (const operation of this.#queue.slice(0, kept)) void this.#apply(operation);
    this.#queue = [];
    this.#isWriting = false;
  }

  /**
   * The machine goes down: as `endProcess`, and the newest writes may be gone although they were answered.
   *
   * @returns how many events are gone
   */
  endMachine(maxLostWrites: number): number {
    this.endProcess();
    // The first writes make the Worker; a machine that loses them has no run to tell of.
    const lostWrites = this.#chance.between(
      0,
      Math.min(maxLostWrites, Math.max(0, this.#written.length - FIRST_WRITES)),
    );
    if (lostWrites === 0) return 0;
    const lost = this.#written.splice(-lostWrites);
    this.#store = createMemoryStore();
    for (const { apply } of this.#written) void apply(this.#store);
    // Among the writes may be an end in order.
    this.#isClean = false;
    this.#mayHaveLostTail = true;
    const events = lost.reduce((count, operation) => count + (operation.events?.length ?? 0), 0);
    let left = events;
    for (const event of this.log.toReversed()) {
      if (left === 0) break;
      if (event.isLost) continue;
      event.isLost = true;
      event.lostAfter = this.log.length;
      left -= 1;
    }
    return events;
  }

  /** Finds no room for a write, when that would have been done. */
  #refuse(process: DiskUser): Promise<void> {
    this.refusals -= 1;
    const { promise, reject } = Promise.withResolvers<void>();
    process.plan(this.#chance.between(0, this.#maxWriteMs), () =>
      reject(new ProblemError("store_full", "The disk is full.")),
    );
    return promise;
  }

  /** The epoch that the store has for what is appended next. */
  get #epoch(): string {
    return this.#written.findLast(({ record }) => record !== undefined)?.record?.epoch ?? "";
  }

  #work(process: DiskUser): void {
    if (this.#isWriting) return;
    const operation = this.#queue[0];
    if (operation === undefined) return;
    const finish = () => {
      this.#isWriting = false;
      this.#queue.shift();
      void this.#apply(operation).then(operation.resolve, operation.reject);
      this.#work(process);
    };
    if (this.#maxWriteMs === 0) return finish();
    this.#isWriting = true;
    process.plan(this.#chance.between(0, this.#maxWriteMs), finish);
  }

  /** The store is one in memory: what it is told is done before it answers. */
  #apply(operation: Operation): Promise<void> {
    const done = operation.apply(this.#store);
    this.#written.push(operation);
    if (operation.events !== undefined && operation.record !== undefined) this.#mayHaveLostTail = false;
    const epoch = this.#epoch;
    for (const { position, ts, payload } of operation.events ?? []) {
      this.log.push({ cursor: formatCursor(epoch, position), ts, payload, isLost: false });
    }
    return done;
  }
}

const FIRST_WRITES = 3;
