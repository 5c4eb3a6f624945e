/**
 * Configuration.
 *
 * Owns the keys, their defaults and what is said of a wrong one. Values come from an environment that the entry point
 * hands in; secrets may stand in files. An unknown key of our own prefix is a mistake and stops the start.
 */
import * as z from "zod/mini";
import { describeIssues } from "../protocol/problem.ts";

/** What stops the start, in words for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Which provider answers. */
export type ProviderConfig =
  | { readonly kind: "demo"; readonly pace: number }
  | {
      readonly kind: "openai";
      readonly apiKey: string | null;
      readonly baseURL: string;
      readonly model: string;
      readonly api: "chat" | "responses";
      readonly contextWindowTokens: number;
      readonly maxOutputTokens: number | null;
    };

/** All that may be chosen. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly workspace: { readonly id: string; readonly displayName: string };
  readonly provider: ProviderConfig;
  /** The language that the Companion falls back to. */
  readonly language: "en" | "ja";
  /** A prompt of the owner's own instead of the Companion's. */
  readonly prompt: string | null;
  /** Seals the cursors; null: made at the start. */
  readonly cursorSecret: string | null;
  readonly timeouts: {
    readonly firstTokenTimeoutMs: number;
    readonly betweenChunksTimeoutMs: number;
    readonly wholeRunTimeoutMs: number;
  };
  readonly heartbeatIntervalMs: number;
  readonly retentionEvents: number;
}

// Each says in its own words what would be right: configuration is read before any of Zod's locales is there.
const text = (maxChars: number, minChars = 1) => {
  const expected = `expected ${minChars} to ${maxChars} characters`;
  return z.string().check(z.trim(), z.minLength(minChars, expected), z.maxLength(maxChars, expected));
};

const number = (pattern: RegExp, expected: string, min: number, max: number) =>
  z.pipe(
    z.pipe(z.string().check(z.regex(pattern, expected)), z.transform(Number)),
    z.number().check(z.gte(min, expected), z.lte(max, expected)),
  );

const integer = (min: number, max: number) =>
  number(/^\d+$/, `expected a whole number from ${min} to ${max}`, min, max);

const decimal = (min: number, max: number) =>
  number(/^\d+(\.\d+)?$/, `expected a number from ${min} to ${max}`, min, max);

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `expected ${values.join(" or ")}`);

const secretText = text(1_024, 32);
const keyText = text(4_096);

const HOUR_MS = 3_600_000;
const PROMPT_MAX_CHARS = 100_000;
const timeoutMs = (fallback: number) => z._default(integer(1, HOUR_MS), fallback);

/** Every key of our own. */
const Keys = z.object({
  YOI_HOST: z._default(text(253), "127.0.0.1"),
  YOI_PORT: z._default(integer(0, 65_535), 8787),
  YOI_WORKSPACE_ID: z._default(
    text(120).check(z.regex(/^[A-Za-z0-9_:-]+$/, "expected letters, digits, _, : and - only")),
    "workspace",
  ),
  YOI_WORKSPACE_NAME: z._default(text(80), "Yoi Workspace"),
  YOI_LANGUAGE: z._default(oneOf(["en", "ja"]), "en"),
  YOI_PROMPT_FILE: z.optional(text(4_096)),
  YOI_CURSOR_SECRET: z.optional(secretText),
  YOI_CURSOR_SECRET_FILE: z.optional(text(4_096)),
  YOI_CONTEXT_WINDOW_TOKENS: z._default(integer(8_192, 10_000_000), 128_000),
  YOI_MAX_OUTPUT_TOKENS: z.optional(integer(1, 1_000_000)),
  YOI_FIRST_TOKEN_TIMEOUT_MS: timeoutMs(60_000),
  YOI_BETWEEN_CHUNKS_TIMEOUT_MS: timeoutMs(30_000),
  YOI_WHOLE_RUN_TIMEOUT_MS: timeoutMs(600_000),
  YOI_HEARTBEAT_INTERVAL_MS: z._default(integer(50, HOUR_MS), 10_000),
  YOI_RETENTION_EVENTS: z._default(integer(16, 1_000_000), 4_096),
  YOI_DEMO_PACE: z._default(decimal(0, 100), 1),
  OPENAI_API_KEY: z.optional(keyText),
  OPENAI_API_KEY_FILE: z.optional(text(4_096)),
  OPENAI_BASE_URL: z.optional(
    z.url({ protocol: /^https?$/, error: "expected a URL that begins with http:// or https://" }),
  ),
  OPENAI_MODEL: z._default(text(200), "gpt-5-mini"),
  OPENAI_API: z._default(oneOf(["chat", "responses"]), "chat"),
});

