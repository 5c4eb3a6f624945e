/**
 * The workspace server's command line.
 *
 * Owns which words it takes. Settings are no words of it, except for which file they stand in.
 */
import { ConfigError } from "../runtime/settings.ts";
import { takeConfigFlags, type ConfigFlags } from "../runtime/settings/config-flags.ts";

/** What is asked for. */
export type Command =
  | ({ readonly kind: "serve" } & Omit<ConfigFlags, "rest">)
  /** `doctor`, with the words that follow it. */
  | { readonly kind: "doctor"; readonly words: readonly string[] };

/** @throws ConfigError where a word is none of the server's */
export function takeCommand(args: readonly string[]): Command {
  const [first, ...words] = args;
  if (first === "doctor") return { kind: "doctor", words };
  const { configPath, print, rest } = takeConfigFlags(args);
  // A word that nobody knows may be a secret that was meant to go elsewhere: it is not repeated.
  if (rest.length === 0) return { kind: "serve", configPath, print };
  throw new ConfigError("Cannot start: unknown word. Known are --config, --print-config and doctor.");
}
