/** Refusals of a conversation that is too long, in the words of those who have no code for it. */
import { expect, test } from "vitest";
import { refusal } from "../support/model-refusal.ts";

const saying = (message: string) => ({ error: { message, type: "tokens", code: null } });

test.each([
  [400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
  [400, "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"],
  [400, "Invalid request: Your request exceeded model token limit: 8192"],
  [429, "Request too large for m on tokens per min (TPM): Limit 30000, Requested 36278. The input must be reduced."],
])("%i is of the length: %s", async (status, message) => {
  expect(await refusal(status, saying(message))).toMatchObject({ code: "provider_context_too_long", status });
});

test.each([
  [429, "Rate limit reached for m on tokens per min (TPM): Limit 10000, Used 8554, Requested 3082."],
  [429, "Too many tokens, please wait before trying again."],
])("%i is of the rate: %s", async (status, message) => {
  expect(await refusal(status, saying(message))).toMatchObject({ code: "provider_rate_limited", status });
});
