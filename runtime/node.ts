/**
 * The Runtime process on Node.
 *
 * Owns what only Node has: its signals, its environment, its command line. The built output runs this.
 */
import process from "node:process";
import { listen } from "./node-listen.ts";
import { announceRuntime, openRuntimeProcess } from "./rest/runtime-process.ts";
import { openReports } from "./node-reports.ts";
import { configFileOf, readSettingText } from "./node-setting-files.ts";
import { loadRuntimeConfig, printRuntimeConfig } from "./runtime-config.ts";
import { ConfigError } from "./settings.ts";
import { takeConfigFlags } from "./settings/config-flags.ts";
import { createShutdown } from "./shutdown.ts";

try {
  const flags = takeConfigFlags(process.argv.slice(2));
  const configPath = configFileOf(flags.configPath, process.env);
  const loaded = await loadRuntimeConfig(process.env, flags.rest, readSettingText, configPath);
  if (flags.print !== null) {
    console.log(printRuntimeConfig(loaded, flags.print));
    process.exit(0);
  }
  const { config } = loaded;
  const { log, tracing } = openReports({
    config: config.log,
    environment: process.env,
    serviceName: "yoi-runtime",
    isTerminal: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
  });
  const runtime = await openRuntimeProcess({ config, listen, log, tracing: await tracing });
  const shutDown = createShutdown({ log, close: () => runtime.close(), exit: (code) => process.exit(code) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, shutDown);
  }
  console.log(announceRuntime(config, runtime.url).join("\n"));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
