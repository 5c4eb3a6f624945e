/**
 * Configuration of the Runtime process.
 *
 * Owns what its settings mean together, and its command line, on which a token never stands. Which settings there are
 * stands in `settings/table.ts`. What Workers answer with is configured as in the workspace server.
 */
import { RuntimeId } from "../protocol/id.ts";
import { answerConfigOf, type AnswerConfig } from "./provider-config.ts";
import { operationConfigOf, type OperationConfig } from "./operation-config.ts";
import type { Secret } from "./secret.ts";
import { ConfigError, type Environment, type ReadFile } from "./settings.ts";
import type { PrintFormat } from "./settings/config-flags.ts";
import { printSettings, shownSettings } from "./settings/print-settings.ts";
import { Problems } from "./settings/problems.ts";
import { BIND_PATTERN, processSettings } from "./settings/process-settings.ts";
import {
  readProgramSettings,
  refuseUnknownVariables,
  variablesInRuntimesFile,
  type Reading,
} from "./settings/read-settings.ts";
import { variablesOf } from "./settings/setting.ts";
import { processTable, wholeTable } from "./settings/table.ts";
import { keepingConfigOf, type KeepingConfig } from "./store-config.ts";

/** All that may be chosen. */
export interface RuntimeConfig extends AnswerConfig, KeepingConfig, OperationConfig {
  readonly runtimeId: RuntimeId;
  readonly displayName: string;
  readonly host: string;
  readonly port: number;
  /** What every request must bring; null: nothing. */
  readonly token: Secret | null;
  readonly maxWorkers: number;
  readonly maxConfigBundles: number;
  readonly maxObservers: number;
  readonly heartbeatIntervalMs: number;
}

const OWN_PREFIX = "YOI_RUNTIME_";

/** The names of all settings, in the order of their documentation. */
export const RUNTIME_SETTING_NAMES: readonly string[] = variablesOf(processTable);

/** The flag of each setting that has one, e.g. `--bind`. */
export const RUNTIME_FLAGS: ReadonlyMap<string, string> = new Map(
  variablesOf(processSettings)
    .filter((name) => processTable[name as keyof typeof processTable]?.kind !== "secret")
    .map((name) => [flagOf(name), name]),
);

/** The flag of a setting of this process, e.g. `--max-workers` for `YOI_RUNTIME_MAX_WORKERS`. */
export function flagOf(name: string): string {
  return `--${name.slice(OWN_PREFIX.length).toLowerCase().replaceAll("_", "-")}`;
}

/** A configuration and where each of its values came from. */
export interface LoadedRuntimeConfig {
  readonly config: RuntimeConfig;
  readonly reading: Reading<typeof processTable>;
}

/**
 * Reads the configuration. A flag wins over the environment, which wins over the file.
 *
 * @param args The command line, e.g. `["--id", "lab-one", "--bind=127.0.0.1:0"]`.
 * @param configPath The configuration file; null: the one that `YOI_CONFIG` names, or none.
 * @throws ConfigError that says of everything wrong where it stands, what it is, and what would be right
 */
export async function readRuntimeConfig(
  environment: Environment,
  args: readonly string[],
  readFile: ReadFile,
  configPath: string | null = null,
): Promise<RuntimeConfig> {
  return (await loadRuntimeConfig(environment, args, readFile, configPath)).config;
}

/** As {@link readRuntimeConfig}, with where each value came from. */
export async function loadRuntimeConfig(
  environment: Environment,
  args: readonly string[],
  readFile: ReadFile,
  configPath: string | null,
): Promise<LoadedRuntimeConfig> {
  const problems = new Problems();
  const flags = parseFlags(args);
  const reading = await readProgramSettings(processTable, { environment, flags, readFile, configPath }, problems);
  const { values: keys } = reading;
  const listed = await variablesInRuntimesFile(reading.given, readFile);
  refuseUnknownVariables(reading.given, wholeTable, [...reading.referenced, ...listed], problems);
  const answer = await answerConfigOf(keys, readFile, problems);
  const [, host = "", port] = BIND_PATTERN.exec(keys.YOI_RUNTIME_BIND) ?? [];
  const token = keys.YOI_RUNTIME_TOKEN;
  if (problems.isEmpty && token === null && !isLoopback(host) && !keys.YOI_RUNTIME_LET_ANYONE_COMMAND) {
    problems.add(
      "YOI_RUNTIME_BIND is open to other machines and there is no token. Set YOI_RUNTIME_TOKEN or " +
        "YOI_RUNTIME_TOKEN_FILE, or YOI_RUNTIME_LET_ANYONE_COMMAND=yes where something else guards the address",
    );
  }
  problems.throwIfAny();
  const config = {
    ...answer,
    ...keepingConfigOf(keys, { kind: keys.YOI_RUNTIME_STORE, dataDir: keys.YOI_RUNTIME_DATA_DIR }),
    ...operationConfigOf(keys),
    runtimeId: RuntimeId.parse(keys.YOI_RUNTIME_ID),
    displayName: keys.YOI_RUNTIME_DISPLAY_NAME,
    host: host.replaceAll(/[[\]]/g, ""),
    port: Number(port),
    token,
    maxWorkers: keys.YOI_RUNTIME_MAX_WORKERS,
    maxConfigBundles: keys.YOI_RUNTIME_MAX_CONFIG_BUNDLES,
    maxObservers: keys.YOI_RUNTIME_MAX_OBSERVERS,
    heartbeatIntervalMs: keys.YOI_RUNTIME_HEARTBEAT_INTERVAL_MS,
  };
  return { config, reading };
}

/** What `--print-config` prints. */
export function printRuntimeConfig({ reading }: LoadedRuntimeConfig, format: PrintFormat): string {
  return printSettings(shownSettings(processTable, reading), format);
}

/** Settings by their names from a command line. */
function parseFlags(args: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (let i = 0; i < args.length; i += 1) {
    const [flag = "", inline] = (args[i] ?? "").split(/=(.*)/s, 2);
    if (flag === "--token") {
      throw new ConfigError(
        "Cannot start: a token is no flag, since everybody on this machine can read it there. " +
          "Set YOI_RUNTIME_TOKEN or YOI_RUNTIME_TOKEN_FILE.",
      );
    }
    const name = RUNTIME_FLAGS.get(flag);
    if (name === undefined) {
      throw new ConfigError(`Cannot start: unknown flag. Known are ${[...RUNTIME_FLAGS.keys()].join(", ")}.`);
    }
    const value = inline ?? args[(i += 1)];
    if (value === undefined || value === "") throw new ConfigError(`Cannot start: ${flag} needs a value.`);
    settings[name] = value;
  }
  return settings;
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
