/**
 * Which provider answers, and how: what the settings mean together that every program with Workers of its own shares.
 */
import { describeIssues } from "../protocol/problem.ts";
import { DEFAULT_LIMITS, type RunLimits } from "./limits.ts";
import type { Secret } from "./secret.ts";
import type { ReadFile } from "./settings.ts";
import type { answerSettings } from "./settings/answer-settings.ts";
import type { Problems } from "./settings/problems.ts";
import { readNamedFile } from "./settings/reference.ts";
import { textSchema, type ValuesOf } from "./settings/setting.ts";

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
      /** Whether the provider is told the name of the trace that a call belongs to. */
      readonly isTraceTold: boolean;
    };

/** What Workers answer with, and in which words. */
export interface AnswerConfig {
  readonly provider: ProviderConfig;
  /** The language that Workers fall back to. */
  readonly language: "en" | "ja";
  /** A prompt of the owner's own instead of the Companion's. */
  readonly prompt: string | null;
  readonly run: Pick<
    RunLimits,
    "firstTokenTimeoutMs" | "betweenChunksTimeoutMs" | "wholeRunTimeoutMs" | "deltaIntervalMs" | "reservedOutputTokens"
  >;
}

const OPENAI_URL = "https://api.openai.com/v1";
const PROMPT_MAX_CHARS = 100_000;

/**
 * What the checked values say together. A prompt that can't be had is added to the problems.
 */
export async function answerConfigOf(
  keys: ValuesOf<typeof answerSettings>,
  readFile: ReadFile,
  problems: Problems,
): Promise<AnswerConfig> {
  const provider: ProviderConfig =
    keys.OPENAI_API_KEY === null && keys.OPENAI_BASE_URL === null
      ? { kind: "demo", pace: keys.YOI_DEMO_PACE }
      : {
          kind: "openai",
          apiKey: keys.OPENAI_API_KEY,
          baseURL: keys.OPENAI_BASE_URL ?? OPENAI_URL,
          model: keys.OPENAI_MODEL,
          api: keys.OPENAI_API,
          contextWindowTokens: keys.YOI_CONTEXT_WINDOW_TOKENS,
          maxOutputTokens: keys.YOI_MAX_OUTPUT_TOKENS,
          isTraceTold: keys.YOI_TRACE_PROVIDER,
        };
  return {
    provider,
    language: keys.YOI_LANGUAGE,
    prompt: await promptOf(keys.YOI_PROMPT_FILE, readFile, problems),
    run: {
      firstTokenTimeoutMs: keys.YOI_FIRST_TOKEN_TIMEOUT_MS,
      betweenChunksTimeoutMs: keys.YOI_BETWEEN_CHUNKS_TIMEOUT_MS,
      wholeRunTimeoutMs: keys.YOI_WHOLE_RUN_TIMEOUT_MS,
      deltaIntervalMs: keys.YOI_DELTA_INTERVAL_MS,
      reservedOutputTokens: reservedOutputTokensOf(provider),
    },
  };
}

/**
 * As much as the provider is asked for, since many refuse a request that does not fit together with it; but half of the
 * window stays for what is said.
 */
function reservedOutputTokensOf(provider: ProviderConfig): number {
  const { reservedOutputTokens } = DEFAULT_LIMITS.run;
  if (provider.kind === "demo" || provider.maxOutputTokens === null) return reservedOutputTokens;
  const { maxOutputTokens, contextWindowTokens } = provider;
  return Math.max(reservedOutputTokens, Math.min(maxOutputTokens, Math.floor(contextWindowTokens / 2)));
}

const promptText = textSchema(PROMPT_MAX_CHARS);

async function promptOf(path: string | null, readFile: ReadFile, problems: Problems): Promise<string | null> {
  if (path === null) return null;
  const found = await readNamedFile(path, readFile);
  if ("problem" in found) {
    problems.add(`YOI_PROMPT_FILE ${found.problem}`);
    return null;
  }
  const prompt = promptText.safeParse(found.text);
  if (prompt.success) return prompt.data;
  problems.add(`YOI_PROMPT_FILE names a file with a wrong content: ${describeIssues(prompt.error)}`);
  return null;
}
