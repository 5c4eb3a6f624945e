/** What is shown of a provider's words: canaries of every kind planted into sentences. */
import process from "node:process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REASON_MAX_CHARS, scrubReason, secretsOf } from "../../runtime/model/scrub.ts";

const KEY = "Sk_Planted+Key/42==";
const BASE_URL = "https://user:pass@models.planted.example:8443/planted/v1";
const SECRETS = secretsOf(KEY, BASE_URL);

describe("secretsOf()", () => {
  test("gives the key and every part of the address, longest first", () => {
    expect(secretsOf("sk-1", "http://10.0.0.5:8080/v1")).toEqual([
      "http://10.0.0.5:8080/v1",
      "http://10.0.0.5:8080",
      "10.0.0.5:8080",
      "10.0.0.5",
      "sk-1",
    ]);
  });

  test("gives what there is when there is no key and the address is no URL", () => {
    expect(secretsOf(null, "not a url")).toEqual(["not a url"]);
  });
});

describe("scrubReason()", () => {
  test.each([
    ["the key itself", `Bad key ${KEY}!`, "Bad key [hidden]!"],
    ["the key in another case", `Bad key ${KEY.toUpperCase()}`, "Bad key [hidden]"],
    ["the base URL", `No route ${BASE_URL}/chat`, "No route [hidden]"],
    ["the host", "Cannot resolve models.planted.example", "Cannot resolve [hidden]"],
    ["the host and port", "connect models.planted.example:8443 failed", "connect [hidden] failed"],
    ["an OpenAI key", "Incorrect API key provided: sk-proj-abcDEF123.", "Incorrect API key provided: [hidden]."],
    ["a masked key", "Key sk-ab****************9zYx is wrong", "Key [hidden] is wrong"],
    ["a masked key without a prefix", "key 3fa8****9c1d.", "key [hidden]."],
    ["other vendors' keys", "gsk_abcd1234 xai-abcd1234 hf_abcd1234 end", "[hidden] [hidden] [hidden] end"],
    ["a Google key", "use AIzaSyA1234567890abcd here", "use [hidden] here"],
    ["a bearer token", "Authorization was Bearer abc.def-ghi", "Authorization was Bearer [hidden]"],
    ["a key in a query", "api_key=abc123 was refused", "api_key=[hidden] was refused"],
    ["a JSON Web Token", "token eyJhbGciOi.eyJzdWIi.sig", "token [hidden]"],
    ["an organisation", "in organization org-AbC123 on tokens", "in organization [hidden] on tokens"],
    ["a web address", "See https://platform.example.com/keys?x=1, please.", "See [hidden], please."],
    ["a web address without a scheme", "See www.example.com/keys.", "See [hidden]."],
    ["a bare host", "api.vendor.com is down", "[hidden] is down"],
    ["an IPv4 address", "connect ECONNREFUSED 192.168.1.20:11434", "connect ECONNREFUSED [hidden]"],
    ["an IPv6 address", "connect [fe80::1]:8080 failed", "connect [hidden] failed"],
    ["a local port", "dial localhost:11434 failed", "dial [hidden] failed"],
    ["a POSIX path", "open /etc/llm/config.yaml: denied", "open [hidden]: denied"],
    ["a home path", "in ~/models/x.gguf", "in [hidden]"],
    ["a Windows path", "in C:\\models\\x.gguf now", "in [hidden] now"],
    ["a UNC path", "in \\\\server\\share now", "in [hidden] now"],
    ["a digest", `id ${"0123456789abcdef".repeat(3)}`, "id [hidden]"],
    ["line breaks and control characters", "one\r\n\u0000two\u2028three\u202e", "one two three"],
  ])("hides %s", (_what, text, expected) => {
    expect(scrubReason(text, SECRETS)).toBe(expected);
  });

  test.each([
    "The model `openai/gpt-5.1-mini` does not exist or you do not have access to it.",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    "Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 2.5s.",
    "Unsupported value: 'temperature' does not support 0.2 with this model and/or request.",
    "モデルが見つかりません: llama3:8b",
  ])("keeps %s", (text) => {
    expect(scrubReason(text, SECRETS)).toBe(text);
  });

  test("gives at most REASON_MAX_CHARS characters and never half of one", () => {
    const line = scrubReason("😀".repeat(5_000), []);
    expect(line).toBe(`${"😀".repeat(REASON_MAX_CHARS - 1)}…`);
  });

  test("gives the beginning of a long text without spaces", () => {
    expect(scrubReason("長".repeat(5_000), [])).toBe(`${"長".repeat(REASON_MAX_CHARS - 1)}…`);
  });

  test("shows nothing of a secret that stands where the reading ends", () => {
    const text = `${"x ".repeat(1_990)}${KEY.repeat(10)}`;
    fc.assert(
      fc.property(fc.nat(60), (shift) => {
        expect(
          scrubReason("https://x.y ".repeat(328) + text.slice(text.length - 4_000 + shift), SECRETS),
        ).not.toContain("Planted");
      }),
    );
  });

  test("lets no secret through, whatever stands around it", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom(...SECRETS.filter((secret) => secret.length > 4)),
        (before, after, secret) => {
          const line = scrubReason(`${before}${secret}${after}`, SECRETS);
          expect(line.toLowerCase()).not.toContain(secret.toLowerCase());
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("takes little time over hostile text", () => {
    // The processor's time: a machine that stands still, or is at work on something else, takes none of it.
    const before = process.cpuUsage();
    for (const text of ["a.", "a-", "/", "*a", "=", "a:", "\\", "Bearer ", "[", "1."])
      scrubReason(text.repeat(100_000), SECRETS);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });
});
