/**
 * Configuration.
 *
 * Owns the keys, their defaults and what is said of a wrong one. Values come from an environment that the entry point
 * hands in; secrets may stand in files. An unknown key of our own prefix is a mistake and stops the start.
 */
import * as z from "zod/mini";
import { answerConfigOf, promptKeys, providerKeys, runKeys, type AnswerConfig } from "../runtime/provider-config.ts";
import {
  ConfigError,
  durationMs,
  givenSettings,
  integer,
  listOf,
  oneOf,
  parseSettings,
  path,
  readSettingFile,
  text,
  type Environment,
  type ReadFile,
} from "../runtime/settings.ts";
import { operationConfigOf, operationKeys, type OperationConfig } from "../runtime/operation-config.ts";
import { isLoopback } from "../runtime/runtime-config.ts";
import { secretOf, type Secret } from "../runtime/secret.ts";
import {
  dataDir,
  keepingConfigOf,
  retentionKeys,
  storeKeys,
  storeKind,
  type KeepingConfig,
} from "../runtime/store-config.ts";
import { clientKeys, clientLimitsOf, type ClientLimits } from "./access/client-limits.ts";
import { BasePath } from "./base-path.ts";
import { parseRuntimesFile, RUNTIMES_FILE_MAX_CHARS, type RemoteRuntimeConfig } from "./runtimes-file.ts";

/** All that may be chosen. */
export interface Config extends AnswerConfig, KeepingConfig, OperationConfig {
  readonly host: string;
  readonly port: number;
  /** Where browsers find the app, e.g. `/yoi/`; `/` leaves that to a trusted proxy. */
  readonly basePath: string;
  readonly workspace: { readonly id: string; readonly displayName: string };
  readonly access: AccessConfig;
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
  /** Whether everybody may come in although other machines can reach the address. */
  readonly letsAnyoneIn: boolean;
  /** Names that the server goes by besides those of loopback, lower case. */
  readonly allowedHosts: readonly string[];
  /** Other sites that may post and observe. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and networks of proxies that are believed. */
  readonly trustedProxies: readonly string[];
  /** Header in which such a proxy names the user. */
  readonly userHeader: string | null;
}

const secretText = text(1_024, 32);
const accessToken = text(1_024, 16).check(
  z.regex(/^[\x21-\x7e]*$/, "expected letters, digits and signs of ASCII, without spaces"),
);

/** Every key of our own. */
const Keys = z.object({
  YOI_HOST: z._default(text(253), "127.0.0.1"),
  YOI_PORT: z._default(integer(0, 65_535), 8787),
  YOI_BASE_PATH: z._default(BasePath, "/"),
  YOI_WORKSPACE_ID: z._default(
    text(120).check(z.regex(/^[A-Za-z0-9_:-]+$/, "expected letters, digits, _, : and - only")),
    "workspace",
  ),
  YOI_WORKSPACE_NAME: z._default(text(80), "Yoi Workspace"),
  ...promptKeys,
  YOI_ACCESS_TOKEN: z.optional(accessToken),
  YOI_ACCESS_TOKEN_FILE: z.optional(path()),
  YOI_LET_ANYONE_IN: z._default(oneOf(["no", "yes"]), "no"),
  YOI_ALLOWED_HOSTS: listOf(
    /^(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]{1,253})$/i,
    "expected names without a port, as in a.example,b.example",
  ),
  YOI_ALLOWED_ORIGINS: listOf(/^https?:\/\/[^/\s,]{1,300}$/, "expected origins, as in https://a.example"),
  YOI_TRUSTED_PROXIES: listOf(/^[0-9a-fA-F:./]{2,50}$/, "expected addresses and networks, as in 127.0.0.1,10.0.0.0/8"),
  YOI_USER_HEADER: z.optional(
    text(100).check(z.regex(/^[A-Za-z0-9-]+$/, "expected the name of a header, as in X-Forwarded-User")),
  ),
  ...clientKeys,
  YOI_CURSOR_SECRET: z.optional(secretText),
  YOI_CURSOR_SECRET_FILE: z.optional(path()),
  YOI_RUNTIMES_FILE: z.optional(path()),
  ...runKeys,
  YOI_HEARTBEAT_INTERVAL_MS: durationMs(10_000, 50),
  YOI_STORE: storeKind(),
  YOI_DATA_DIR: dataDir(),
  ...storeKeys,
  ...retentionKeys,
  ...operationKeys,
  ...providerKeys,
});

