/**
 * Configuration of the workspace server.
 *
 * Owns what the settings mean together. Which settings there are stands in `runtime/settings/table.ts`; their values come
 * from an environment and a file, which the entry point hands in.
 */
import type { ViewerRules } from "../protocol/viewer-rules.ts";
import { isNetwork } from "../runtime/node-addresses.ts";
import { answerConfigOf, type AnswerConfig } from "../runtime/provider-config.ts";
import { operationConfigOf, type OperationConfig } from "../runtime/operation-config.ts";
import { isLoopback } from "../runtime/runtime-config.ts";
import type { Secret } from "../runtime/secret.ts";
import type { Environment, ReadFile } from "../runtime/settings.ts";
import { RUNTIMES_KEY, type ConfigFile } from "../runtime/settings/config-file.ts";
import type { PrintFormat } from "../runtime/settings/config-flags.ts";
import { printSettings, shownSettings } from "../runtime/settings/print-settings.ts";
import { Problems } from "../runtime/settings/problems.ts";
import { readProgramSettings, refuseUnknownVariables, type Reading } from "../runtime/settings/read-settings.ts";
import { readNamedFile } from "../runtime/settings/reference.ts";
import { variablesOf, type ValuesOf } from "../runtime/settings/setting.ts";
import { serverTable, wholeTable } from "../runtime/settings/table.ts";
import { keepingConfigOf, type KeepingConfig } from "../runtime/store-config.ts";
import { clientLimitsOf, type ClientLimits } from "./access/client-limits.ts";
import {
  NO_RUNTIMES,
  parseRuntimes,
  parseRuntimesFile,
  shownRuntime,
  type RemoteRuntimeConfig,
  type RuntimesFound,
} from "./runtimes-file.ts";

/** All that may be chosen. */
export interface Config extends AnswerConfig, KeepingConfig, OperationConfig {
  readonly host: string;
  readonly port: number;
  /** Where browsers find the app, e.g. `/yoi/`; `/` leaves that to a trusted proxy. */
  readonly basePath: string;
  readonly workspace: { readonly id: string; readonly displayName: string };
  readonly access: AccessConfig;
  readonly viewers: ViewerConfig;
  readonly clientLimits: ClientLimits;
  /** Seals the cursors; null: made at the start. */
  readonly cursorSecret: Secret | null;
  readonly heartbeatIntervalMs: number;
  /** The Runtimes elsewhere. */
  readonly remoteRuntimes: readonly RemoteRuntimeConfig[];
}

/** Who may come in. */
export interface AccessConfig {
  /** What a login needs; null: nobody logs in. */
  readonly token: Secret | null;
  /** Whether everybody may come in although other machines can reach the address; never where people log in. */
  readonly letsAnyoneIn: boolean;
  /** Names that the server goes by besides those of loopback, lower case. */
  readonly allowedHosts: readonly string[];
  /** Other origins whose posts and sockets are taken, as browsers write them. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and networks of proxies that are believed. */
  readonly trustedProxies: readonly string[];
  /** Header in which such a proxy names the user. */
  readonly userHeader: string | null;
}

/** What viewers may see and do. */
export interface ViewerConfig {
  readonly rules: ViewerRules;
  /** Who may change the rules: patterns, as in a rule. */
  readonly owners: readonly string[];
}

/** The names of all settings in the environment, in the order of their documentation. */
export const SETTING_NAMES: readonly string[] = variablesOf(serverTable);

/** A configuration and where each of its values came from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly reading: Reading<typeof serverTable>;
  /** The Runtimes elsewhere as they were written. */
  readonly runtimes: RuntimesFound;
}

/**
 * Reads the configuration.
 *
 * @param environment Names and values; empty values count as absent.
 * @param readFile Reads a text file that a setting names.
 * @param configPath The configuration file; null: the one that `YOI_CONFIG` names, or none.
 * @throws ConfigError that says of everything wrong where it stands, what it is, and what would be right
 */
export async function readConfig(
  environment: Environment,
  readFile: ReadFile,
  configPath: string | null = null,
): Promise<Config> {
  return (await loadConfig(environment, readFile, configPath)).config;
}

/** As {@link readConfig}, with where each value came from. */
export async function loadConfig(
  environment: Environment,
  readFile: ReadFile,
  configPath: string | null,
): Promise<LoadedConfig> {
  const problems = new Problems();
  const reading = await readProgramSettings(serverTable, { environment, readFile, configPath }, problems);
  const { values: keys, file, given } = reading;
  const runtimes = await runtimesOf(keys.YOI_RUNTIMES_FILE, file, { environment, readFile }, problems);
  refuseUnknownVariables(given, wholeTable, [...reading.referenced, ...runtimes.referenced], problems);
  checkProxies(reading, problems);
  const answer = await answerConfigOf(keys, readFile, problems);
  // What settings mean together is only asked of right ones.
  if (problems.isEmpty) checkAccess(keys, problems);
  problems.throwIfAny();
  const config = {
    // As in an address, which is how the bind of a Runtime's process has it.
    host: keys.YOI_HOST.replace(/^\[(.+)\]$/, "$1"),
    port: keys.YOI_PORT,
    basePath: keys.YOI_BASE_PATH,
    workspace: { id: keys.YOI_WORKSPACE_ID, displayName: keys.YOI_WORKSPACE_NAME },
    ...answer,
    ...keepingConfigOf(keys, { kind: keys.YOI_STORE, dataDir: keys.YOI_DATA_DIR }),
    ...operationConfigOf(keys),
    access: accessOf(keys),
    viewers: viewersOf(keys),
    clientLimits: clientLimitsOf(keys),
    cursorSecret: keys.YOI_CURSOR_SECRET,
    heartbeatIntervalMs: keys.YOI_HEARTBEAT_INTERVAL_MS,
    remoteRuntimes: runtimes.configs,
  };
  return { config, reading, runtimes };
}

