/**
 * What Workers answer with: the rows of the provider, the run and the Companion's words, which every program with Workers
 * of its own shares. What they mean together is in `provider-config.ts`.
 */
import { choice, decimal, duration, integer, path, secret, text, textSchema, url, yesNo } from "./setting.ts";

export const answerSettings = {
  YOI_LANGUAGE: choice({
    key: "companion.language",
    about: "The language that the Companion falls back to.",
    values: ["en", "ja"],
    fallback: "en",
  }),
  YOI_PROMPT_FILE: path({
    key: "companion.prompt_file",
    about: "A file with a prompt of your own instead of the Companion's.",
  }),
  OPENAI_API_KEY: secret({
    key: "provider.api_key",
    about: "The provider's key. Without one, and without a base URL, the offline demo answers.",
    schema: textSchema(4_096),
  }),
  OPENAI_BASE_URL: url({
    key: "provider.base_url",
    about: "A server that speaks OpenAI's API, with its version path. With it alone, no key is sent.",
  }),
  OPENAI_MODEL: text({
    key: "provider.model",
    about: "The model.",
    schema: textSchema(200),
    fallback: "gpt-5-mini",
  }),
  OPENAI_API: choice({
    key: "provider.api",
    about: "`chat` for chat completions, `responses` for the Responses API.",
    values: ["chat", "responses"],
    fallback: "chat",
  }),
  YOI_CONTEXT_WINDOW_TOKENS: integer({
    key: "provider.context_window_tokens",
    about: "What the provider's model reads and writes together.",
    unit: "tokens",
    min: 8_192,
    max: 10_000_000,
    fallback: 128_000,
  }),
  YOI_MAX_OUTPUT_TOKENS: integer({
    key: "provider.max_output_tokens",
    about: "Longest answer to ask the provider for; as long as it likes by default.",
    unit: "tokens",
    min: 1,
    max: 1_000_000,
  }),
  YOI_TRACE_PROVIDER: yesNo({
    key: "provider.trace",
    about: "Whether the provider is told the names of traces, see [operations](operations.md): it may be a stranger.",
    fallback: false,
  }),
  YOI_DEMO_PACE: decimal({
    key: "provider.demo_pace",
    about: "The offline demo's waits are multiplied by this; `0` does not wait.",
    min: 0,
    max: 100,
    fallback: 1,
  }),
  YOI_FIRST_TOKEN_TIMEOUT_MS: duration({
    key: "run.first_token_timeout_ms",
    about: "From the request to the first piece of the answer.",
    fallback: 180_000,
  }),
  YOI_BETWEEN_CHUNKS_TIMEOUT_MS: duration({
    key: "run.between_chunks_timeout_ms",
    about: "Between two pieces of the answer.",
    fallback: 30_000,
  }),
  YOI_WHOLE_RUN_TIMEOUT_MS: duration({
    key: "run.whole_run_timeout_ms",
    about: "The whole run, with its retries.",
    fallback: 600_000,
  }),
  YOI_DELTA_INTERVAL_MS: integer({
    key: "run.delta_interval_ms",
    about: "Least time between two events of text: pieces that follow closely go together. `0`: each by itself.",
    unit: "ms",
    min: 0,
    max: 1_000,
    fallback: 40,
  }),
};
