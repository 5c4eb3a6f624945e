/**
 * The workspace server's command line.
 *
 * Owns which words it takes. Settings are no words of it, except for which file they stand in.
 */
import { ConfigError } from "../runtime/settings.ts";
import { takeConfigFlags, type ConfigFlags } from "../runtime/settings/config-flags.ts";

/** @throws ConfigError where a word is none of the server's */
export function takeCommand(args: readonly string[]): Omit<ConfigFlags, "rest"> {
  const { configPath, print, rest } = takeConfigFlags(args);
  // A word that nobody knows may be a secret that was meant to go elsewhere: it is not repeated.
  if (rest.length > 0) throw new ConfigError("Cannot start: unknown word. Known are --config and --print-config.");
  return { configPath, print };
}
