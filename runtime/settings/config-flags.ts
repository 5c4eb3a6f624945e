/**
 * The flags that every program has: which configuration file, and whether the configuration is only to be shown.
 */
import { ConfigError } from "../settings.ts";

/** What is printed instead of starting. */
export type PrintFormat = "text" | "json";

/** What a command line says of the configuration. */
export interface ConfigFlags {
  /** The file that `--config` names. */
  readonly configPath: string | null;
  /** What `--print-config` asks for. */
  readonly print: PrintFormat | null;
  /** The words that are not of the configuration. */
  readonly rest: readonly string[];
}

/** @throws ConfigError where a flag lacks its value or has a wrong one */
export function takeConfigFlags(args: readonly string[]): ConfigFlags {
  let configPath: string | null = null;
  let print: PrintFormat | null = null;
  const rest: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? "";
    const [flag = "", inline] = word.split(/=(.*)/s, 2);
    if (flag === "--config") {
      configPath = inline ?? args[(i += 1)] ?? "";
      if (configPath === "") throw new ConfigError("Cannot start: --config needs the path of a file.");
    } else if (flag === "--print-config") {
      if (inline !== undefined && inline !== "json" && inline !== "text") {
        throw new ConfigError("Cannot start: --print-config: expected json or text after the =, or nothing.");
      }
      print = inline ?? "text";
    } else {
      rest.push(word);
    }
  }
  return { configPath, print, rest };
}
