/**
 * A run that nobody runs and whose end the store refused.
 *
 * Owns that it is ended once, whoever asks for that at the same time, and when that is tried again: nobody may be left
 * waiting for a run because the store was full for a moment. How it is ended is the Worker's matter.
 */
import { asProblem, ProblemError } from "../protocol/problem.ts";
import type { Clock } from "./clock.ts";

/** What ending one needs. */
export interface OrphanedRunOptions {
  readonly clock: Clock;
  readonly retryMs: number;
  /**
   * Publishes the end as the conversation needs it now; nothing where no run is open.
   *
   * @param cause Why the store refused it before; null where it was left by a former process.
   */
  readonly end: (cause: ProblemError | null) => Promise<unknown>;
}

/** One Worker's orphaned run, if it has one. */
export class OrphanedRun {
  readonly #options: OrphanedRunOptions;
  /** The end on its way to the store: whoever asks meanwhile would publish the same text once more. */
  #ending: Promise<unknown> | null = null;
  #retry: Disposable | null = null;
  #cause: ProblemError | null = null;
  #isLeft = false;

  constructor(options: OrphanedRunOptions) {
    this.#options = options;
  }

  /** Whether there is one that waits for another attempt. */
  get isKnown(): boolean {
    return this.#retry !== null;
  }

  /** Ends it. @throws what the store throws */
  async end(): Promise<void> {
    this.#ending ??= this.#options.end(this.#cause).finally(() => {
      this.#ending = null;
    });
    await this.#ending;
    this.#retry?.[Symbol.dispose]();
    this.#retry = null;
    this.#cause = null;
  }

  /** The store has refused the end of a run that this process ran. */
  refused(error: unknown): void {
    this.#cause = storeProblem(error);
  }

  /** Tries to end it in a while, and again until that succeeds. */
  endLater(attempt: () => Promise<void>): void {
    this.#retry?.[Symbol.dispose]();
    if (this.#isLeft) return;
    this.#retry = this.#options.clock.schedule(this.#options.retryMs, () => {
      attempt().catch(() => this.endLater(attempt));
    });
  }

  /** Leaves it to the next start: the process ends, and the store is closed or belongs to others. */
  leave(): void {
    this.#isLeft = true;
    this.#retry?.[Symbol.dispose]();
  }
}

function storeProblem(error: unknown): ProblemError {
  const problem = asProblem(error);
  if (problem.code.startsWith("store_")) return problem;
  return new ProblemError("store_failed", "The store could not keep the end of the answer.", { cause: error });
}
