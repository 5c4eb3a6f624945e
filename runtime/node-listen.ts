/**
 * Listening, by Node's HTTP server, which Deno and Bun have as well.
 *
 * Owns that server around an app, from its start to its end.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { BODY_TIMEOUT_MS } from "../protocol/arrived.ts";
import { deadline } from "./deadline.ts";
import {
  CLOSE_TIMEOUT_MS,
  HEAD_MAX_BYTES,
  HEAD_TIMEOUT_MS,
  KEEP_ALIVE_DELAY_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  MAX_CONNECTIONS,
  requestTimeoutOf,
} from "./edge-limits.ts";
import { NodeWebSockets, upgradeWebSocket, wantsWebSocket } from "./node-websocket.ts";
import type { Listening, ListenOptions } from "./rest/listener.ts";
import { ConfigError } from "./settings.ts";

/** Serves an app. See `Listen`. */
export async function listen({ host, port, connections, onUnexpected, createApp }: ListenOptions): Promise<Listening> {
  const { headTimeoutMs, bodyTimeoutMs, maxConnections } = connections ?? {
    headTimeoutMs: HEAD_TIMEOUT_MS,
    bodyTimeoutMs: BODY_TIMEOUT_MS,
    maxConnections: MAX_CONNECTIONS,
  };
  const app = createApp(upgradeWebSocket);
  const sockets = new NodeWebSockets(app, onUnexpected);
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host,
    serverOptions: {
      headersTimeout: headTimeoutMs,
      // How often connections are looked at: a time-out takes effect no later than that.
      connectionsCheckingInterval: Math.ceil(headTimeoutMs / 4),
      requestTimeout: requestTimeoutOf({ headTimeoutMs, bodyTimeoutMs }),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: HEAD_MAX_BYTES,
      shouldUpgradeCallback: wantsWebSocket,
    },
  });
  server.maxConnections = maxConnections;
  // Not by the server's options: Deno's server takes them and does nothing.
  server.on("connection", (connection: Socket) => connection.setKeepAlive(true, KEEP_ALIVE_DELAY_MS));
  server.on(
    "upgrade",
    (request: IncomingMessage, socket: Duplex, head: Buffer) => void sockets.upgrade(request, socket, head),
  );
  const underWay = new RequestsUnderWay();
  server.on("request", (_request: IncomingMessage, response: ServerResponse) => underWay.note(response));
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : "no address";
    throw new ConfigError(`Cannot start: ${reason}`, { cause: error });
  }
  const address = server.address();
  // A TCP server that listens has an address of its own kind.
  const { address: name, family, port: actualPort } = typeof address === "object" && address ? address : NOWHERE;
  return {
    url: `http://${family === "IPv6" ? `[${name}]` : name}:${actualPort}`,
    async close() {
      server.close();
      await deadline(Promise.all([sockets.closed(), underWay.answered()]), CLOSE_TIMEOUT_MS);
      sockets.terminate();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}

/** The requests that have no whole answer yet. */
class RequestsUnderWay {
  #count = 0;
  #wake = () => {};

  note(response: ServerResponse): void {
    this.#count += 1;
    response.once("close", () => {
      this.#count -= 1;
      if (this.#count === 0) this.#wake();
    });
  }

  /** Resolves when there is none. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#count === 0) resolve();
    });
  }
}

const NOWHERE = { address: "", family: "IPv4", port: 0 };
