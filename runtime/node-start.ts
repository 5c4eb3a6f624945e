/**
 * The Runtime process as a program, on Node, on Deno and on Bun, which all have these modules.
 *
 * Owns the order of a start, from the command line to signals. Entry points add what only their engine has.
 */
import process from "node:process";
import { listen } from "./node-listen.ts";
import { openReports, type ReportOptions } from "./node-reports.ts";
import { configFileOf, readSettingText } from "./node-setting-files.ts";
import { hearSignals } from "./node-signals.ts";
import { announceRuntime, openRuntimeProcess, type RuntimeProcessOptions } from "./rest/runtime-process.ts";
import { loadRuntimeConfig, printRuntimeConfig } from "./runtime-config.ts";
import { ConfigError } from "./settings.ts";
import { takeConfigFlags } from "./settings/config-flags.ts";
import { createShutdown } from "./shutdown.ts";

/** What an entry point knows of its engine. */
export type RuntimeEngine = Pick<ReportOptions, "platformRecorder"> & Pick<RuntimeProcessOptions, "providerFetch">;

/** Starts the Runtime process. Where it can't start, it says why and ends the process. */
export async function startRuntime(engine: RuntimeEngine): Promise<void> {
  try {
    await start(engine);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  }
}

async function start({ providerFetch, ...platform }: RuntimeEngine): Promise<void> {
  const flags = takeConfigFlags(process.argv.slice(2));
  const configPath = configFileOf(flags.configPath, process.env);
  const loaded = await loadRuntimeConfig(process.env, flags.rest, readSettingText, configPath);
  if (flags.print !== null) {
    console.log(printRuntimeConfig(loaded, flags.print));
    return;
  }
  const giveSignals = hearSignals();
  const { config } = loaded;
  // Who reads the log may go, and its disk may be full: that costs lines of it, and no run.
  process.stderr.on("error", () => {});
  const { log, tracing } = openReports({
    config: config.log,
    environment: process.env,
    serviceName: "yoi-runtime",
    isTerminal: process.stderr.isTTY,
    write: (line) => process.stderr.write(line),
    ...platform,
  });
  const runtime = await openRuntimeProcess({ config, listen, log, tracing: await tracing, providerFetch });
  giveSignals(createShutdown({ log, close: () => runtime.close(), exit: (code) => process.exit(code) }));
  console.log(announceRuntime(config, runtime.url).join("\n"));
}
