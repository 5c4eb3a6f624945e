/**
 * Listening on Node.
 *
 * Owns Node's HTTP server around an app, from its start to its end.
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { deadline } from "./deadline.ts";
import { CLOSE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, KEEP_ALIVE_DELAY_MS } from "./edge-limits.ts";
import { NodeWebSockets, upgradeWebSocket, wantsWebSocket } from "./node-websocket.ts";
import type { Listening, ListenOptions } from "./rest/listener.ts";
import { ConfigError } from "./settings.ts";

/** Serves an app on Node. See `Listen`. */
export async function listen({ host, port, createApp }: ListenOptions): Promise<Listening> {
  const app = createApp(upgradeWebSocket);
  const sockets = new NodeWebSockets(app);
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host,
    serverOptions: {
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      shouldUpgradeCallback: wantsWebSocket,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    },
  });
  server.on(
    "upgrade",
    (request: IncomingMessage, socket: Duplex, head: Buffer) => void sockets.upgrade(request, socket, head),
  );
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
      await deadline(sockets.closed(), CLOSE_TIMEOUT_MS);
      sockets.terminate();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}

const NOWHERE = { address: "", family: "IPv4", port: 0 };
