/**
 * The Runtimes that this Backend knows, embedded and remote alike.
 *
 * Owns the look-up by `runtime_id` and the rule that a Runtime that fails or hangs costs its own answer only. Display
 * names decide nothing.
 */
import type { RuntimeId } from "../protocol/id.ts";
import { asProblem, ProblemError } from "../protocol/problem.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CallOptions, Runtime } from "../runtime/runtime.ts";

/** What one Runtime answered, or why it did not. */
export type RuntimeAnswer<Value> =
  | { readonly runtime: Runtime; readonly ok: true; readonly value: Value }
  | { readonly runtime: Runtime; readonly ok: false; readonly problem: ProblemError };

/** Finds Runtimes and asks them. */
export class RuntimeRegistry {
  readonly #runtimes = new Map<RuntimeId, Runtime>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(options: { readonly runtimes: readonly Runtime[]; readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    for (const runtime of options.runtimes) {
      if (this.#runtimes.has(runtime.runtimeId)) {
        throw new RangeError(`Cannot register Runtime "${runtime.runtimeId}": the id is taken`);
      }
      this.#runtimes.set(runtime.runtimeId, runtime);
    }
  }

  /** All Runtimes, in the order of their registration. */
  list(): readonly Runtime[] {
    return [...this.#runtimes.values()];
  }

  /** @throws ProblemError runtime_not_found */
  get(runtimeId: RuntimeId): Runtime {
    const runtime = this.#runtimes.get(runtimeId);
    if (!runtime) throw new ProblemError("runtime_not_found", `There is no Runtime "${runtimeId}".`);
    return runtime;
  }

  /** Asks a Runtime, within the time-out, which is longer for what takes longer. */
  async ask<Value>(
    runtime: Runtime,
    question: (options: CallOptions) => Promise<Value>,
    timeoutMs = this.#timeoutMs,
  ): Promise<Value> {
    const asking = new AbortController();
    const timedOut = Promise.withResolvers<never>();
    using _timeout = this.#clock.schedule(timeoutMs, () => {
      const problem = new ProblemError("runtime_timeout", `Runtime "${runtime.runtimeId}" did not answer in time.`);
      asking.abort(problem);
      timedOut.reject(problem);
    });
    return await Promise.race([question({ signal: asking.signal }), timedOut.promise]);
  }

  /** Asks all Runtimes at once. */
  askAll<Value>(
    question: (runtime: Runtime, options: CallOptions) => Promise<Value>,
  ): Promise<readonly RuntimeAnswer<Value>[]> {
    return Promise.all(
      this.list().map(async (runtime): Promise<RuntimeAnswer<Value>> => {
        try {
          return { runtime, ok: true, value: await this.ask(runtime, (options) => question(runtime, options)) };
        } catch (error) {
          return { runtime, ok: false, problem: asProblem(error) };
        }
      }),
    );
  }
}
