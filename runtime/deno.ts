/**
 * The Runtime process on Deno.
 *
 * Owns what only Deno has: its signals, its environment, its command line. It runs the sources.
 */
import { listen } from "./deno-listen.ts";
import { announceRuntime, openRuntimeProcess } from "./rest/runtime-process.ts";
import { readRuntimeConfig } from "./runtime-config.ts";
import { ConfigError } from "./settings.ts";

try {
  const config = await readRuntimeConfig(Deno.env.toObject(), Deno.args, (path) => Deno.readTextFile(path));
  const runtime = await openRuntimeProcess({ config, listen, onUnexpected: (error) => console.error(error) });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void runtime.close().finally(() => Deno.exit(0)));
  }
  console.log(announceRuntime(config, runtime.url).join("\n"));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  Deno.exit(1);
}
