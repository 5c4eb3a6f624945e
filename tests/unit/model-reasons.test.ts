/** A provider's own reason, where it is no sentence or stands behind somebody else's. */
import { expect, test } from "vitest";
import { refusal } from "../support/model-refusal.ts";

test("a message that is an object is told as it stands", async () => {
  const message = { detail: [{ loc: ["body", "store"], msg: "Extra inputs are not permitted" }] };
  const body = { object: "error", message, type: "invalid_request_error", param: null, code: null };
  expect(await refusal(422, body)).toMatchObject({
    code: "provider_request_refused",
    detail: `422 invalid_request_error: ${JSON.stringify(message)}`,
  });
});

test.each([
  [
    400,
    '{"error":{"message":"The maximum context length is 8 tokens.","code":"context_length_exceeded"}}',
    "provider_context_too_long",
    "400 context_length_exceeded: Provider returned error: The maximum context length is 8 tokens.",
  ],
  [
    429,
    "m is temporarily rate-limited upstream. Please retry shortly.",
    "provider_rate_limited",
    "429: Provider returned error: m is temporarily rate-limited upstream. Please retry shortly.",
  ],
  [400, '{"detail":"No."}', "provider_request_refused", "400: Provider returned error: No."],
  [502, undefined, "provider_unavailable", "502: Provider returned error"],
])("the reason of the provider behind a router is told: %i %s", async (status, raw, code, detail) => {
  const metadata = { provider_name: "P", raw };
  const body = { error: { message: "Provider returned error", code: status, metadata } };
  expect(await refusal(status, body)).toMatchObject({ code, status, detail });
});
