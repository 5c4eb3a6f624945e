/**
 * Clients of Runtimes elsewhere, as tests make them.
 *
 * Owns that no request runs out of time by itself: a test whose subject is a time-out names its own, or the clock that it
 * goes by.
 */
import { RuntimeId } from "../../protocol/id.ts";
import { systemClock, type Clock } from "../../runtime/clock.ts";
import { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import { DEFAULT_REMOTE_LIMITS, type RemoteLimits } from "../../runtime/remote/limits.ts";
import { createRemoteRuntime } from "../../runtime/remote/remote.ts";
import { connectWs } from "../../runtime/remote/ws-client.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { LAB } from "./remote-failures.ts";
import { DEADLINE_MS } from "./within.ts";

/** Given to every client: must not be seen anywhere but in a header. */
export const TOKEN = "canary-token-of-the-client";

/** A client of whatever is at `baseUrl`. Its sockets may take as long to open as a request takes, unless said. */
export function remoteClient(
  baseUrl: string,
  limits: Partial<RemoteLimits> = {},
  token = TOKEN,
  clock: Clock = systemClock,
): Runtime {
  const { requestTimeoutMs = DEADLINE_MS } = limits;
  return createRemoteRuntime({
    runtimeId: RuntimeId.parse(LAB),
    peerId: LAB,
    displayName: "The lab",
    endpoint: new RuntimeEndpoint(baseUrl, token),
    limits: { ...DEFAULT_REMOTE_LIMITS, requestTimeoutMs, handshakeTimeoutMs: requestTimeoutMs, ...limits },
    fetch: (input, init) => globalThis.fetch(input, init),
    connectWebSocket: connectWs,
    clock,
  });
}
