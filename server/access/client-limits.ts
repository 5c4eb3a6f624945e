/**
 * How much one client, and all of them, may ask for: the settings.
 *
 * Owns their keys, their defaults and what they mean together. What is counted is `rates.ts`'s and the relays' matter.
 */
import * as z from "zod/mini";
import { HEAD_TIMEOUT_MS } from "../../runtime/edge-limits.ts";
import { durationMs, integer } from "../../runtime/settings.ts";
import { DEFAULT_BACKEND_LIMITS, type BackendLimits } from "../limits.ts";
import type { RateLimits } from "./rates.ts";

/** What an operator chooses. */
export interface ClientLimits {
  readonly rates: RateLimits;
  /** How long a request's head may take to arrive. Deno's own server has no such bound. */
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly viewers: Pick<BackendLimits, "maxViewers" | "maxViewersPerWorker" | "maxViewersPerClient">;
}

/** A person types a few a minute and a page in trouble comes back a few times; a script sends ten a second. */
const COMMANDS_PER_MINUTE = 1_200;
const CONNECTS_PER_MINUTE = 600;
const MAX_PER_MINUTE = 1_000_000;
const MAX_VIEWERS = 1_000_000;
const MIN_TIMEOUT_MS = 100;

/** Keys of the limits. */
export const clientKeys = {
  YOI_COMMANDS_PER_MINUTE: z._default(integer(0, MAX_PER_MINUTE), COMMANDS_PER_MINUTE),
  YOI_CONNECTS_PER_MINUTE: z._default(integer(0, MAX_PER_MINUTE), CONNECTS_PER_MINUTE),
  YOI_HEAD_TIMEOUT_MS: durationMs(HEAD_TIMEOUT_MS, MIN_TIMEOUT_MS),
  YOI_BODY_TIMEOUT_MS: durationMs(DEFAULT_BACKEND_LIMITS.bodyTimeoutMs, MIN_TIMEOUT_MS),
  YOI_MAX_VIEWERS: z._default(integer(1, MAX_VIEWERS), DEFAULT_BACKEND_LIMITS.maxViewers),
  YOI_MAX_VIEWERS_PER_WORKER: z._default(integer(1, MAX_VIEWERS), DEFAULT_BACKEND_LIMITS.maxViewersPerWorker),
  YOI_MAX_VIEWERS_PER_CLIENT: z._default(integer(1, MAX_VIEWERS), DEFAULT_BACKEND_LIMITS.maxViewersPerClient),
};

const Keys = z.object(clientKeys);

/** What the parsed keys say together. */
export function clientLimitsOf(keys: z.infer<typeof Keys>): ClientLimits {
  return {
    rates: { commandsPerMinute: keys.YOI_COMMANDS_PER_MINUTE, connectsPerMinute: keys.YOI_CONNECTS_PER_MINUTE },
    headTimeoutMs: keys.YOI_HEAD_TIMEOUT_MS,
    bodyTimeoutMs: keys.YOI_BODY_TIMEOUT_MS,
    viewers: {
      maxViewers: keys.YOI_MAX_VIEWERS,
      maxViewersPerWorker: keys.YOI_MAX_VIEWERS_PER_WORKER,
      maxViewersPerClient: keys.YOI_MAX_VIEWERS_PER_CLIENT,
    },
  };
}

/** Connections that are no viewers': pages, reads and commands. */
const OTHER_CONNECTIONS = 2_000;

/** What connections may cost, for the edge. */
export function connectionsOf({ clientLimits }: { readonly clientLimits: ClientLimits }) {
  const { headTimeoutMs, viewers } = clientLimits;
  return { headTimeoutMs, maxConnections: viewers.maxViewers + OTHER_CONNECTIONS };
}
