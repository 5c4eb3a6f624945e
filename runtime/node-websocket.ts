/**
 * WebSockets, by the `ws` package on Node's HTTP server, which Deno and Bun have as well.
 *
 * Owns the step from an upgrade request to the app and on to a socket. Whatever the app answers instead goes out whole,
 * body included, so that a client learns why it got no socket.
 */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Hono } from "hono";
import { defineWebSocketHelper, type WSEvents } from "hono/ws";
import type { WebSocketServer } from "ws";
import { CLIENT_FRAME_MAX_BYTES, REFUSAL_TIMEOUT_MS } from "./edge-limits.ts";
import { AppSocket } from "./node-app-socket.ts";
import { SocketWatch } from "./node-socket-watch.ts";
import type { ListenOptions } from "./rest/listener.ts";

/** What the helper leaves for the upgrade when the app wants a socket. */
interface UpgradeEnv {
  /** As Node's HTTP server hands it over for every other request. */
  readonly incoming: IncomingMessage;
  accept?: WSEvents<AppSocket>;
}

/** Turns a request into a WebSocket. Only for apps whose upgrades go through {@link NodeWebSockets}. */
export const upgradeWebSocket = defineWebSocketHelper<AppSocket>((context, events) => {
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
  readonly #onUnexpected: ListenOptions["onUnexpected"];
  readonly #watch = new SocketWatch<AppSocket>();
  /** With the first socket comes the package: a start does not wait for it. */
  #opening: Promise<WebSocketServer> | null = null;

  constructor(app: Hono, onUnexpected?: ListenOptions["onUnexpected"]) {
    this.#app = app;
    this.#onUnexpected = onUnexpected;
  }

  /** Answers an upgrade request. Never rejects: the process would end. */
  async upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    connection.on("error", destroyIt);
    try {
      await this.#answer(request, connection, head);
    } catch (error) {
      connection.destroy();
      this.#onUnexpected?.(error);
    }
  }

  async #answer(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    const env: UpgradeEnv = { incoming: request };
    const response = await this.#ask(request, env);
    if (connection.destroyed) return;
    const { accept } = env;
    if (accept === undefined) {
      connection.end(await encodeResponse(response));
      // Node watches over no connection that has asked for an upgrade: whoever does not close it is not waited for.
      const lingering = setTimeout(() => connection.destroy(), REFUSAL_TIMEOUT_MS);
      connection.once("close", () => clearTimeout(lingering));
      return;
    }
    const server = await this.#open();
    const watch = this.#watch;
    server.handleUpgrade(
      request,
      connection,
      head,
      (socket) => new AppSocket({ socket, connection, events: accept, watch }),
    );
  }

  #open(): Promise<WebSocketServer> {
    this.#opening ??= openServer().catch((error: unknown) => {
      // The build may be replaced just now: the next one looks again.
      this.#opening = null;
      throw error;
    });
    return this.#opening;
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
    await Promise.all(Array.from(this.#watch.sockets, (socket) => socket.untilClosed()));
  }

  /** Lets go of every socket. */
  terminate(): void {
    for (const socket of this.#watch.sockets) socket.terminate();
  }
}

/** Of a connection: one function for all of them. */
function destroyIt(this: Duplex): void {
  this.destroy();
}

async function openServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: CLIENT_FRAME_MAX_BYTES,
    perMessageDeflate: false,
  });
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
