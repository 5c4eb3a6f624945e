/**
 * A model behind any OpenAI-compatible address.
 *
 * Owns the client (the `openai` package) and the one request of an attempt, made again where a provider refuses a wish
 * that it does not know. The client makes it and tells what refusals mean; the answer's body is read by
 * `answer-parts.ts`. Retries and time-outs belong to the run. Built by the entry points from configuration, and by the
 * demo over a fetch that needs no network.
 */
import OpenAI from "openai";
import { systemClock } from "../clock.ts";
import { answerParts } from "./answer-parts.ts";
import { ChatAnswer } from "./chat-chunks.ts";
import type { Model, ModelRequest } from "./model.ts";
import { refusesCount } from "./openai-errors.ts";
import { chatLimit, openAIFacts, type OpenAIModelOptions } from "./openai-options.ts";
import { providerFetch, type ProviderTracing } from "./provider-fetch.ts";
import { ResponseAnswer } from "./response-events.ts";
import { secretsOf } from "./scrub.ts";
import { NO_TRACING } from "../tracing/tracing.ts";

/** The client's own timer must never be the first to fire: the run has the timers. The longest that a platform can set. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

const NOT_TRACED: ProviderTracing = { tracing: NO_TRACING, isTold: false };

/** A model that answers over the `openai` client. Nothing is sent before its first `stream()`. */
export function createOpenAIModel(options: OpenAIModelOptions): Model {
  const { apiKey, baseURL, model, api = "chat", clock = systemClock } = options;
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
    fetch: providerFetch(options.fetch ?? ((input, init) => fetch(input, init)), options.traced ?? NOT_TRACED),
    ...(apiKey ? {} : { defaultHeaders: { Authorization: null } }),
  });

  /** Whether the provider is asked for a count of the tokens: some refuse every request that asks for one. */
  let wantsCount = true;

  const ask = async (request: ModelRequest, signal: AbortSignal): Promise<Response> => {
    // Half a character is no JSON to many providers, and would stand in every request of its conversation from then on.
    const messages = request.messages.map(({ role, content }) => ({ role, content: content.toWellFormed() }));
    const maxTokens = request.maxOutputTokens ?? options.maxOutputTokens;
    if (api === "responses") {
      const events = client.responses.create(
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
      return events.asResponse();
    }
    const askChat = (withCount: boolean): Promise<Response> => {
      const chunks = client.chat.completions.create(
        {
          model,
          messages,
          stream: true,
          ...(withCount ? { stream_options: { include_usage: true } } : {}),
          ...(maxTokens === undefined ? {} : chatLimit(baseURL, maxTokens)),
        },
        { signal },
      );
      return chunks.asResponse();
    };
    const withCount = wantsCount;
    try {
      return await askChat(withCount);
    } catch (error) {
      if (!withCount || !refusesCount(error)) throw error;
      const response = await askChat(false);
      // Not before: a refusal may repeat all of the request, whatever it is for.
      wantsCount = false;
      return response;
    }
  };

  return {
    ...openAIFacts(options),
    stream: (request, { signal }) =>
      answerParts({
        ask: () => ask(request, signal),
        createReducer: (facts) => (api === "responses" ? new ResponseAnswer(facts) : new ChatAnswer(facts)),
        secrets,
        signal,
        clock,
      }),
  };
}
