/**
 * Configuration of the Runtime process.
 *
 * Owns its settings, from the environment and from the command line, their defaults and what is said of a wrong one. What
 * Workers answer with is configured as in the workspace server. A token never stands on a command line.
 */
import * as z from "zod/mini";
import { ID_MAX_CHARS, RuntimeId } from "../protocol/id.ts";
import { DISPLAY_NAME_MAX_CHARS } from "../protocol/runtime-api.ts";
import { answerConfigOf, promptKeys, providerKeys, runKeys, type AnswerConfig } from "./provider-config.ts";
import { operationConfigOf, operationKeys, type OperationConfig } from "./operation-config.ts";
import { secretOf, type Secret } from "./secret.ts";
import {
  ConfigError,
  durationMs,
  givenSettings,
  integer,
  oneOf,
  parseSettings,
  path,
  readSettingFile,
  text,
  type Environment,
  type ReadFile,
} from "./settings.ts";
import { dataDir, keepingConfigOf, retentionKeys, storeKeys, storeKind, type KeepingConfig } from "./store-config.ts";

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

const TOKEN_MIN_CHARS = 16;
const MAX_PORT = 65_535;

/** Visible ASCII only: it stands in a header. */
const tokenText = text(1_024, TOKEN_MIN_CHARS).check(
  z.regex(/^[\x21-\x7e]*$/, "expected letters, digits and signs of ASCII, without spaces"),
);
const BIND_PATTERN = /^(\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):([0-9]{1,5})$/;
const bindText = text(300).check(
  z.refine((bind) => Number(BIND_PATTERN.exec(bind)?.[2] ?? MAX_PORT + 1) <= MAX_PORT, {
    error: "expected an address and a port, as in 127.0.0.1:38800 or [::1]:38800",
  }),
);

/** Settings of this process alone, each of which has a flag. */
const ownKeys = {
  YOI_RUNTIME_ID: z._default(
    text(ID_MAX_CHARS).check(z.regex(/^[A-Za-z0-9_:-]+$/, "expected letters, digits, _, : and - only")),
    "runtime",
  ),
  YOI_RUNTIME_DISPLAY_NAME: z._default(text(DISPLAY_NAME_MAX_CHARS), "Yoi Runtime"),
  YOI_RUNTIME_BIND: z._default(bindText, "127.0.0.1:38800"),
  YOI_RUNTIME_STORE: storeKind(),
  YOI_RUNTIME_DATA_DIR: dataDir(),
  YOI_RUNTIME_TOKEN_FILE: z.optional(path()),
  YOI_RUNTIME_LET_ANYONE_COMMAND: z._default(oneOf(["no", "yes"]), "no"),
  YOI_RUNTIME_MAX_WORKERS: z._default(integer(1, 100_000), 1_000),
  YOI_RUNTIME_MAX_CONFIG_BUNDLES: z._default(integer(1, 10_000), 256),
  YOI_RUNTIME_MAX_OBSERVERS: z._default(integer(1, 100_000), 1_000),
  YOI_RUNTIME_HEARTBEAT_INTERVAL_MS: durationMs(10_000, 50),
};

const Keys = z.object({
  ...ownKeys,
  YOI_RUNTIME_TOKEN: z.optional(tokenText),
  ...promptKeys,
  ...runKeys,
  ...storeKeys,
  ...retentionKeys,
  ...operationKeys,
  ...providerKeys,
});

const OWN_PREFIX = "YOI_RUNTIME_";

/** The names of all settings, in the order of their documentation. */
export const RUNTIME_SETTING_NAMES: readonly string[] = Object.keys(Keys.def.shape);

/** The flag of each setting that has one, e.g. `--bind`. */
export const RUNTIME_FLAGS: ReadonlyMap<string, string> = new Map(
  Object.keys(ownKeys).map((name) => [flagOf(name), name]),
);

function flagOf(name: string): string {
  return `--${name.slice(OWN_PREFIX.length).toLowerCase().replaceAll("_", "-")}`;
}

/**
 * Reads the configuration. A flag wins over its setting.
 *
 * @param args The command line, e.g. `["--id", "lab-one", "--bind=127.0.0.1:0"]`.
 * @throws ConfigError that names the setting and says what would be right, and never repeats a value
 */
export async function readRuntimeConfig(
  environment: Environment,
  args: readonly string[],
  readFile: ReadFile,
): Promise<RuntimeConfig> {
  const given = { ...givenSettings(environment), ...parseFlags(args) };
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith(OWN_PREFIX) && !RUNTIME_SETTING_NAMES.includes(name),
  );
  if (unknown.length > 0) throw new ConfigError(`Cannot start: ${unknown.join(", ")} is not a setting.`);
  const keys = parseSettings(Keys, given);
  const [, host = "", port] = BIND_PATTERN.exec(keys.YOI_RUNTIME_BIND) ?? [];
  const token =
    keys.YOI_RUNTIME_TOKEN ??
    (await readSettingFile("YOI_RUNTIME_TOKEN_FILE", keys.YOI_RUNTIME_TOKEN_FILE, tokenText, readFile));
  if (token === null && !isLoopback(host) && keys.YOI_RUNTIME_LET_ANYONE_COMMAND === "no") {
    throw new ConfigError(
      "Cannot start: YOI_RUNTIME_BIND is open to other machines and there is no token. Set YOI_RUNTIME_TOKEN or " +
        "YOI_RUNTIME_TOKEN_FILE, or YOI_RUNTIME_LET_ANYONE_COMMAND=yes where something else guards the address.",
    );
  }
  return {
    ...(await answerConfigOf(keys, readFile)),
    ...keepingConfigOf(keys, { kind: keys.YOI_RUNTIME_STORE, dataDir: keys.YOI_RUNTIME_DATA_DIR }),
    ...operationConfigOf(keys),
    runtimeId: RuntimeId.parse(keys.YOI_RUNTIME_ID),
    displayName: keys.YOI_RUNTIME_DISPLAY_NAME,
    host: host.replaceAll(/[[\]]/g, ""),
    port: Number(port),
    token: secretOf(token),
    maxWorkers: keys.YOI_RUNTIME_MAX_WORKERS,
    maxConfigBundles: keys.YOI_RUNTIME_MAX_CONFIG_BUNDLES,
    maxObservers: keys.YOI_RUNTIME_MAX_OBSERVERS,
    heartbeatIntervalMs: keys.YOI_RUNTIME_HEARTBEAT_INTERVAL_MS,
  };
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
