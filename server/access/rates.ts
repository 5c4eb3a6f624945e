/**
 * How often one client may ask for what costs something.
 *
 * Owns a token bucket per client for commands and one for connects, and who counts as one client: a login, a user whom a
 * proxy names, or an address. Bounded: the client that has asked for nothing for longest is forgotten first, which gives it
 * a full bucket and nothing else. Reads are not counted.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Identity } from "./identity.ts";
import type { Visitor } from "./visitor.ts";

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
}

const MAX_CLIENTS = 10_000;
const MINUTE_MS = 60_000;
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The middlewares, for behind the way in. */
export interface Rates {
  readonly limitCommands: MiddlewareHandler;
  readonly limitConnects: MiddlewareHandler;
}

/** Makes the rates. */
export function createRates({ limits, clock, onLimited, maxClients = MAX_CLIENTS }: RatesOptions): Rates {
  const limit = (kind: RateKind, perMinute: number, counts: (method: string) => boolean): MiddlewareHandler => {
    if (perMinute === 0) return (_context, next) => next();
    const buckets = new Buckets({ perMinute, clock, maxClients });
    return (context, next) => {
      if (!counts(context.req.method)) return next();
      const waitMs = buckets.take(clientOf(context.get("identity"), context.get("visitor")));
      if (waitMs === 0) return next();
      onLimited(kind);
      const detail = `At most ${perMinute} ${kind}s a minute are taken from one client; wait ${Math.ceil(waitMs / 1_000)} s.`;
      throw new ProblemError("rate_limited", detail, { retryAfterMs: waitMs });
    };
  };
  return {
    limitCommands: limit("command", limits.commandsPerMinute, (method) => !READS.has(method)),
    limitConnects: limit("connect", limits.connectsPerMinute, (method) => method === "GET"),
  };
}

/**
 * Who counts as one client: `session:…`, `user:ada`, `203.0.113.7`. Of an IPv6 address only the network counts, since
 * whoever has one address there has all of them.
 */
export function clientOf(identity: Identity, { address }: Pick<Visitor, "address">): string {
  switch (identity.kind) {
    case "session":
      return `session:${identity.sessionId}`;
    case "user":
      return `user:${identity.name}`;
    default:
      return networkOf(address);
  }
}

const GROUPS_OF_NETWORK = 4;
const GROUPS = 8;

/** An IPv4 address as it is; of an IPv6 address its first 64 bits, as `2001:db8:0:0`. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const groupsOf = (text: string | undefined) => (text ? text.split(":") : []);
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups.slice(0, GROUPS_OF_NETWORK).join(":");
}

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
