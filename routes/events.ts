/**
 * `/api/runtimes/{runtime_id}/workers/{worker_id}/events/ws`: a Worker's events, live; and `…/events`, the same frames as
 * server-sent events, for where WebSockets don't get through.
 *
 * Owns the step from a request to a viewer's socket. Observation takes no input: whatever a client sends ends its
 * socket. What is wrong with the address is answered over HTTP; what is wrong with the cursor, on the socket.
 */
import { Hono, type Context } from "hono";
import type { UpgradeWebSocket, WSContext, WSEvents } from "hono/ws";
import { ViewerId } from "../protocol/demo.ts";
import { closeCodeOf, ProblemError } from "../protocol/problem.ts";
import type { Backend, Observation, ViewRequest } from "../server/backend.ts";
import type { DemoFaults } from "../server/demo-faults.ts";
import type { SseStream } from "../server/sse-stream.ts";
import type { ViewerSocket } from "../server/viewer-socket.ts";
import { workerRefOf } from "./request.ts";

/** How an edge's requests become viewers' sockets. */
export interface EventSockets {
  readonly upgradeWebSocket: UpgradeWebSocket;
  /** The relay's view of a platform's socket; `closed` is aborted by whoever hears of the close. */
  readonly viewerSocket: (socket: WSContext, closed: AbortController) => ViewerSocket;
  readonly openSseStream: () => SseStream;
  /** Told of sockets that may be cut on demand; null where nobody may. */
  readonly faults: Pick<DemoFaults, "noteViewer"> | null;
}

const STREAM_PATH = "/api/runtimes/:runtime_id/workers/:worker_id/events";
const SOCKET_PATH = `${STREAM_PATH}/ws` as const;
/** Where viewers connect. */
export const EVENT_PATHS = [STREAM_PATH, SOCKET_PATH] as const;

/** The observation route. */
export function eventRoutes(backend: Backend, sockets: EventSockets): Hono {
  const { upgradeWebSocket, viewerSocket, faults } = sockets;
  return new Hono()
    .get(STREAM_PATH, async (context) => {
      const ref = workerRefOf(context);
      await backend.requireWorker(ref);
      // An upgrade is answered whole, and a stream never is.
      if (context.req.header("Upgrade")?.toLowerCase() === "websocket") {
        throw new ProblemError("route_not_found", "Upgrade: the socket is beside the stream, at /events/ws.");
      }
      // Who only asks for the head reads no body, and would be a viewer for ever.
      if (context.req.method === "HEAD") return context.body(null, 200, STREAM_HEADERS);
      const stream = sockets.openSseStream();
      // A reader can't tell silence from a dead link unless it sees something; only `heartbeat=0` does without.
      const wantsHeartbeat = context.req.query("heartbeat") !== "0";
      backend.observe(ref, viewRequestOf(context, wantsHeartbeat, context.req.header("Last-Event-ID")), stream.socket);
      const identity = context.get("identity");
      if (identity.kind === "session") endStreamWith(identity.ended, stream);
      const viewerId = ViewerId.safeParse(context.req.query("viewer_id"));
      if (viewerId.success) faults?.noteViewer(viewerId.data, () => stream.cut(), stream.socket.closed);
      return context.body(stream.body, 200, STREAM_HEADERS);
    })
    .get(SOCKET_PATH, async (context: Context, next) => {
      await backend.requireWorker(workerRefOf(context));
      const wrong = wrongInHandshake(context.req.method, (name) => context.req.header(name));
      if (wrong !== null) {
        context.header("Upgrade", "websocket");
        throw new ProblemError("websocket_upgrade_required", wrong);
      }
      await next();
    })
    .get(
      SOCKET_PATH,
      upgradeWebSocket((context) => {
        const ref = workerRefOf(context);
        const request = viewRequestOf(context, context.req.query("heartbeat") === "1");
        const viewerId = faults === null ? null : ViewerId.safeParse(context.req.query("viewer_id"));
        const identity = context.get("identity");
        return new ViewerLink((raw, closed) => {
          const observation = backend.observe(ref, request, viewerSocket(raw, closed));
          if (identity.kind === "session") endWith(identity.ended, raw, closed.signal);
          if (viewerId?.success) faults?.noteViewer(viewerId.data, () => cut(raw), closed.signal);
          return observation;
        });
      }),
    );
}

/** Said to nobody. Without a reason the platform makes an error for each socket, with a stack. */
const SOCKET_CLOSED = "the socket was closed";

/** A viewer's socket, for as long as it is open. Of the request that it came with it keeps nothing once it is. */
class ViewerLink implements WSEvents {
  readonly #closed = new AbortController();
  #open: ((raw: WSContext, closed: AbortController) => Observation) | null;
  #observation: Observation | null = null;

  constructor(open: (raw: WSContext, closed: AbortController) => Observation) {
    this.#open = open;
  }

  onOpen(_event: Event, raw: WSContext): void {
    this.#observation = this.#open?.(raw, this.#closed) ?? null;
    this.#open = null;
  }

  onMessage(): void {
    this.#observation?.refuseFrame();
  }

  onClose(): void {
    this.#closed.abort(SOCKET_CLOSED);
  }

  onError(): void {
    this.#closed.abort(SOCKET_CLOSED);
  }
}

function viewRequestOf(context: Context, heartbeat: boolean, lastEventId?: string): ViewRequest {
  const cursor = lastEventId ?? context.req.query("cursor");
  return {
    client: context.get("client"),
    rights: context.get("rights"),
    cause: context.get("span"),
    heartbeat,
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** Proxies are to pass on every piece at once, and to change and keep none. */
const STREAM_HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
} as const;

/** Ends a stream when the login that opened it ends; it has no close code to say it with. */
function endStreamWith(ended: AbortSignal, stream: SseStream): void {
  const end = () => stream.endWith(new ProblemError("login_required", "The login has ended."));
  if (ended.aborted) end();
  else ended.addEventListener("abort", end, { once: true, signal: stream.socket.closed });
}

/** Closes a socket when the login that opened it ends. */
function endWith(ended: AbortSignal, socket: WSContext, closed: AbortSignal): void {
  const close = () => socket.close(closeCodeOf("login_required"), "login_required");
  if (ended.aborted) close();
  else ended.addEventListener("abort", close, { once: true, signal: closed });
}

/** What a cut looks like where a platform only knows how to close. */
const CUT_CODE = 4000;

/** Breaks a socket off without a word, as far as the platform can. */
function cut(socket: WSContext): void {
  const { raw } = socket;
  if (canTerminate(raw)) raw.terminate();
  else socket.close(CUT_CODE);
}

function canTerminate(raw: unknown): raw is { terminate(): void } {
  return typeof raw === "object" && raw !== null && "terminate" in raw && typeof raw.terminate === "function";
}

const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** What a WebSocket's handshake needs (RFC 6455, 4.2.1) and this request lacks; platforms answer it with failures of their own. */
function wrongInHandshake(method: string, header: (name: string) => string | undefined): string | null {
  if (method !== "GET") return `${method}: expected GET.`;
  if (header("Upgrade")?.toLowerCase() !== "websocket") return "Upgrade: expected websocket.";
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(header("Connection") ?? "")) return "Connection: expected Upgrade.";
  if (header("Sec-WebSocket-Version") !== "13") return "Sec-WebSocket-Version: expected 13.";
  return KEY.test(header("Sec-WebSocket-Key") ?? "") ? null : "Sec-WebSocket-Key: expected 16 bytes in base64.";
}
