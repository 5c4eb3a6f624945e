/**
 * How a model behind an OpenAI-compatible address is described.
 *
 * Owns the options and what they say of the model. Apart from `openai.ts`, so that describing one does not load its
 * client.
 */
import type { Clock } from "../clock.ts";
import type { ModelFacts } from "./deferred.ts";
import type { ProviderFetch, ProviderTracing } from "./provider-fetch.ts";

/** Where a model is and how to ask it. */
export interface OpenAIModelOptions {
  /** Null or empty for a server that wants none, such as one on this machine; then no `Authorization` is sent. */
  readonly apiKey: string | null;
  /** With its version, e.g. `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`. Never shown to anybody. */
  readonly baseURL: string;
  /** The model's name as the provider knows it; shown to people. */
  readonly model: string;
  /** Shown to people instead of `openai_chat` or `openai_responses`. */
  readonly provider?: string;
  /** How much the model can read and write together, in tokens. */
  readonly contextWindowTokens: number;
  /** Longest answer when a request does not say; absent: the provider's own limit. */
  readonly maxOutputTokens?: number;
  /** Makes the requests; absent: the platform's. */
  readonly fetch?: ProviderFetch;
  /** Absent: calls are not traced. */
  readonly traced?: ProviderTracing;
  /** For the wait after an answer's last words; absent: the platform's own. */
  readonly clock?: Pick<Clock, "schedule">;
  /** Which of OpenAI's interfaces to speak. Everybody understands `chat`, the default. */
  readonly api?: "chat" | "responses";
  /** With `responses`: ask for a summary of the thinking, which only reasoning models accept. */
  readonly reasoningSummary?: boolean;
}

/** What the model says of itself. */
export function openAIFacts({ provider, api = "chat", model, contextWindowTokens }: OpenAIModelOptions): ModelFacts {
  return { provider: provider ?? `openai_${api}`, name: model, contextWindowTokens };
}
