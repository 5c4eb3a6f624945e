/**
 * One request over a network that may lose it, or its answer.
 *
 * Owns the way there and back. Whether a request was carried out is unknown to who has no answer; it is for them to ask
 * again.
 */
import type { Chance } from "./seeded-chance.ts";
import type { SimulatedProcess } from "./simulated-time.ts";

/** What may happen to the next requests. */
export type RequestFault = "lost" | "answer_lost" | "late";

/** How a hop behaves. */
export interface RestHopOptions {
  readonly chance: Chance;
  readonly maxLatencyMs: number;
  /** The process that answers; null while there is none. */
  readonly server: () => SimulatedProcess | null;
  /** Told when a fault takes place. */
  readonly onFault?: () => void;
}

/** The network between two processes. */
export class RestHop {
  readonly #options: RestHopOptions;
  readonly faults: RequestFault[] = [];

  constructor(options: RestHopOptions) {
    this.#options = options;
  }

  /**
   * Asks the server on behalf of `client`.
   *
   * @throws Error with the code of a broken or refused connection
   */
  ask<Answer>(client: SimulatedProcess, question: () => Promise<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { chance, maxLatencyMs, server } = this.#options;
    const fault = this.faults.shift();
    if (fault !== undefined) this.#options.onFault?.();
    const pause = () => chance.between(0, maxLatencyMs) + (fault === "late" ? LATE_MS : 0);
    const later = (callback: () => void) => void client.plan(pause(), callback);
    const breakOff = () => later(() => reject(failure("ECONNRESET")));
    later(() => {
      const process = server();
      if (fault === "lost") return breakOff();
      if (process === null) return later(() => reject(failure("ECONNREFUSED")));
      const forget = process.onEnd(breakOff);
      const answer = (deliver: () => void) => {
        if (!process.isAlive) return;
        forget();
        if (fault === "answer_lost") breakOff();
        else later(deliver);
      };
      question().then(
        (value) => answer(() => resolve(value)),
        (error: unknown) => answer(() => reject(error)),
      );
    });
    return promise;
  }
}

const LATE_MS = 700;

const failure = (code: string): Error => Object.assign(new Error("the connection broke"), { code });
