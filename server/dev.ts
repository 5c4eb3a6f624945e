/**
 * The development server, on Node and on Deno.
 *
 * Owns Vite in middleware mode before the app, on one port, with hot replacement of islands. A changed server file puts
 * the app together anew around the same embedded Runtime, so that Workers and their conversations go on.
 */
import { createServer, type RequestListener, type ServerOptions } from "node:http";
import process from "node:process";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { createServer as createVite } from "vite";
import { WebSocketServer } from "ws";
import { peerAddress } from "../runtime/node-addresses.ts";
import { createLog } from "../runtime/log.ts";
import { engineFetch } from "../runtime/node-provider-fetch.ts";
import { configFileOf, readSettingText } from "../runtime/node-setting-files.ts";
import { createEmbeddedRegistry } from "../runtime/registry.ts";
import { createShutdown } from "../runtime/shutdown.ts";
import { NO_TRACING } from "../runtime/tracing/tracing.ts";
import type * as WorkspaceModule from "./workspace.ts";
import { announce } from "./announcement.ts";
import { readConfig } from "./config.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { CLIENT_FRAME_MAX_BYTES } from "../runtime/edge-limits.ts";
import { systemRandom } from "../runtime/clock.ts";
import { rulesFileOf } from "./node-rules-file.ts";
import { sessionFileOf } from "./node-session-file.ts";
import { withKeptSecret } from "./node-cursor-secret.ts";
import type { Assets } from "./platform.ts";

const SERVER_FOLDERS = /\/(?:protocol|prompts|runtime|server|routes|islands)\//;
const SETTLE_MS = 50;

const configPath = configFileOf(null, process.env);
const config = await withKeptSecret(await readConfig(process.env, readSettingText, configPath), systemRandom);
const log = createLog(config.log, process.stderr.isTTY, (line) => process.stderr.write(line));
const store = openEmbeddedStore(config);
const vite = await createVite({ server: { middlewareMode: true }, appType: "custom" });
const registry = createEmbeddedRegistry();
const assets: Assets = {
  files: new Map(),
  scripts: ["/@vite/client", "/islands/main.tsx"],
  styles: ["/islands/styles/main.css"],
};

const open = async (): Promise<WorkspaceModule.Workspace> => {
  // why: Vite loads modules by name and can't know their type.
  const { openWorkspace } = (await vite.ssrLoadModule("/server/workspace.ts")) as typeof WorkspaceModule;
  return openWorkspace({
    config,
    store,
    registry,
    host: { os: process.platform, arch: process.arch },
    sessionFile: sessionFileOf(config),
    rulesFile: rulesFileOf(config),
    log,
    tracing: NO_TRACING,
    providerFetch: engineFetch,
  });
};

let workspace = await open();
let app = workspace.createApp({ upgradeWebSocket, assets, peerAddress, inlineStyles: true });

let settling: NodeJS.Timeout | undefined;
vite.watcher.on("change", (path) => {
  if (!SERVER_FOLDERS.test(path)) return;
  clearTimeout(settling);
  settling = setTimeout(() => {
    open().then(
      async (next) => {
        const former = workspace;
        workspace = next;
        app = next.createApp({ upgradeWebSocket, assets, peerAddress, inlineStyles: true });
        await former.detach();
        console.log("The server was put together anew.");
      },
      (error: unknown) => console.error(error),
    );
  }, SETTLE_MS);
});

const sockets = new WebSocketServer({ noServer: true, maxPayload: CLIENT_FRAME_MAX_BYTES });
serve(
  {
    fetch: (request, env) => app.fetch(request, env),
    hostname: config.host,
    port: config.port,
    websocket: { server: sockets },
    createServer: ((options: ServerOptions, listener: RequestListener) =>
      createServer(options, (request, response) => {
        vite.middlewares(request, response, () => listener(request, response));
        // why: the two overloads of node's createServer; this one takes both arguments, as Hono calls it.
      })) as typeof createServer,
  },
  ({ port }) => {
    for (const line of announce(config, `http://${config.host}:${port}`)) console.log(line);
  },
);

const shutDown = createShutdown({ log, close: () => workspace.close(), exit: (code) => process.exit(code) });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, shutDown);
}
