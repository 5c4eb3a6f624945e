/**
 * The entry point on Deno.
 *
 * Owns what only Deno has: its signals, its environment. It runs the sources; only the browser's files are built.
 */
import { peerAddress } from "../runtime/deno-peer.ts";
import { openDenoRecorder } from "../runtime/deno-tracing.ts";
import { openReports } from "../runtime/node-reports.ts";
import { configFileOf, readSettingText } from "../runtime/node-setting-files.ts";
import { processRegistry } from "../runtime/process-registry.ts";
import { ConfigError } from "../runtime/settings.ts";
import { createShutdown } from "../runtime/shutdown.ts";
import { systemRandom } from "../runtime/clock.ts";
import { announce } from "./announcement.ts";
import { takeCommand } from "./command-line.ts";
import { loadConfig, printConfig } from "./config.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { loadAssets } from "./node-assets.ts";
import { withKeptSecret } from "./node-cursor-secret.ts";
import { rulesFileOf } from "./node-rules-file.ts";
import { sessionFileOf } from "./node-session-file.ts";

async function start(): Promise<void> {
  const environment = Deno.env.toObject();
  const command = takeCommand(Deno.args);
  if (command.kind === "doctor") {
    const { runDoctor } = await import("./node-doctor.ts");
    Deno.exitCode = await runDoctor(command.words, environment, { say: console.log, complain: console.error });
    return;
  }
  const loaded = await loadConfig(environment, readSettingText, configFileOf(command.configPath, environment));
  if (command.print !== null) {
    console.log(printConfig(loaded, command.print));
    return;
  }
  const config = await withKeptSecret(loaded.config, systemRandom);
  const { log, tracing } = openReports({
    config: config.log,
    environment,
    serviceName: "yoi-workspace",
    isTerminal: Deno.stderr.isTerminal(),
    write: (line) => {
      Deno.stderr.writeSync(new TextEncoder().encode(line));
    },
    platformRecorder: openDenoRecorder,
  });
  // The store opens in its thread while this one loads the rest of the server.
  const store = openEmbeddedStore(config);
  const [{ listen }, { openWorkspace }, assets] = await Promise.all([
    import("../runtime/deno-listen.ts"),
    import("./workspace.ts"),
    loadAssets(new URL("../dist/client/", import.meta.url)),
  ]);
  const workspace = await openWorkspace({
    config,
    store,
    registry: processRegistry,
    host: { os: Deno.build.os, arch: Deno.build.arch },
    sessionFile: sessionFileOf(config),
    rulesFile: rulesFileOf(config),
    log,
    tracing: await tracing,
  });
  const { host, port } = config;
  const listening = await listen({
    host,
    port,
    createApp: (upgradeWebSocket) => workspace.createApp({ upgradeWebSocket, assets, peerAddress }),
  });
  const close = async (): Promise<void> => {
    await workspace.close();
    await listening.close();
  };
  const shutDown = createShutdown({ log, close, exit: (code) => Deno.exit(code) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => shutDown(signal));
  }
  for (const line of announce(config, listening.url)) console.log(line);
}

try {
  await start();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  Deno.exit(1);
}