const OWN_PREFIX = "YOI_";
const OPENAI_URL = "https://api.openai.com/v1";

/** The names of all settings, in the order of their documentation. */
export const SETTING_NAMES: readonly string[] = Object.keys(Keys.def.shape);

/**
 * Reads the configuration.
 *
 * @param environment Names and values; empty values count as absent.
 * @param readFile Reads a text file that a key names.
 * @throws ConfigError that names the key and says what would be right
 */
export async function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<string>,
): Promise<Config> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const isOwn = (key: string): boolean => key.startsWith(OWN_PREFIX);
  const unknown = Object.keys(given).filter((key) => isOwn(key) && !SETTING_NAMES.includes(key));
  if (unknown.length > 0) {
    const known = SETTING_NAMES.filter(isOwn).join(", ");
    throw new ConfigError(`Cannot start: ${unknown.join(", ")} is not a setting. Known are ${known}.`);
  }
  const parsed = Keys.safeParse(given);
  if (!parsed.success) throw new ConfigError(`Cannot start: ${describeIssues(parsed.error)}.`);
  const keys = parsed.data;

  const fileOf = async (
    key: "YOI_PROMPT_FILE" | "YOI_CURSOR_SECRET_FILE" | "OPENAI_API_KEY_FILE",
    content: z.ZodMiniType<string>,
  ) => {
    const path = keys[key];
    if (path === undefined) return null;
    let found: string;
    try {
      found = await readFile(path);
    } catch (cause) {
      throw new ConfigError(`Cannot start: ${key} names a file that can't be read.`, { cause });
    }
    const checked = content.safeParse(found.trim());
    if (checked.success) return checked.data;
    throw new ConfigError(`Cannot start: ${key} names a file with a wrong content: ${describeIssues(checked.error)}.`);
  };

  const apiKey = keys.OPENAI_API_KEY ?? (await fileOf("OPENAI_API_KEY_FILE", keyText));
  const provider: ProviderConfig =
    apiKey === null && keys.OPENAI_BASE_URL === undefined
      ? { kind: "demo", pace: keys.YOI_DEMO_PACE }
      : {
          kind: "openai",
          apiKey,
          baseURL: keys.OPENAI_BASE_URL ?? OPENAI_URL,
          model: keys.OPENAI_MODEL,
          api: keys.OPENAI_API,
          contextWindowTokens: keys.YOI_CONTEXT_WINDOW_TOKENS,
          maxOutputTokens: keys.YOI_MAX_OUTPUT_TOKENS ?? null,
        };
  return {
    host: keys.YOI_HOST,
    port: keys.YOI_PORT,
    workspace: { id: keys.YOI_WORKSPACE_ID, displayName: keys.YOI_WORKSPACE_NAME },
    provider,
    language: keys.YOI_LANGUAGE,
    prompt: await fileOf("YOI_PROMPT_FILE", text(PROMPT_MAX_CHARS)),
    cursorSecret: keys.YOI_CURSOR_SECRET ?? (await fileOf("YOI_CURSOR_SECRET_FILE", secretText)),
    timeouts: {
      firstTokenTimeoutMs: keys.YOI_FIRST_TOKEN_TIMEOUT_MS,
      betweenChunksTimeoutMs: keys.YOI_BETWEEN_CHUNKS_TIMEOUT_MS,
      wholeRunTimeoutMs: keys.YOI_WHOLE_RUN_TIMEOUT_MS,
    },
    heartbeatIntervalMs: keys.YOI_HEARTBEAT_INTERVAL_MS,
    retentionEvents: keys.YOI_RETENTION_EVENTS,
  };
}
