/**
 * `/v1/workers/{worker_id}/events/ws`: a Worker's events, live.
 *
 * Owns the step from a request to an observer's socket. Observation takes no input: whatever an observer sends ends its
 * socket. What is wrong with the address or the handshake is answered over HTTP; what is wrong with the cursor, on the
 * socket.
 */
import { Hono, type Context } from "hono";
import type { UpgradeWebSocket } from "hono/ws";
import { ProblemError } from "../../protocol/problem.ts";
import type { Clock } from "../clock.ts";
import { workerIdOf } from "../rest/request.ts";
import type { Runtime } from "../runtime.ts";
import type { ObservationLimits } from "./limits.ts";
import { observerSocket, SOCKET_CLOSED } from "./observer-socket.ts";
import { ObserverStream } from "./observer-stream.ts";
import { NO_OBSERVER_TELEMETRY, type ObserverTelemetry } from "./observer-telemetry.ts";

/** What the route is made of. */
export interface ObservationOptions {
  readonly runtime: Pick<Runtime, "getWorker" | "observe">;
  readonly upgradeWebSocket: UpgradeWebSocket;
  readonly clock: Clock;
  readonly limits: ObservationLimits;
  readonly onUnexpected: (error: unknown) => void;
  /** Absent: nobody is told. */
  readonly telemetry?: ObserverTelemetry;
}

const PATH = "/v1/workers/:worker_id/events/ws";

/** The observation route. */
export function observationRoutes(options: ObservationOptions): Hono {
  const { runtime, upgradeWebSocket, clock, limits, onUnexpected, telemetry = NO_OBSERVER_TELEMETRY } = options;
  let observers = 0;
  return new Hono().get(
    PATH,
    async (context, next) => {
      await runtime.getWorker(workerIdOf(context));
      checkHandshake(context);
      await next();
    },
    upgradeWebSocket((context) => {
      const workerId = workerIdOf(context);
      const cursor = context.req.query("cursor");
      const wantsHeartbeat = context.req.query("heartbeat") === "1";
      const closed = new AbortController();
      let stream: ObserverStream | null = null;
      return {
        onOpen(_event, raw) {
          const socket = observerSocket(raw, closed);
          stream = new ObserverStream({
            runtime,
            workerId,
            ...(cursor === undefined ? {} : { cursor }),
            wantsHeartbeat,
            socket,
            clock,
            limits,
            onUnexpected,
            onEnd: ({ code }) => telemetry.ended(code),
          });
          if (observers >= limits.maxObservers) {
            stream.end(new ProblemError("too_many_viewers", "The Runtime has no room for another observer."));
            return;
          }
          observers += 1;
          telemetry.joined();
          const leave = () => {
            observers -= 1;
            telemetry.left();
          };
          closed.signal.addEventListener("abort", leave, { once: true });
          void stream.run();
        },
        onMessage() {
          stream?.end(new ProblemError("observation_only", "This socket takes no frames; commands go by POST."));
        },
        onClose: () => closed.abort(SOCKET_CLOSED),
        onError: () => closed.abort(SOCKET_CLOSED),
      };
    }),
  );
}

const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * What a WebSocket's handshake needs (RFC 6455, 4.2.1); platforms answer its lack with failures of their own.
 *
 * @throws ProblemError websocket_upgrade_required where there is none, invalid_request where it is half of one
 */
function checkHandshake(context: Context): void {
  const header = (name: string) => context.req.header(name) ?? "";
  if (header("Upgrade").toLowerCase() !== "websocket") {
    context.header("Upgrade", "websocket");
    throw new ProblemError("websocket_upgrade_required", "Upgrade: expected websocket.");
  }
  const refuse = (reason: string) => {
    throw new ProblemError("invalid_request", reason);
  };
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(header("Connection"))) refuse("Connection: expected Upgrade.");
  if (header("Sec-WebSocket-Version") !== "13") refuse("Sec-WebSocket-Version: expected 13.");
  if (!KEY.test(header("Sec-WebSocket-Key"))) refuse("Sec-WebSocket-Key: expected 16 bytes in base64.");
}
