/**
 * How often one client may ask for what costs something.
 *
 * Owns a token bucket per client for commands and one for connects, and how many connects may be under way. Who counts as
 * one client is `client.ts`'s matter. Bounded: the client that has asked for nothing for longest is forgotten first, which
 * gives it a full bucket and nothing else. Reads are not counted.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import { isRead } from "../../protocol/request-method.ts";
import type { Clock } from "../../runtime/clock.ts";

/** What is counted: posts and their like to the API, and sockets and streams that are opened. */
export type RateKind = "command" | "connect";

/** What one client may do in a minute, and at once after a minute's rest; 0: as much as it likes. */
export interface RateLimits {
  readonly commandsPerMinute: number;
  readonly connectsPerMinute: number;
}

/** What rates are made of. */
export interface RatesOptions {
  readonly limits: RateLimits;
  readonly clock: Pick<Clock, "now">;
  /** Told of each that was refused. */
  readonly onLimited: (kind: RateKind) => void;
  readonly maxClients?: number;
  readonly maxConnectsUnderWay?: number;
}

const MAX_CLIENTS = 10_000;
/** Handshakes that wait for an answer, of all clients together. */
const MAX_CONNECTS_UNDER_WAY = 1_000;
const BUSY_MS = 1_000;
const MINUTE_MS = 60_000;

/** The middlewares, for behind the way in. */
export interface Rates {
  readonly limitCommands: MiddlewareHandler;
  readonly limitConnects: MiddlewareHandler;
}

/** Makes the rates. */
export function createRates(options: RatesOptions): Rates {
  const { limits, clock, onLimited, maxClients = MAX_CLIENTS, maxConnectsUnderWay = MAX_CONNECTS_UNDER_WAY } = options;
  const limit = (kind: RateKind, perMinute: number, counts: (method: string) => boolean): MiddlewareHandler => {
    if (perMinute === 0) return (_context, next) => next();
    const buckets = new Buckets({ perMinute, clock, maxClients });
    return (context, next) => {
      if (!counts(context.req.method)) return next();
      const waitMs = buckets.take(context.get("client"));
      if (waitMs === 0) return next();
      onLimited(kind);
      const detail = `At most ${perMinute} ${kind}s a minute are taken from one client; wait ${Math.ceil(waitMs / 1_000)} s.`;
      throw new ProblemError("rate_limited", detail, { retryAfterMs: waitMs });
    };
  };
  const limitConnects = limit("connect", limits.connectsPerMinute, (method) => method === "GET");
  let underWay = 0;
  return {
    limitCommands: limit("command", limits.commandsPerMinute, (method) => !isRead(method)),
    async limitConnects(context, next) {
      if (underWay >= maxConnectsUnderWay)
        throw new ProblemError("too_many_viewers", TOO_MANY, { retryAfterMs: BUSY_MS });
      underWay += 1;
      try {
        return await limitConnects(context, next);
      } finally {
        underWay -= 1;
      }
    },
  };
}

const TOO_MANY = "Too many viewers are connecting at the same time.";

interface Bucket {
  tokens: number;
  lastMs: number;
}

/** A bucket for each client that has asked lately. */
export class Buckets {
  readonly #perMinute: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #maxClients: number;
  /** Whoever asked last is the last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: {
    readonly perMinute: number;
    readonly clock: Pick<Clock, "now">;
    readonly maxClients: number;
  }) {
    this.#perMinute = options.perMinute;
    this.#clock = options.clock;
    this.#maxClients = options.maxClients;
  }

  /** How many clients are remembered. */
  get clients(): number {
    return this.#buckets.size;
  }

  /** Takes one from a client's bucket. @returns 0, or in how many milliseconds there will be one */
  take(client: string): number {
    const now = this.#clock.now();
    const msPerToken = MINUTE_MS / this.#perMinute;
    const bucket = this.#buckets.get(client) ?? { tokens: this.#perMinute, lastMs: now };
    // A clock that was set back gives nothing and takes nothing.
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + Math.max(0, now - bucket.lastMs) / msPerToken);
    bucket.lastMs = now;
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    this.#forgetOldest();
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * msPerToken);
    bucket.tokens -= 1;
    return 0;
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#maxClients && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
