/** Whether and when a provider is asked again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemRow, ProblemError } from "../../protocol/problem.ts";
import { ModelError } from "../../runtime/model/model.ts";
import { parseRetryAfterMs, retryDelayMs } from "../../runtime/model/retry-after.ts";
import {
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  backoffMs,
  isRetryable,
  RETRY_AFTER_MAX_MS,
} from "../../runtime/model/retry.ts";
import { createSeededRandom } from "../support/seeded-random.ts";

const least = { bytes: (count: number) => new Uint8Array(count) };
const most = { bytes: (count: number) => new Uint8Array(count).fill(255) };

describe("isRetryable()", () => {
  test.each([
    "provider_rate_limited",
    "provider_unavailable",
    "provider_unreachable",
    "provider_malformed",
    "provider_stream_cut",
  ] as const)("is true for %s", (code) => {
    expect(isRetryable(new ModelError(code, ""))).toBe(true);
  });

  test.each([
    "provider_auth_failed",
    "provider_request_refused",
    "provider_context_too_long",
    "provider_content_filtered",
  ] as const)("is false for %s", (code) => {
    expect(isRetryable(new ModelError(code, ""))).toBe(false);
  });

  test("asks the problem table about every problem, and refuses anything else", () => {
    expect(isRetryable(new ProblemError("first_token_timeout", ""))).toBe(problemRow("first_token_timeout").retryable);
    expect(isRetryable(new ProblemError("cancelled", ""))).toBe(false);
    expect([new TypeError("x"), null, "provider_unavailable"].map(isRetryable)).toEqual([false, false, false]);
  });
});

describe("backoffMs()", () => {
  test("doubles up to its limit, between half and all of it", () => {
    expect([1, 2, 3, 6, 7, 50].map((attempt) => backoffMs(attempt, least, null))).toEqual([
      250, 500, 1_000, 8_000, 10_000, 10_000,
    ]);
    expect([1, 2, 3, 6, 7, 50].map((attempt) => backoffMs(attempt, most, null))).toEqual([
      500, 1_000, 2_000, 16_000, 20_000, 20_000,
    ]);
  });

  test("waits at least as long as the provider asks, up to a limit", () => {
    expect(backoffMs(1, least, 3_000)).toBe(3_000);
    expect(backoffMs(1, most, 3_000)).toBe(3_300);
    expect(backoffMs(1, most, 10_000_000)).toBe(RETRY_AFTER_MAX_MS);
    expect(backoffMs(1, most, Number.POSITIVE_INFINITY)).toBe(RETRY_AFTER_MAX_MS);
  });

  test("takes a wish that makes no sense for none", () => {
    expect([Number.NaN, -5, 0].map((wish) => backoffMs(1, least, wish))).toEqual([250, 250, 250]);
  });

  test("throws a RangeError for what is not the number of an attempt", () => {
    for (const attempt of [0, -1, 1.5, Number.NaN]) expect(() => backoffMs(attempt, least, null)).toThrow(RangeError);
  });

  test("stays within its bounds for every attempt, chance and wish", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer(), fc.option(fc.double()), (attempt, seed, wish) => {
        const waitMs = backoffMs(attempt, createSeededRandom(seed), wish);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(BACKOFF_BASE_MS / 2);
        expect(waitMs).toBeLessThanOrEqual(Math.max(BACKOFF_MAX_MS, RETRY_AFTER_MAX_MS));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("parseRetryAfterMs()", () => {
  test.each([
    ["seconds", { "retry-after": "2" }, 2_000],
    ["parts of a second", { "retry-after": "0.25" }, 250],
    ["milliseconds before seconds", { "retry-after-ms": "1234", "retry-after": "9" }, 1_234],
    [
      "a date by the provider's clock",
      { "retry-after": "Mon, 29 Jun 2026 00:01:00 GMT", date: "Mon, 29 Jun 2026 00:00:30 GMT" },
      30_000,
    ],
    [
      "a date that has passed",
      { "retry-after": "Mon, 29 Jun 2026 00:00:00 GMT", date: "Mon, 29 Jun 2026 00:00:30 GMT" },
      0,
    ],
    ["years", { "retry-after": "999999999" }, 3_600_000],
    ["a date without the provider's own", { "retry-after": "Mon, 29 Jun 2026 00:01:00 GMT" }, null],
    ["a negative number", { "retry-after": "-3" }, null],
    ["words", { "retry-after": "soon" }, null],
    ["nothing", {}, null],
  ])("reads %s", (_what, headers, expected) => {
    expect(parseRetryAfterMs(new Headers(Object.entries(headers)))).toBe(expected);
  });
});

describe("retryDelayMs()", () => {
  const asking = (retryDelay: unknown) => ({ code: 429, details: [{ violations: [] }, { retryDelay }] });

  test.each([
    ["seconds", asking("34s"), 34_000],
    ["parts of a second to the ninth place", asking("45.837906927s"), 45_838],
    ["days", asking("172800s"), 3_600_000],
    ["a negative number", asking("-3s"), null],
    ["a number without its unit", asking("3"), null],
    ["no text", asking(3), null],
    ["no wish among the details", { details: [{ violations: [] }] }, null],
    ["no details", { code: 429 }, null],
    ["a bare sentence", "Slow down", null],
  ])("reads %s", (_what, failure, expected) => {
    expect(retryDelayMs(failure)).toBe(expected);
  });
});
