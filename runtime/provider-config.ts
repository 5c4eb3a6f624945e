/**
 * Which provider answers, and how: the settings that every program with Workers of its own shares.
 *
 * Owns their keys, their defaults and what they mean together. Each program puts the keys among its own.
 */
import * as z from "zod/mini";
import type { RunLimits } from "./limits.ts";
import { secretOf, type Secret } from "./secret.ts";
import { decimal, durationMs, integer, oneOf, path, readSettingFile, text, type ReadFile } from "./settings.ts";

/** Which provider answers. */
export type ProviderConfig =
  | { readonly kind: "demo"; readonly pace: number }
  | {
      readonly kind: "openai";
      readonly apiKey: Secret | null;
      readonly baseURL: string;
      readonly model: string;
      readonly api: "chat" | "responses";
      readonly contextWindowTokens: number;
      readonly maxOutputTokens: number | null;
    };

/** What Workers answer with, and in which words. */
export interface AnswerConfig {
  readonly provider: ProviderConfig;
  /** The language that Workers fall back to. */
  readonly language: "en" | "ja";
  /** A prompt of the owner's own instead of the Companion's. */
  readonly prompt: string | null;
  readonly timeouts: Pick<RunLimits, "firstTokenTimeoutMs" | "betweenChunksTimeoutMs" | "wholeRunTimeoutMs">;
}

const OPENAI_URL = "https://api.openai.com/v1";
const PROMPT_MAX_CHARS = 100_000;
const keyText = text(4_096);

/** Keys of the prompt. */
export const promptKeys = {
  YOI_LANGUAGE: z._default(oneOf(["en", "ja"]), "en"),
  YOI_PROMPT_FILE: z.optional(path()),
};

/** Keys of a run. */
export const runKeys = {
  YOI_CONTEXT_WINDOW_TOKENS: z._default(integer(8_192, 10_000_000), 128_000),
  YOI_MAX_OUTPUT_TOKENS: z.optional(integer(1, 1_000_000)),
  YOI_FIRST_TOKEN_TIMEOUT_MS: durationMs(60_000),
  YOI_BETWEEN_CHUNKS_TIMEOUT_MS: durationMs(30_000),
  YOI_WHOLE_RUN_TIMEOUT_MS: durationMs(600_000),
};

/** Keys of the provider. */
export const providerKeys = {
  YOI_DEMO_PACE: z._default(decimal(0, 100), 1),
  OPENAI_API_KEY: z.optional(keyText),
  OPENAI_API_KEY_FILE: z.optional(path()),
  OPENAI_BASE_URL: z.optional(
    z.url({ protocol: /^https?$/, error: "expected a URL that begins with http:// or https://" }),
  ),
  OPENAI_MODEL: z._default(text(200), "gpt-5-mini"),
  OPENAI_API: z._default(oneOf(["chat", "responses"]), "chat"),
};

const AnswerKeys = z.object({ ...promptKeys, ...runKeys, ...providerKeys });

/**
 * What the parsed keys say together.
 *
 * @throws ConfigError where a file can't be had
 */
export async function answerConfigOf(keys: z.infer<typeof AnswerKeys>, readFile: ReadFile): Promise<AnswerConfig> {
  const fileOf = (name: "YOI_PROMPT_FILE" | "OPENAI_API_KEY_FILE", content: z.ZodMiniType<string>) =>
    readSettingFile(name, keys[name], content, readFile);
  const apiKey = keys.OPENAI_API_KEY ?? (await fileOf("OPENAI_API_KEY_FILE", keyText));
  const provider: ProviderConfig =
    apiKey === null && keys.OPENAI_BASE_URL === undefined
      ? { kind: "demo", pace: keys.YOI_DEMO_PACE }
      : {
          kind: "openai",
          apiKey: secretOf(apiKey),
          baseURL: keys.OPENAI_BASE_URL ?? OPENAI_URL,
          model: keys.OPENAI_MODEL,
          api: keys.OPENAI_API,
          contextWindowTokens: keys.YOI_CONTEXT_WINDOW_TOKENS,
          maxOutputTokens: keys.YOI_MAX_OUTPUT_TOKENS ?? null,
        };
  return {
    provider,
    language: keys.YOI_LANGUAGE,
    prompt: await fileOf("YOI_PROMPT_FILE", text(PROMPT_MAX_CHARS)),
    timeouts: {
      firstTokenTimeoutMs: keys.YOI_FIRST_TOKEN_TIMEOUT_MS,
      betweenChunksTimeoutMs: keys.YOI_BETWEEN_CHUNKS_TIMEOUT_MS,
      wholeRunTimeoutMs: keys.YOI_WHOLE_RUN_TIMEOUT_MS,
    },
  };
}
