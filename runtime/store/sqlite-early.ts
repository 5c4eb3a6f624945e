/**
 * A small store's first moments.
 *
 * Owns the way from the program, which opens the store itself, to the store's thread, which goes on with it: a thread takes
 * several times longer to start than such a store to open, and whoever starts the program waits for both. Until the thread
 * is there the program answers for the store where it stands. Used by `sqlite.ts` alone.
 */
import { statSync } from "node:fs";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { StoreDesk } from "./sqlite-desk.ts";
import { lockFile, openDatabase, type SqliteFileOptions } from "./sqlite-file.ts";
import { EARLY_MAX_BYTES } from "./sqlite-limits.ts";
import { ThreadLink, type StoreLink } from "./sqlite-link.ts";
import type { Answers, Notice, Request, RequestOf, SetAside } from "./sqlite-messages.ts";
import { storeProblem } from "./sqlite-problem.ts";
import { Signals } from "./sqlite-signals.ts";

/** Whether a store, or the place where one is to be, is for the program to open: a small one, and no commit waits for the disk. */
export function opensEarly({ path, sync }: SqliteFileOptions): boolean {
  if (sync !== "normal") return false;
  try {
    const bytes = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    return bytes.reduce((sum, size) => sum + size, 0) <= EARLY_MAX_BYTES;
  } catch {
    // What may not even be looked at, as in another user's folder, is refused by its name where it is opened.
    return false;
  }
}

/** What the link is made of. */
export interface EarlyOptions {
  readonly options: SqliteFileOptions;
  readonly signals: SharedArrayBuffer;
  /** How long before the thread is started. */
  readonly earlyMs: number;
  readonly onSetAside: (setAside: readonly SetAside[]) => void;
}

/** The link to a store that the program opens. */
export class EarlyLink implements StoreLink {
  readonly opened: Promise<unknown> = Promise.resolve();
  readonly #options: SqliteFileOptions;
  readonly #signals: SharedArrayBuffer;
  readonly #onSetAside: EarlyOptions["onSetAside"];
  readonly #earlyMs: number;
  readonly #lock: Disposable;
  #timer: NodeJS.Timeout | undefined;
  #desk: StoreDesk | null;
  #thread: ThreadLink | null = null;
  /** Until the thread has taken over, or has said that it can't. */
  #handing: Promise<void> | null = null;
  /** Whether the thread that was tried last could not be had. */
  #isAlone = false;

  /** @throws ProblemError as `openSqliteStore` does */
  constructor({ options, signals, earlyMs, onSetAside }: EarlyOptions) {
    this.#options = options;
    this.#signals = signals;
    this.#earlyMs = earlyMs;
    this.#onSetAside = onSetAside;
    try {
      this.#lock = lockFile(options);
      this.#desk = this.#openDesk();
    } catch (error) {
      throw storeProblem(error, options.path);
    }
    this.#planThread();
  }

  #planThread(): void {
    this.#timer = setTimeout(() => void this.#changeOver(), this.#earlyMs);
    this.#timer.unref();
  }

  #openDesk(): StoreDesk {
    try {
      const options = this.#options;
      const file = openDatabase(options);
      const signals = new Signals(this.#signals);
      const desk = new StoreDesk({ options, signals, file, handed: null, hasLane: false });
      try {
        this.#hear(desk);
      } catch (error) {
        desk.leave();
        throw error;
      }
      return desk;
    } catch (error) {
      this.#lock[Symbol.dispose]();
      throw error;
    }
  }

  async ask<Kind extends Request["kind"]>(request: RequestOf<Kind>): Promise<Answers[Kind]> {
    if (this.#handing !== null) await this.#handing;
    const desk = this.#desk;
    // why: with neither, the store was closed, after which nobody asks.
    if (desk === null) return (this.#thread as ThreadLink).ask(request);
    try {
      const answer = desk.answer(request);
      if (request.kind === "close") this.#desk = null;
      else this.#hear(desk);
      // Upkeep waits for the disk, and as a rule the thread is near.
      if (this.#isAlone) this.#desk?.afterwards();
      // Whoever writes on and on gives everything else its turn, as on the way to a thread.
      if (request.kind === "write") await new Promise((resolve) => setImmediate(resolve));
      // why: a desk answers each kind of request with its kind of answer.
      return answer as Answers[Kind];
    } catch (error) {
      throw storeProblem(error, this.#options.path);
    }
  }

  tell(notice: Notice): void {
    this.#thread?.tell(notice);
  }

  /** Not before the thread has the store. */
  get isFree(): boolean {
    return this.#desk === null && this.#thread?.isFree === true;
  }

  get isLost(): boolean {
    return this.#desk === null && this.#thread?.isLost === true;
  }

  async end(): Promise<void> {
    await this.#handing;
    clearTimeout(this.#timer);
    await this.#thread?.end();
    this.#lock[Symbol.dispose]();
  }

  /** Gives the store to a thread; where none can take it, the program goes on with it, and one is tried again later. */
  async #changeOver(): Promise<void> {
    const thread = await this.#startThread();
    const desk = this.#desk;
    // Closed meanwhile.
    if (desk === null) return;
    if (thread !== null) {
      this.#handing = this.#handOver(desk, thread).finally(() => (this.#handing = null));
      await this.#handing;
      if (this.#desk === null) return;
    }
    this.#isAlone = true;
    desk.afterwards();
    this.#planThread();
  }

  /** Meanwhile nothing is asked of either, so that what is handed over stays true. */
  async #handOver(desk: StoreDesk, thread: ThreadLink): Promise<void> {
    try {
      await thread.hand(desk.handOver());
    } catch {
      // Its files could not be opened once more, as on a disk that is full; here they are open.
      this.#thread = null;
      await thread.end();
      return;
    }
    this.#desk = null;
    // Not before: the last to let go of the file would bring it to the disk.
    desk.leave();
  }

  /** The thread, running; null where it can't be had. */
  async #startThread(): Promise<ThreadLink | null> {
    const task = { kind: "store_opened", options: this.#options, signals: this.#signals } as const;
    try {
      const thread = new ThreadLink(task, this.#onSetAside);
      this.#thread = thread;
      await thread.opened;
      return thread;
    } catch {
      this.#thread = null;
      return null;
    }
  }

  #hear(desk: StoreDesk): void {
    const setAside = desk.news();
    if (setAside) this.#onSetAside(setAside);
  }
}