/** What `--print-config` prints. */
export function printConfig({ reading, runtimes }: LoadedConfig, format: PrintFormat): string {
  const listed = runtimes.written.map((entry, index) => ({
    key: `${RUNTIMES_KEY}.${index}`,
    variable: null,
    value: shownRuntime(entry),
    source: runtimes.source,
  }));
  return printSettings([...shownSettings(serverTable, reading), ...listed], format);
}

type Values = ValuesOf<typeof serverTable>;

/** Adds the first proxy that is none, which the pattern of the setting can't tell. */
function checkProxies({ values, origins }: LoadedConfig["reading"], problems: Problems): void {
  const wrong = values.YOI_TRUSTED_PROXIES.find((network) => !isNetwork(network));
  if (wrong === undefined) return;
  const origin = origins.get("YOI_TRUSTED_PROXIES");
  const place = origin?.from === "file" ? `${origin.place}: access.trusted_proxies` : "YOI_TRUSTED_PROXIES";
  problems.add(`${place}: "${wrong}" is no address and no network: expected one as in 127.0.0.1 or 10.0.0.0/8`);
}

/** The Runtimes of a file of their own, or else of the configuration file. */
async function runtimesOf(
  path: string | null,
  file: ConfigFile | null,
  sources: { readonly environment: Environment; readonly readFile: ReadFile },
  problems: Problems,
): Promise<RuntimesFound> {
  if (path === null) {
    const listed = file?.runtimes ?? null;
    return listed === null ? NO_RUNTIMES : parseRuntimes(listed, sources, problems);
  }
  const found = await readNamedFile(path, sources.readFile);
  if ("text" in found) return parseRuntimesFile(found.text, sources, problems);
  problems.add(`YOI_RUNTIMES_FILE ${found.problem}`);
  return NO_RUNTIMES;
}

/** Adds where other machines could reach a server that lets everybody in without being told to. */
function checkAccess(keys: Values, problems: Problems): void {
  const hasUserHeader = keys.YOI_USER_HEADER !== null;
  if (hasUserHeader && keys.YOI_TRUSTED_PROXIES.length === 0) {
    problems.add("YOI_USER_HEADER needs YOI_TRUSTED_PROXIES, or anybody could send it");
  }
  if (!hasLogin(keys) && !keys.YOI_LET_ANYONE_IN && !isLoopback(keys.YOI_HOST)) {
    problems.add(
      "YOI_HOST is open to other machines and nobody would have to log in. Set YOI_ACCESS_TOKEN or " +
        "YOI_ACCESS_TOKEN_FILE, or YOI_LET_ANYONE_IN=yes where something else guards the address",
    );
  }
}

/** Whether people have to say who they are. */
function hasLogin(keys: Values): boolean {
  return keys.YOI_ACCESS_TOKEN !== null || keys.YOI_USER_HEADER !== null;
}

function accessOf(keys: Values): AccessConfig {
  return {
    token: keys.YOI_ACCESS_TOKEN,
    // Whoever has set a token as well is protected by it: nobody is to be told otherwise.
    letsAnyoneIn: keys.YOI_LET_ANYONE_IN && !hasLogin(keys),
    allowedHosts: keys.YOI_ALLOWED_HOSTS.map((host) => host.toLowerCase()),
    // As browsers write them: in lower case, and without the port that goes without saying.
    allowedOrigins: keys.YOI_ALLOWED_ORIGINS.map((origin) => URL.parse(origin)?.origin ?? origin),
    trustedProxies: keys.YOI_TRUSTED_PROXIES,
    userHeader: keys.YOI_USER_HEADER,
  };
}

function viewersOf(keys: Values): ViewerConfig {
  const { YOI_OWNERS: named, YOI_READ_ONLY_VIEWERS: readOnly, YOI_HIDE_INNER_WORK_FROM: hidden } = keys;
  const isOwnMachine = !hasLogin(keys) && !keys.YOI_LET_ANYONE_IN;
  return {
    rules: { read_only: [...readOnly], hide_inner_work: [...hidden] },
    owners: named.length > 0 ? named : isOwnMachine ? ["@anyone"] : ["@login", "@program"],
  };
}