const OWN_PREFIX = "YOI_";
/** Names of the Runtime process, which may share the environment. */
const RUNTIME_PREFIX = "YOI_RUNTIME_";

/** The names of all settings, in the order of their documentation. */
export const SETTING_NAMES: readonly string[] = Object.keys(Keys.def.shape);

/**
 * Reads the configuration.
 *
 * @param environment Names and values; empty values count as absent.
 * @param readFile Reads a text file that a key names.
 * @throws ConfigError that names the key and says what would be right
 */
export async function readConfig(environment: Environment, readFile: ReadFile): Promise<Config> {
  const given = givenSettings(environment);
  const isOwn = (key: string): boolean => key.startsWith(OWN_PREFIX) && !key.startsWith(RUNTIME_PREFIX);
  const unknown = Object.keys(given).filter((key) => isOwn(key) && !SETTING_NAMES.includes(key));
  if (unknown.length > 0) {
    const known = SETTING_NAMES.filter(isOwn).join(", ");
    throw new ConfigError(`Cannot start: ${unknown.join(", ")} is not a setting. Known are ${known}.`);
  }
  const keys = parseSettings(Keys, given);
  const secretFile = keys.YOI_CURSOR_SECRET_FILE;
  const runtimesFile = keys.YOI_RUNTIMES_FILE;
  const runtimes = await readSettingFile("YOI_RUNTIMES_FILE", runtimesFile, text(RUNTIMES_FILE_MAX_CHARS), readFile);
  return {
    host: keys.YOI_HOST,
    port: keys.YOI_PORT,
    basePath: keys.YOI_BASE_PATH,
    workspace: { id: keys.YOI_WORKSPACE_ID, displayName: keys.YOI_WORKSPACE_NAME },
    ...(await answerConfigOf(keys, readFile)),
    ...keepingConfigOf(keys, { kind: keys.YOI_STORE, dataDir: keys.YOI_DATA_DIR }),
    ...operationConfigOf(keys),
    access: await accessOf(keys, readFile),
    clientLimits: clientLimitsOf(keys),
    cursorSecret: secretOf(
      keys.YOI_CURSOR_SECRET ?? (await readSettingFile("YOI_CURSOR_SECRET_FILE", secretFile, secretText, readFile)),
    ),
    heartbeatIntervalMs: keys.YOI_HEARTBEAT_INTERVAL_MS,
    remoteRuntimes: runtimes === null ? [] : await parseRuntimesFile(runtimes, { environment, readFile }),
  };
}

/** @throws ConfigError where other machines could reach a server that lets everybody in without being told to */
async function accessOf(keys: z.infer<typeof Keys>, readFile: ReadFile): Promise<AccessConfig> {
  const token =
    keys.YOI_ACCESS_TOKEN ??
    (await readSettingFile("YOI_ACCESS_TOKEN_FILE", keys.YOI_ACCESS_TOKEN_FILE, accessToken, readFile));
  const letsAnyoneIn = keys.YOI_LET_ANYONE_IN === "yes";
  const userHeader = keys.YOI_USER_HEADER ?? null;
  if (userHeader !== null && keys.YOI_TRUSTED_PROXIES.length === 0) {
    throw new ConfigError("Cannot start: YOI_USER_HEADER needs YOI_TRUSTED_PROXIES, or anybody could send it.");
  }
  if (token === null && userHeader === null && !letsAnyoneIn && !isLoopback(keys.YOI_HOST)) {
    throw new ConfigError(
      "Cannot start: YOI_HOST is open to other machines and nobody would have to log in. Set YOI_ACCESS_TOKEN or " +
        "YOI_ACCESS_TOKEN_FILE, or YOI_LET_ANYONE_IN=yes where something else guards the address.",
    );
  }
  return {
    token: secretOf(token),
    letsAnyoneIn,
    allowedHosts: keys.YOI_ALLOWED_HOSTS.map((host) => host.toLowerCase()),
    allowedOrigins: keys.YOI_ALLOWED_ORIGINS,
    trustedProxies: keys.YOI_TRUSTED_PROXIES,
    userHeader,
  };
}
