/**
 * The Runtimes elsewhere, opened.
 *
 * Owns the step from configuration to clients. Nothing is contacted here: a Runtime that is down is shown so, and is there
 * as soon as it answers.
 */
import { RuntimeId } from "../protocol/id.ts";
import type { Clock } from "../runtime/clock.ts";
import { DEFAULT_REMOTE_LIMITS } from "../runtime/remote/limits.ts";
import { createRemoteRuntime } from "../runtime/remote/remote.ts";
import { connectWs } from "../runtime/remote/ws-client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tracing } from "../runtime/tracing/tracing.ts";
import type { RemoteRuntimeConfig } from "./runtimes-file.ts";

/** A client for each. */
export function openRemoteRuntimes(
  configs: readonly RemoteRuntimeConfig[],
  clock: Clock,
  tracing: Tracing,
): readonly Runtime[] {
  return configs.map(({ id, peerId, displayName, endpoint, requestTimeoutMs }) =>
    createRemoteRuntime({
      runtimeId: RuntimeId.parse(id),
      peerId,
      displayName,
      endpoint,
      limits: {
        ...DEFAULT_REMOTE_LIMITS,
        ...(requestTimeoutMs === null ? {} : { requestTimeoutMs, handshakeTimeoutMs: requestTimeoutMs }),
      },
      fetch: (input, init) => globalThis.fetch(input, init),
      connectWebSocket: connectWs,
      clock,
      tracing,
    }),
  );
}
