/**
 * The entry point on Node.
 *
 * Owns what only Node has: its signals, its environment. The built output runs this.
 */
import process from "node:process";
import { peerAddress } from "../runtime/node-addresses.ts";
import { openReports } from "../runtime/node-reports.ts";
import { configFileOf, readSettingText } from "../runtime/node-setting-files.ts";
import { processRegistry } from "../runtime/process-registry.ts";
import { ConfigError } from "../runtime/settings.ts";
import { createShutdown } from "../runtime/shutdown.ts";
import { systemRandom } from "../runtime/clock.ts";
import { announce } from "./announcement.ts";
import { connectionsOf } from "./access/client-limits.ts";
import { takeCommand } from "./command-line.ts";
import { loadConfig, printConfig } from "./config.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { loadAssets } from "./node-assets.ts";
import { withKeptSecret } from "./node-cursor-secret.ts";
import { rulesFileOf } from "./node-rules-file.ts";
import { sessionFileOf } from "./node-session-file.ts";

async function start(): Promise<void> {
  const command = takeCommand(process.argv.slice(2));
  if (command.kind === "doctor") {
    const { runDoctor } = await import("./node-doctor.ts");
    process.exitCode = await runDoctor(command.words, process.env, { say: console.log, complain: console.error });
    return;
  }
  const configPath = configFileOf(command.configPath, process.env);
  const loaded = await loadConfig(process.env, readSettingText, configPath);
  if (command.print !== null) {
    console.log(printConfig(loaded, command.print));
    return;
  }
  const config = await withKeptSecret(loaded.config, systemRandom);
  const { log, tracing } = openReports({
    config: config.log,
    environment: process.env,
    serviceName: "yoi-workspace",
    isTerminal: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
  // The store opens in its thread while this one loads the rest of the server.
  const store = openEmbeddedStore(config);
  const [{ listen }, { openWorkspace }, assets] = await Promise.all([
    import("../runtime/node-listen.ts"),
    import("./workspace.ts"),
    loadAssets(new URL("../client/", import.meta.url)),
  ]);
  const workspace = await openWorkspace({
    config,
    store,
    registry: processRegistry,
    host: { os: process.platform, arch: process.arch },
    sessionFile: sessionFileOf(config),
    rulesFile: rulesFileOf(config),
    log,
    tracing: await tracing,
  });
  const { host, port } = config;
  const listening = await listen({
    host,
    port,
    connections: connectionsOf(config),
    createApp: (upgradeWebSocket) => workspace.createApp({ upgradeWebSocket, assets, peerAddress }),
  });
  const close = async (): Promise<void> => {
    await workspace.close();
    await listening.close();
  };
  const shutDown = createShutdown({ log, close, exit: (code) => process.exit(code) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, shutDown);
  }
  for (const line of announce(config, listening.url)) console.log(line);
}

try {
  await start();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
