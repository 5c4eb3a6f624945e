/**
 * The entry point on Node.
 *
 * Owns what only Node has: its HTTP server, its signals, its environment. The built output runs this.
 */
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import process from "node:process";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { processRegistry } from "../runtime/process-registry.ts";
import { announce } from "./announcement.ts";
import { ConfigError } from "../runtime/settings.ts";
import { readConfig } from "./config.ts";
import { CLIENT_FRAME_MAX_BYTES, HANDSHAKE_TIMEOUT_MS } from "../runtime/edge-limits.ts";
import { loadAssets } from "./node-assets.ts";
import { openWorkspace } from "./workspace.ts";

async function start(): Promise<void> {
  const config = await readConfig(process.env, (path) => readFile(path, "utf8"));
  const assets = await loadAssets(new URL("../client/", import.meta.url));
  const workspace = await openWorkspace({
    config,
    platform: { upgradeWebSocket, assets },
    registry: processRegistry,
    host: { os: process.platform, arch: process.arch },
    onUnexpected: (error) => console.error(error),
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: CLIENT_FRAME_MAX_BYTES, perMessageDeflate: false });
  const server = serve(
    {
      fetch: workspace.app.fetch,
      hostname: config.host,
      port: config.port,
      websocket: { server: sockets },
      serverOptions: { headersTimeout: HANDSHAKE_TIMEOUT_MS, shouldUpgradeCallback: isObservation },
    },
    ({ address, family, port }) => {
      const host = family === "IPv6" ? `[${address}]` : address;
      for (const line of announce(config, `http://${host}:${port}`)) console.log(line);
    },
  );
  server.on("error", (error: Error) => {
    console.error(`Cannot start: ${error.message}`);
    process.exit(1);
  });

  const stop = async (): Promise<void> => {
    server.close();
    await workspace.close();
    for (const socket of sockets.clients) socket.terminate();
    if ("closeAllConnections" in server) server.closeAllConnections();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(0)));
  }
}

/** What else asks for an upgrade (curl does, to HTTP/2) is answered as if it had not: nobody would take its socket. */
function isObservation({ method, url, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && /\/events\/ws(?:\?|$)/.test(url ?? "");
}

try {
  await start();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
