/**
 * The Runtime process on Node.
 *
 * Owns what only Node has: its signals, its environment, its command line. The built output runs this.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { listen } from "./node-listen.ts";
import { createLog } from "./log.ts";
import { announceRuntime, openRuntimeProcess } from "./rest/runtime-process.ts";
import { readRuntimeConfig } from "./runtime-config.ts";
import { ConfigError } from "./settings.ts";
import { createShutdown } from "./shutdown.ts";

try {
  const config = await readRuntimeConfig(process.env, process.argv.slice(2), (path) => readFile(path, "utf8"));
  const log = createLog(config.log, process.stderr.isTTY, (line) => process.stderr.write(line));
  const runtime = await openRuntimeProcess({ config, listen, log });
  const shutDown = createShutdown({ log, close: () => runtime.close(), exit: (code) => process.exit(code) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, shutDown);
  }
  console.log(announceRuntime(config, runtime.url).join("\n"));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
