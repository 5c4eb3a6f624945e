/**
 * The link to a thread of the SQLite store.
 *
 * Owns the thread: its start, its answers in the order of the requests, and its end, expected or not. It keeps the process
 * alive only as long as somebody waits for an answer.
 */
import { Worker } from "node:worker_threads";
import type {
  Answers,
  DeskState,
  Handover,
  Notice,
  Reply,
  Request,
  RequestOf,
  SetAside,
  Task,
} from "./sqlite-messages.ts";
import { fromFailure, lostThread } from "./sqlite-problem.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The thread's program is beside this one: a source beside the source, built beside what is built. */
function programBeside(url: string): URL {
  return new URL(url.endsWith(".ts") ? "./sqlite-thread.ts" : "./sqlite-thread.js", url);
}

/** The program's way to what answers for a store. */
export interface StoreLink {
  /** How its start went. */
  readonly opened: Promise<unknown>;
  /** Asks, and waits for the answer. @throws ProblemError store_failed where the thread is gone, or what it answers */
  ask<Kind extends Request["kind"]>(request: RequestOf<Kind>): Promise<Answers[Kind]>;
  /** Tells the thread something that it does not answer. */
  tell(notice: Notice): void;
  /** Whether the thread is there and has answered all that it was asked. */
  readonly isFree: boolean;
  /** Whether the thread is gone, and nobody answers for the store. */
  readonly isLost: boolean;
  /** Ends the thread, whatever it does. */
  end(): Promise<void>;
}

/** A thread at work. */
export class ThreadLink implements StoreLink {
  readonly #thread: Worker;
  readonly #waiting: Waiting[] = [];
  readonly opened: Promise<unknown>;
  #lost: Error | null = null;

  constructor(task: Task, onSetAside: (setAside: readonly SetAside[]) => void) {
    this.#thread = new Worker(programBeside(import.meta.url), { workerData: task });
    this.#thread.on("message", ({ failure, value, setAside }: Reply) => {
      if (setAside) onSetAside(setAside);
      const waiting = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#thread.unref();
      if (failure) waiting?.reject(fromFailure(failure));
      else waiting?.resolve(value);
    });
    this.#thread.on("error", (error) => this.#lose(error));
    this.#thread.on("exit", () => this.#lose(null));
    // The first answer, which nobody asks for.
    this.opened = this.#next();
  }

  #next(): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ resolve, reject });
    this.#thread.ref();
    return promise;
  }

  ask<Kind extends Request["kind"]>(request: RequestOf<Kind>): Promise<Answers[Kind]> {
    // why: the thread answers each kind of request with its kind of answer.
    return this.#post(request) as Promise<Answers[Kind]>;
  }

  /** Hands over a store that the program has opened. @throws ProblemError where the thread can't open its files */
  hand(handed: DeskState): Promise<unknown> {
    return this.#post({ kind: "take_over", handed });
  }

  #post(message: Request | Handover): Promise<unknown> {
    const answer = this.#next();
    try {
      if (!this.#lost) this.#thread.postMessage(message);
    } catch (cause) {
      // It never went over, e.g. because it is too deep: no answer will come for it.
      this.#waiting.pop()?.reject(lostThread(cause));
    }
    return answer;
  }

  tell(notice: Notice): void {
    if (!this.#lost) this.#thread.postMessage(notice);
  }

  get isFree(): boolean {
    return this.#lost === null && this.#waiting.length === 0;
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
    this.#lose(null);
  }

  #lose(cause: unknown): void {
    this.#lost ??= lostThread(cause);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}
