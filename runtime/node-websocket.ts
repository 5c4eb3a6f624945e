/**
 * WebSockets, by the `ws` package on Node's HTTP server, which Deno and Bun have as well.
 *
 * Owns the step from an upgrade request to the app and on to a socket. Whatever the app answers instead goes out whole,
 * body included, so that a client learns why it got no socket.
 */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Hono } from "hono";
import { defineWebSocketHelper, WSContext, type WSEvents } from "hono/ws";
import type { WebSocket, WebSocketServer } from "ws";
import { CLIENT_FRAME_MAX_BYTES, REFUSAL_TIMEOUT_MS, SOCKET_PING_INTERVAL_MS } from "./edge-limits.ts";
import type { FrameWriter } from "./text-frames.ts";

/** What the helper leaves for the upgrade when the app wants a socket. */
interface UpgradeEnv {
  /** As Node's HTTP server hands it over for every other request. */
  readonly incoming: IncomingMessage;
  accept?: WSEvents<WebSocket>;
}

/** Turns a request into a WebSocket. Only for apps whose upgrades go through {@link NodeWebSockets}. */
export const upgradeWebSocket = defineWebSocketHelper<WebSocket>((context, events) => {
  // why: the environment of a request is whatever its server hands to the app; this one hands over an UpgradeEnv.
  (context.env as UpgradeEnv).accept = events;
  return new Response(null);
});

/** How the paths of all sockets end, here and in a Runtime process. */
const SOCKET_PATH_END = "/ws";

/**
 * Whether a request asks for a WebSocket where one may be; what else asks for an upgrade is answered as if it had not. An
 * answer to an upgrade goes out whole, which a long one never is to be.
 */
export function wantsWebSocket({ method, headers, url = "" }: IncomingMessage): boolean {
  const isSocketPath = url.replace(/\?.*$/, "").endsWith(SOCKET_PATH_END);
  return isSocketPath && method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** The sockets of one server. */
export class NodeWebSockets {
  readonly #app: Hono;
  /** With the first socket comes the package: a start does not wait for it. */
  #opening: Promise<WebSocketServer> | null = null;
  #server: WebSocketServer | null = null;

  constructor(app: Hono) {
    this.#app = app;
  }

  /** Answers an upgrade request. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const env: UpgradeEnv = { incoming: request };
    const response = await this.#ask(request, env);
    if (socket.destroyed) return;
    const { accept } = env;
    if (accept === undefined) {
      socket.end(await encodeResponse(response));
      // Node watches over no connection that has asked for an upgrade: whoever does not close it is not waited for.
      const lingering = setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT_MS);
      socket.once("close", () => clearTimeout(lingering));
      return;
    }
    const server = await (this.#opening ??= this.#open());
    server.handleUpgrade(request, socket, head, (webSocket) => connect(webSocket, socket, accept));
  }

  async #open(): Promise<WebSocketServer> {
    const { WebSocketServer } = await import("ws");
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: CLIENT_FRAME_MAX_BYTES,
      perMessageDeflate: false,
    });
    return this.#server;
  }

  async #ask(request: IncomingMessage, env: UpgradeEnv): Promise<Response> {
    try {
      const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] => {
        return typeof value === "string" ? [[name, value]] : (value ?? []).map((one) => [name, one]);
      });
      const url = new URL(`http://${request.headers.host ?? "localhost"}${request.url ?? "/"}`);
      return await this.#app.fetch(new Request(url, { headers }), env);
    } catch {
      return new Response(null, { status: 400 });
    }
  }

  /** Resolves when every socket has been closed by both sides. */
  async closed(): Promise<void> {
    await Promise.all(
      [...(this.#server?.clients ?? [])].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
  }

  /** Lets go of every socket. */
  terminate(): void {
    for (const socket of this.#server?.clients ?? []) socket.terminate();
  }
}

function connect(socket: WebSocket, connection: Duplex, events: WSEvents<WebSocket>): void {
  const context = new WSContext<WebSocket & FrameWriter>({
    raw: Object.assign(socket, {
      // Between frames of its own: `ws` writes each at once and whole, since nothing is compressed.
      writeFrames(frames: Uint8Array) {
        if (socket.readyState !== socket.OPEN) return false;
        connection.write(frames);
        return connection.writableLength === 0;
      },
    }),
    send: (data) => {
      if (socket.readyState === socket.OPEN) socket.send(data);
    },
    close: (code, reason) => socket.close(code, reason),
    get readyState() {
      return socket.readyState;
    },
  });
  socket.on("message", (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
    const content = isBinary ? new Uint8Array(bytes).buffer : new TextDecoder().decode(bytes);
    events.onMessage?.(new MessageEvent("message", { data: content }), context);
  });
  socket.on("close", (code, reason) => {
    events.onClose?.(new CloseEvent("close", { code, reason: reason.toString() }), context);
  });
  socket.on("error", () => events.onError?.(new Event("error"), context));
  watch(socket);
  events.onOpen?.(new Event("open"), context);
}

/**
 * Asks the peer now and then whether it is there: the system finds a silent one only as long as nothing is sent to it, and
 * gives up on what is sent after a quarter of an hour.
 */
function watch(socket: WebSocket): void {
  let isHeard = true;
  const asking = setInterval(() => {
    if (!isHeard) return socket.terminate();
    isHeard = false;
    socket.ping();
  }, SOCKET_PING_INTERVAL_MS);
  socket.on("pong", () => (isHeard = true));
  socket.on("close", () => clearInterval(asking));
}

async function encodeResponse(response: Response): Promise<Buffer> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("Connection", "close");
  headers.set("Content-Length", String(body.byteLength));
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
