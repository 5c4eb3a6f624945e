/**
 * A model behind any OpenAI-compatible address.
 *
 * Owns the client (the `openai` package) and the one attempt: request, stream, abort, errors. What the chunks mean is
 * `chat-chunks.ts` and `response-events.ts`; retries and time-outs belong to the run. Built by the entry points from
 * configuration, and by the demo over a fetch that needs no network.
 */
import OpenAI from "openai";
import { chatParts } from "./chat-chunks.ts";
import type { Model, ModelPart, ModelRequest } from "./model.ts";
import { toModelError } from "./openai-errors.ts";
import { providerFetch, type ProviderFetch } from "./provider-fetch.ts";
import { responseParts } from "./response-events.ts";
import { secretsOf } from "./scrub.ts";

/** The client's own timer must never be the first to fire: the run has the timers. The longest that a platform can set. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

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
  /** Which of OpenAI's interfaces to speak. Everybody understands `chat`, the default. */
  readonly api?: "chat" | "responses";
  /** With `responses`: ask for a summary of the thinking, which only reasoning models accept. */
  readonly reasoningSummary?: boolean;
}

/** A model that answers over the `openai` client. Nothing is sent before its first `stream()`. */
export function createOpenAIModel(options: OpenAIModelOptions): Model {
  const { apiKey, baseURL, model, api = "chat" } = options;
  const secrets = secretsOf(apiKey, baseURL);
  const client = new OpenAI({
    apiKey: apiKey || "none",
    baseURL,
    // Configuration is ours alone: nothing else of the environment decides who pays or what is logged.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    fetch: providerFetch(options.fetch ?? ((input, init) => fetch(input, init))),
    ...(apiKey ? {} : { defaultHeaders: { Authorization: null } }),
  });

  async function* attempt(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPart> {
    const messages = request.messages.map(({ role, content }) => ({ role, content }));
    const maxTokens = request.maxOutputTokens ?? options.maxOutputTokens;
    if (api === "responses") {
      const events = await client.responses.create(
        {
          model,
          input: messages,
          stream: true,
          store: false,
          ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
          ...(options.reasoningSummary ? { reasoning: { summary: "auto" } } : {}),
        },
        { signal },
      );
      yield* responseParts(events, secrets);
      return;
    }
    const chunks = await client.chat.completions.create(
      {
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
        ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
      },
      { signal },
    );
    yield* chatParts(chunks, secrets);
  }

  return {
    provider: options.provider ?? `openai_${api}`,
    name: model,
    contextWindowTokens: options.contextWindowTokens,
    async *stream(request, { signal }) {
      signal.throwIfAborted();
      try {
        for await (const part of attempt(request, signal)) {
          signal.throwIfAborted();
          yield part;
        }
        // The client ends an aborted stream as if it were complete.
        signal.throwIfAborted();
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw toModelError(error, secrets);
      }
    },
  };
}
