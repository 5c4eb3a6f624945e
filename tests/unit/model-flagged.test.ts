/** Refusals of what was said, which by their status alone would be refusals of the key or of the request. */
import { expect, test } from "vitest";
import { refusal } from "../support/model-refusal.ts";

const FLAGGED = 'openai/m requires moderation on OpenAI. Your input was flagged for "violence/graphic".';
const INVALID_PROMPT = "Invalid prompt: your prompt was flagged as potentially violating our usage policy.";

test.each([
  ["OpenRouter", 403, { error: { code: 403, message: FLAGGED, metadata: { reasons: ["violence/graphic"] } } }, FLAGGED],
  [
    "xAI",
    403,
    { code: "permission-denied", error: "Content violates usage guidelines." },
    "Content violates usage guidelines.",
  ],
  ["OpenAI", 400, { error: { code: "invalid_prompt", message: INVALID_PROMPT } }, INVALID_PROMPT],
])("what %s flags is told as withheld by its filter", async (_provider, status, body, words) => {
  const error = await refusal(status, body);
  expect(error).toMatchObject({ code: "provider_content_filtered", status, detail: expect.stringContaining(words) });
});

test.each([
  [403, { error: { code: 403, message: "Key limit exceeded." } }, "provider_auth_failed"],
  [403, { code: "permission-denied", error: "Access to the chat endpoint is denied." }, "provider_auth_failed"],
  [429, { error: { code: 429, message: "Your prompt was flagged: too many at once." } }, "provider_rate_limited"],
])("what is refused with %i for another reason is told as that: %j", async (status, body, code) => {
  expect(await refusal(status, body)).toMatchObject({ code, status });
});
