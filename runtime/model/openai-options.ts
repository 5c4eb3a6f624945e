/**
 * How a model behind an OpenAI-compatible address is described.
 *
 * Owns the options, what they say of the model, and what its host takes for granted. Apart from `openai.ts`, so that
 * describing one does not load its client.
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

/**
 * Who knows the limit of an answer by its older name alone: Mistral refuses a request with the newer one, and the
 * others don't read it. OpenAI's models that think refuse the older one, so that nobody can be sent both.
 */
const OLDER_LIMIT_HOST = /(?:^|\.)(?:mistral\.ai|deepseek\.com|together\.(?:ai|xyz)|moonshot\.(?:ai|cn)|z\.ai)$|ollama/;

/** Where Ollama listens unless told otherwise. */
const OLLAMA_PORT = "11434";

/** How chat completions at an address are told the longest answer: `{"max_completion_tokens":100}`. */
export function chatLimit(
  baseURL: string,
  maxTokens: number,
): { readonly max_tokens: number } | { readonly max_completion_tokens: number } {
  const { hostname, port } = new URL(baseURL);
  const isOlder = port === OLLAMA_PORT || OLDER_LIMIT_HOST.test(hostname);
  return isOlder ? { max_tokens: maxTokens } : { max_completion_tokens: maxTokens };
}
