/**
 * The Runtime process on Deno.
 *
 * Owns what only Deno has: its signals, its environment, its command line. It runs the sources.
 */
import { listen } from "./deno-listen.ts";
import { openDenoRecorder } from "./deno-tracing.ts";
import { announceRuntime, openRuntimeProcess } from "./rest/runtime-process.ts";
import { openReports } from "./node-reports.ts";
import { configFileOf, readSettingText } from "./node-setting-files.ts";
import { loadRuntimeConfig, printRuntimeConfig } from "./runtime-config.ts";
import { ConfigError } from "./settings.ts";
import { takeConfigFlags } from "./settings/config-flags.ts";
import { createShutdown } from "./shutdown.ts";

try {
  const environment = Deno.env.toObject();
  const flags = takeConfigFlags(Deno.args);
  const configPath = configFileOf(flags.configPath, environment);
  const loaded = await loadRuntimeConfig(environment, flags.rest, readSettingText, configPath);
  if (flags.print !== null) {
    console.log(printRuntimeConfig(loaded, flags.print));
    Deno.exit(0);
  }
  const { config } = loaded;
  const { log, tracing } = openReports({
    config: config.log,
    environment,
    serviceName: "yoi-runtime",
    isTerminal: Deno.stderr.isTerminal(),
    write: (line) => {
      Deno.stderr.writeSync(new TextEncoder().encode(line));
    },
    platformRecorder: openDenoRecorder,
  });
  const runtime = await openRuntimeProcess({ config, listen, log, tracing: await tracing });
  const shutDown = createShutdown({ log, close: () => runtime.close(), exit: (code) => Deno.exit(code) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => shutDown(signal));
  }
  console.log(announceRuntime(config, runtime.url).join("\n"));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  Deno.exit(1);
}
