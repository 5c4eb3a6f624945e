/**
 * How much one client, and all of them, may ask for: what the settings mean together. What is counted is `rates.ts`'s and
 * the relays' matter.
 */
import { OTHER_CONNECTIONS } from "../../runtime/edge-limits.ts";
import type { ConnectionLimits } from "../../runtime/rest/listener.ts";
import type { clientSettings } from "../../runtime/settings/client-settings.ts";
import type { ValuesOf } from "../../runtime/settings/setting.ts";
import type { BackendLimits } from "../limits.ts";
import type { RateLimits } from "./rates.ts";

/** What an operator chooses. */
export interface ClientLimits {
  readonly rates: RateLimits;
  /** How long a request's head may take to arrive. */
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly viewers: Pick<BackendLimits, "maxViewers" | "maxViewersPerWorker" | "maxViewersPerClient">;
}

/** What the checked values say together. */
export function clientLimitsOf(keys: ValuesOf<typeof clientSettings>): ClientLimits {
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

/** What connections may cost, for the edge. */
export function connectionsOf({ clientLimits }: { readonly clientLimits: ClientLimits }): ConnectionLimits {
  const { headTimeoutMs, bodyTimeoutMs, viewers } = clientLimits;
  return { headTimeoutMs, bodyTimeoutMs, maxConnections: viewers.maxViewers + OTHER_CONNECTIONS };
}
