/**
 * The entry point on Deno.
 *
 * Owns what only Deno has: its HTTP server, its signals, its environment. It runs the sources; only the browser's files
 * are built.
 */
import { processRegistry } from "../runtime/process-registry.ts";
import { announce } from "./announcement.ts";
import { ConfigError } from "../runtime/settings.ts";
import { readConfig } from "./config.ts";
import { upgradeWebSocket } from "../runtime/deno-websocket.ts";
import { loadAssets } from "./node-assets.ts";
import { openWorkspace } from "./workspace.ts";

async function start(): Promise<void> {
  const config = await readConfig(Deno.env.toObject(), (path) => Deno.readTextFile(path));
  const assets = await loadAssets(new URL("../dist/client/", import.meta.url));
  const workspace = await openWorkspace({
    config,
    platform: { upgradeWebSocket, assets },
    registry: processRegistry,
    host: { os: Deno.build.os, arch: Deno.build.arch },
    onUnexpected: (error) => console.error(error),
  });
  const onListen = ({ hostname, port }: Deno.NetAddr): void => {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    for (const line of announce(config, `http://${host}:${port}`)) console.log(line);
  };
  const server = listen({ hostname: config.host, port: config.port, onListen }, (request) =>
    workspace.app.fetch(request),
  );

  const stop = async (): Promise<void> => {
    await workspace.close();
    await server.shutdown();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stop().finally(() => Deno.exit(0)));
  }
}

/** @throws ConfigError when the address can't be had, in the system's words */
function listen(
  options: Deno.ServeTcpOptions,
  handler: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer {
  try {
    return Deno.serve(options, handler);
  } catch (error) {
    throw new ConfigError(`Cannot start: ${error instanceof Error ? error.message : "no address"}`, { cause: error });
  }
}

try {
  await start();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  Deno.exit(1);
}
