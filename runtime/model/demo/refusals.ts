/**
 * The demo's refusals, word for word like OpenAI's, with what those carry: a masked key, a web address, an
 * organisation. None of that may reach a browser. Owns these bodies; `reply.ts` chooses among them.
 */
import type { DemoReply } from "./reply.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** By the name of the command that provokes each. */
export const refusals = {
  "rate-limit": {
    kind: "refusal",
    status: 429,
    headers: { ...JSON_TYPE, "retry-after": "1", "x-ratelimit-remaining-requests": "0" },
    error: {
      message:
        "Rate limit reached for yoi-demo in organization org-demo0000000000 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 1s. Visit https://platform.openai.com/account/rate-limits to learn more.",
      type: "requests",
      code: "rate_limit_exceeded",
    },
  },
  auth: {
    kind: "refusal",
    status: 401,
    headers: JSON_TYPE,
    error: {
      message:
        "Incorrect API key provided: sk-demo********************0000. You can find your API key at https://platform.openai.com/account/api-keys.",
      type: "invalid_request_error",
      code: "invalid_api_key",
    },
  },
  context: {
    kind: "refusal",
    status: 400,
    headers: JSON_TYPE,
    error: {
      message:
        "This model's maximum context length is 32768 tokens. However, your messages resulted in 40213 tokens. Please reduce the length of the messages.",
      type: "invalid_request_error",
      code: "context_length_exceeded",
    },
  },
  "server-error": {
    kind: "refusal",
    status: 503,
    headers: JSON_TYPE,
    error: {
      message: "The engine is currently overloaded, please try again later.",
      type: "server_error",
      code: null,
    },
  },
} as const satisfies Record<string, DemoReply>;
