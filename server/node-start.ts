/**
 * The workspace server as a program, on Node, on Deno and on Bun, which all have these modules.
 *
 * Owns the order of a start, from the command line to signals. Entry points say where the browser's files are, and add
 * what only their engine has.
 */
import process from "node:process";
import { peerAddress } from "../runtime/node-addresses.ts";
import { stackOf } from "../runtime/log.ts";
import { openReports, type ReportOptions } from "../runtime/node-reports.ts";
import { configFileOf, readSettingText } from "../runtime/node-setting-files.ts";
import { hearSignals } from "../runtime/node-signals.ts";
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
import type { WorkspaceOptions } from "./workspace.ts";

/** What an entry point knows of its engine. */
export interface ServerEngine extends Pick<ReportOptions, "platformRecorder">, Pick<WorkspaceOptions, "providerFetch"> {
  /** Where the build has put the browser's files; ends with a slash. */
  readonly assetsFolder: URL;
}

/** How the server is called in traces, where nobody says. */
const SERVICE_NAME = "yoi-workspace";

/** Starts the server. Where it can't start, it says why and ends the process. */
export async function startServer(engine: ServerEngine): Promise<void> {
  try {
    await start(engine);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  }
}

async function start({ assetsFolder, providerFetch, ...platform }: ServerEngine): Promise<void> {
  const command = takeCommand(process.argv.slice(2));
  if (command.kind === "doctor") {
    const { runDoctor } = await import("./node-doctor.ts");
    const terminal = { say: console.log, complain: console.error };
    const tracing = { serviceName: SERVICE_NAME, hasPlatformExporter: platform.platformRecorder !== undefined };
    process.exitCode = await runDoctor(command.words, process.env, terminal, tracing);
    return;
  }
  const configPath = configFileOf(command.configPath, process.env);
  const loaded = await loadConfig(process.env, readSettingText, configPath);
  if (command.print !== null) {
    console.log(printConfig(loaded, command.print));
    return;
  }
  const giveSignals = hearSignals();
  // Who reads the log may go, and its disk may be full: that costs lines of it, and no run.
  process.stderr.on("error", () => {});
  const { log, tracing } = openReports({
    config: loaded.config.log,
    environment: process.env,
    serviceName: SERVICE_NAME,
    isTerminal: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
    ...platform,
  });
  // The store opens in its thread while this one loads the rest of the server.
  const store = openEmbeddedStore(loaded.config);
  const [config, { listen }, { openWorkspace }] = await Promise.all([
    withKeptSecret(loaded.config, systemRandom),
    import("../runtime/node-listen.ts"),
    import("./workspace.ts"),
  ]);
  const assets = loadAssets(assetsFolder);
  const served = Promise.withResolvers<void>();
  const workspace = await openWorkspace({
    config,
    store,
    registry: processRegistry,
    host: { os: process.platform, arch: process.arch },
    sessionFile: sessionFileOf(config),
    rulesFile: rulesFileOf(config),
    log,
    tracing: await tracing,
    providerFetch,
    served: served.promise,
  });
  const { host, port } = config;
  const listening = await listen({
    host,
    port,
    connections: connectionsOf(config),
    onUnexpected: (error) => log.error("Something unexpected happened", { stack: stackOf(error) }),
    createApp: (upgradeWebSocket) => workspace.createApp({ upgradeWebSocket, assets, peerAddress }),
  });
  served.resolve();
  const close = async (): Promise<void> => {
    await workspace.close();
    await listening.close();
  };
  giveSignals(createShutdown({ log, close, exit: (code) => process.exit(code) }));
  for (const line of announce(config, listening.url)) console.log(line);
}
