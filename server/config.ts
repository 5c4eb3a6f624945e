/**
 * Configuration.
 *
 * Owns the keys, their defaults and what is said of a wrong one. Values come from an environment that the entry point
 * hands in; secrets may stand in files. An unknown key of our own prefix is a mistake and stops the start.
 */
import * as z from "zod/mini";
import {
  answerConfigOf,
  promptKeys,
  providerKeys,
  retentionKeys,
  runKeys,
  type AnswerConfig,
} from "../runtime/provider-config.ts";
import {
  ConfigError,
  durationMs,
  givenSettings,
  integer,
  parseSettings,
  path,
  readSettingFile,
  text,
  type Environment,
  type ReadFile,
} from "../runtime/settings.ts";
import { parseRuntimesFile, RUNTIMES_FILE_MAX_CHARS, type RemoteRuntimeConfig } from "./runtimes-file.ts";

/** All that may be chosen. */
export interface Config extends AnswerConfig {
  readonly host: string;
  readonly port: number;
  readonly workspace: { readonly id: string; readonly displayName: string };
  /** Seals the cursors; null: made at the start. */
  readonly cursorSecret: string | null;
  readonly heartbeatIntervalMs: number;
  readonly retentionEvents: number;
  /** The Runtimes elsewhere. */
  readonly remoteRuntimes: readonly RemoteRuntimeConfig[];
}

const secretText = text(1_024, 32);

/** Every key of our own. */
const Keys = z.object({
  YOI_HOST: z._default(text(253), "127.0.0.1"),
  YOI_PORT: z._default(integer(0, 65_535), 8787),
  YOI_WORKSPACE_ID: z._default(
    text(120).check(z.regex(/^[A-Za-z0-9_:-]+$/, "expected letters, digits, _, : and - only")),
    "workspace",
  ),
  YOI_WORKSPACE_NAME: z._default(text(80), "Yoi Workspace"),
  ...promptKeys,
  YOI_CURSOR_SECRET: z.optional(secretText),
  YOI_CURSOR_SECRET_FILE: z.optional(path()),
  YOI_RUNTIMES_FILE: z.optional(path()),
  ...runKeys,
  YOI_HEARTBEAT_INTERVAL_MS: durationMs(10_000, 50),
  ...retentionKeys,
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
    workspace: { id: keys.YOI_WORKSPACE_ID, displayName: keys.YOI_WORKSPACE_NAME },
    ...(await answerConfigOf(keys, readFile)),
    cursorSecret:
      keys.YOI_CURSOR_SECRET ?? (await readSettingFile("YOI_CURSOR_SECRET_FILE", secretFile, secretText, readFile)),
    heartbeatIntervalMs: keys.YOI_HEARTBEAT_INTERVAL_MS,
    retentionEvents: keys.YOI_RETENTION_EVENTS,
    remoteRuntimes: runtimes === null ? [] : await parseRuntimesFile(runtimes, { environment, readFile }),
  };
}
