/**
 * A provider that says nothing.
 *
 * Owns the two time-outs of an attempt: until its first piece, and from each piece to the next. There is one timer, which
 * looks when a piece came last: to set one anew would cost every token. Used by `run.ts`.
 */
import { ProblemError } from "../protocol/problem.ts";
import type { Clock } from "./clock.ts";
import type { RunLimits } from "./limits.ts";

/** Watches one attempt until it is disposed of. */
export class Silence implements Disposable {
  readonly #clock: Clock;
  readonly #betweenChunksTimeoutMs: number;
  readonly #onProblem: (problem: ProblemError) => void;
  #heardMs: number | null = null;
  #timer: Disposable;

  /** @param onProblem Told once, when it has lasted too long: `first_token_timeout` or `between_chunks_timeout` */
  constructor(
    clock: Clock,
    limits: Pick<RunLimits, "firstTokenTimeoutMs" | "betweenChunksTimeoutMs">,
    onProblem: (problem: ProblemError) => void,
  ) {
    const { firstTokenTimeoutMs, betweenChunksTimeoutMs } = limits;
    this.#clock = clock;
    this.#betweenChunksTimeoutMs = betweenChunksTimeoutMs;
    this.#onProblem = onProblem;
    this.#timer = clock.schedule(firstTokenTimeoutMs, () =>
      onProblem(
        new ProblemError("first_token_timeout", `The provider sent nothing for ${seconds(firstTokenTimeoutMs)} s.`),
      ),
    );
  }

  /** A piece has come. */
  heard(): void {
    const isFirst = this.#heardMs === null;
    this.#heardMs = this.#clock.now();
    if (isFirst) this.#listen(this.#betweenChunksTimeoutMs);
  }

  /**
   * Lets a hearer wait for somebody else, which may take long: that is no silence of the provider's. What is counted
   * begins anew with the end of the wait.
   *
   * @throws what the wait throws; then nothing is counted any more
   */
  async outside(wait: Promise<void>): Promise<void> {
    this.#timer[Symbol.dispose]();
    await wait;
    this.#heardMs = this.#clock.now();
    this.#listen(this.#betweenChunksTimeoutMs);
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #listen(delayMs: number): void {
    this.#timer[Symbol.dispose]();
    const heardMs = this.#heardMs;
    this.#timer = this.#clock.schedule(delayMs, () => {
      if (this.#heardMs === heardMs) return this.#stalled();
      const leftMs = this.#betweenChunksTimeoutMs - (this.#clock.now() - (this.#heardMs ?? 0));
      // A piece came since, so some of the time is left: where the clock says otherwise, somebody has set it.
      const isSound = leftMs > 0 && leftMs <= this.#betweenChunksTimeoutMs;
      this.#listen(isSound ? leftMs : this.#betweenChunksTimeoutMs);
    });
  }

  #stalled(): void {
    const timeoutMs = this.#betweenChunksTimeoutMs;
    this.#onProblem(
      new ProblemError("between_chunks_timeout", `The provider's answer stalled for ${seconds(timeoutMs)} s.`),
    );
  }
}

const seconds = (ms: number): number => Math.round(ms / 1_000);
