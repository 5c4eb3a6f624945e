/**
 * What is known of a Runtime that may be away.
 *
 * Owns the newest state that it told, when that was, and the failure that stands while it can't be reached. For a moment
 * after such a failure, questions about its state get the same answer at once, so that one Runtime that hangs does not
 * make every list wait for it; a question asked in the background finds out when it is back.
 */
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";
import type { RuntimeDetail } from "../../protocol/runtime-api.ts";
import type { Clock } from "../clock.ts";

/** A Runtime's state as it was told last. */
export interface SeenState {
  readonly detail: RuntimeDetail;
  /** Epoch milliseconds. */
  readonly seenTs: number;
}

/** The failures that mean that a Runtime can't be asked at all. */
const AWAY: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "runtime_refused",
  "runtime_name_unknown",
  "runtime_network_failed",
  "runtime_tls_failed",
  "runtime_timeout",
  "runtime_unavailable",
]);

/** The memory of one Runtime. */
export class LastSeen {
  readonly #clock: Clock;
  readonly #holdOffMs: number;
  /** Asks the Runtime for its state; resolves or fails. */
  readonly #probe: () => Promise<unknown>;
  #state: SeenState | null = null;
  #away: { readonly problem: ProblemError; readonly sinceMs: number } | null = null;
  #probing = false;
  /** Whether the Runtime has said who it is since the connection to it was last lost. */
  #isIdentified = false;

  constructor(options: { readonly clock: Clock; readonly holdOffMs: number; readonly probe: () => Promise<unknown> }) {
    this.#clock = options.clock;
    this.#holdOffMs = options.holdOffMs;
    this.#probe = options.probe;
  }

  /** The state told last, or null where the Runtime was never reached. */
  get state(): SeenState | null {
    return this.#state;
  }

  get isIdentified(): boolean {
    return this.#isIdentified;
  }

  /** Remembers a state. */
  noteState(detail: RuntimeDetail): void {
    this.#state = { detail, seenTs: this.#clock.now() };
    this.#isIdentified = true;
    this.#away = null;
  }

  /** Remembers that the Runtime answered something. */
  noteAnswer(): void {
    if (this.#state !== null) this.#state = { ...this.#state, seenTs: this.#clock.now() };
    this.#away = null;
  }

  /** Remembers a failure, where it says that the Runtime is away. */
  noteFailure(error: unknown): void {
    if (!(error instanceof ProblemError) || !AWAY.has(error.code)) return;
    this.#isIdentified = false;
    this.#away = { problem: error, sinceMs: this.#clock.now() };
  }

  /**
   * Says whether a question about the Runtime's state is worth asking now.
   *
   * @throws ProblemError the failure that stands, while it does
   */
  checkAway(): void {
    if (this.#away === null) return;
    const { problem, sinceMs } = this.#away;
    // Either way: a clock that was set back keeps nobody away.
    if (Math.abs(this.#clock.now() - sinceMs) >= this.#holdOffMs && !this.#probing) {
      this.#probing = true;
      void this.#probe()
        .catch(() => {})
        .finally(() => {
          this.#probing = false;
        });
    }
    throw problem;
  }
}
