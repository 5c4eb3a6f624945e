/**
 * The short way to the store's file, for events alone.
 *
 * Owns a connection of the program's own, and when it may be used. A commit costs ten microseconds where it stands; the
 * way to the store's thread and back costs many times that. So the thread does all that takes long or may go wrong, and
 * the lane writes small batches of events while the thread has nothing to do. What it can't do it has not begun: the same
 * batch then goes to the thread, and whatever is wrong is found and named there. Used by `sqlite.ts` alone.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate, setTimeout } from "node:timers";
import type { WorkerId } from "../../protocol/id.ts";
import { checkPositions } from "./check.ts";
import { openBeside, type SqliteFileOptions } from "./sqlite-file.ts";
import { NoteDraft, workerOf, type AppendNote, type LaneFacts } from "./sqlite-handover.ts";
import {
  LANE_MAX_CHARS,
  LANE_MAX_EVENTS,
  LANE_MAX_TURN_MS,
  NOTE_MAX_APPENDS,
  NOTE_MAX_CHARS,
  REST_MS,
} from "./sqlite-limits.ts";
import type { WriteOperation } from "./sqlite-messages.ts";
import { isOnlyEvents, type EventAppend } from "./sqlite-packing.ts";
import type { Signals } from "./sqlite-signals.ts";

interface Known {
  readonly number: number;
  head: number;
}

interface Connection {
  readonly database: DatabaseSync;
  readonly begin: StatementSync;
  readonly addEvent: StatementSync;
  readonly commit: StatementSync;
}

interface Turn {
  readonly startedMs: number;
  readonly ended: Promise<void>;
}

/** The lane of one open store. */
export class AppendLane {
  readonly #options: SqliteFileOptions;
  readonly #signals: Signals;
  readonly #tell: (note: AppendNote) => void;
  readonly #workers = new Map<WorkerId, Known>();
  #connection: Connection | null = null;
  #isClosed: boolean;
  #nextRow = 0;
  /** Whether heads and rows are in doubt, since it could not write; until the thread has answered. */
  #isBehind = true;
  #draft: NoteDraft | null = null;
  #noteTimer: ReturnType<typeof setTimeout> | undefined;
  #turn: Turn | null = null;

  /** @param tell Hands a note to the thread; what the thread is asked afterwards comes after it. */
  constructor(options: SqliteFileOptions, signals: Signals, tell: (note: AppendNote) => void) {
    this.#options = options;
    this.#signals = signals;
    this.#tell = tell;
    // Where every commit goes to the disk, whoever commits waits for it.
    this.#isClosed = options.sync !== "normal";
  }

  /**
   * Takes over from the thread: it has answered, and is asked nothing until the lane has told what it writes.
   *
   * @param facts null: the lane may not be used
   */
  resume(operations: readonly WriteOperation[], facts: LaneFacts | null): void {
    if (this.#isClosed || facts === null) return;
    this.#isBehind = false;
    this.#nextRow = facts.nextRow;
    operations.forEach((operation, index) => {
      const workerId = workerOf(operation);
      if (workerId === null) return;
      const number = facts.numbers[index] ?? 0;
      if (number === 0) this.#workers.delete(workerId);
      else this.#workers.set(workerId, { number, head: facts.heads[index] ?? 0 });
    });
    this.#connection ??= this.#connect();
  }

  /**
   * Keeps a batch, if it is the lane's. The thread must have answered all that it was asked.
   *
   * @returns whether it is kept; if not, nothing of it is
   */
  write(operations: readonly WriteOperation[]): boolean {
    const connection = this.#connection;
    if (!connection || this.#isBehind || operations.length > LANE_MAX_EVENTS || this.#signals.isSaving) return false;
    if (!operations.every(isOnlyEvents)) return false;
    const chars = this.#measure(operations);
    if (chars === null) return false;
    const firstRow = this.#nextRow;
    try {
      this.#commit(connection, operations);
    } catch {
      // The thread will find out what is wrong, and its answer says where these Workers are.
      this.#isBehind = true;
      this.#rollBack(connection);
      return false;
    }
    this.#note(operations, firstRow, chars);
    return true;
  }

  /** Null, or where the lane has written for long enough: when everybody else has had their turn. */
  get pause(): Promise<void> | null {
    if (this.#turn === null || performance.now() - this.#turn.startedMs < LANE_MAX_TURN_MS) return null;
    return this.#turn.ended;
  }

  /** Tells the thread what it does not know yet; before it is asked for anything. */
  report(): void {
    const draft = this.#draft;
    if (draft === null) return;
    clearTimeout(this.#noteTimer);
    this.#draft = null;
    this.#tell(draft.finish());
  }

  /** Ends the lane. What it has not reported stays so. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#noteTimer);
    this.#connection?.database.close();
    this.#connection = null;
  }

  #connect(): Connection | null {
    try {
      const database = openBeside(this.#options);
      return {
        database,
        begin: database.prepare("BEGIN IMMEDIATE"),
        addEvent: database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)"),
        commit: database.prepare("COMMIT"),
      };
    } catch {
      // Everything goes through the thread then.
      this.#isClosed = true;
      return null;
    }
  }

  /** @returns how many characters there are, or null where it is too large, has an append of nothing, or a new Worker */
  #measure(appends: readonly EventAppend[]): number | null {
    let count = 0;
    let chars = 0;
    for (const { workerId, events } of appends) {
      if (events.length === 0 || !this.#workers.has(workerId)) return null;
      count += events.length;
      if (count > LANE_MAX_EVENTS) return null;
      for (const { payload } of events) chars += payload.length;
    }
    return chars > LANE_MAX_CHARS ? null : chars;
  }

  #commit({ begin, addEvent, commit }: Connection, appends: readonly EventAppend[]): void {
    // A statement alone is a transaction by itself, and nearly every token comes alone.
    const isOne = appends.length === 1 && appends[0]?.events.length === 1;
    if (!isOne) begin.run();
    for (const { workerId, events } of appends) {
      const worker = this.#workers.get(workerId);
      if (!worker) throw new RangeError("Cannot append: the Worker is not known");
      checkPositions(workerId, worker.head, events);
      for (const { position, ts, payload } of events) {
        addEvent.run(this.#nextRow, worker.number, position, ts, payload);
        this.#nextRow += 1;
      }
      worker.head += events.length;
    }
    if (!isOne) commit.run();
  }

  #rollBack({ database }: Connection): void {
    try {
      if (database.isTransaction) database.exec("ROLLBACK");
    } catch {
      // Its end takes back what it has begun.
      this.close();
    }
  }

  #note(appends: readonly EventAppend[], firstRow: number, chars: number): void {
    const nowMs = Date.now();
    this.#signals.lastAppendMs = nowMs;
    if (this.#draft === null) {
      this.#draft = new NoteDraft(firstRow, nowMs);
      this.#noteTimer = setTimeout(() => this.report(), REST_MS);
      this.#noteTimer.unref();
    }
    this.#draft.add(appends, chars);
    if (this.#draft.appends >= NOTE_MAX_APPENDS || this.#draft.chars >= NOTE_MAX_CHARS) this.report();
    this.#turn ??= this.#beginTurn();
  }

  #beginTurn(): Turn {
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => {
      this.#turn = null;
      resolve();
    });
    return { startedMs: performance.now(), ended: promise };
  }
}
