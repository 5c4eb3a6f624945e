/**
 * Whether and when to ask a provider again.
 *
 * Owns the arithmetic only: which failures may pass by themselves, and how long to wait. The run (`../run.ts`) decides
 * how often, never retries once an answer has begun, and announces every wait. Pure.
 */
import { problemRow, ProblemError } from "../../protocol/problem.ts";
import type { Random } from "../clock.ts";
import { randomFraction } from "./fraction.ts";

/** The first wait, before jitter. */
export const BACKOFF_BASE_MS = 500;

/** Longest wait that we choose ourselves. */
export const BACKOFF_MAX_MS = 20_000;

/** Longest wait that we grant a provider that asks for one. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Whether the same request may succeed later without a change, by the problem table. Programming errors never do. */
export function isRetryable(error: unknown): boolean {
  return error instanceof ProblemError && problemRow(error.code).retryable;
}

/**
 * How long to wait after the failed attempt number `attempt` (1 is the first), in milliseconds.
 *
 * Doubles from {@link BACKOFF_BASE_MS} to {@link BACKOFF_MAX_MS}, then takes between half and all of it by chance, so
 * that Workers which failed together don't return together. A provider's own wish (`retryAfterMs`) is a lower bound,
 * stretched by up to a tenth for the same reason and granted up to {@link RETRY_AFTER_MAX_MS}.
 *
 * @example backoffMs(1, random, null) // 250 to 500
 * @example backoffMs(1, random, 3_000) // 3000 to 3300
 */
export function backoffMs(attempt: number, random: Random, retryAfterMs: number | null): number {
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    throw new RangeError(`Cannot back off: ${attempt} is not the number of an attempt`);
  }
  const chance = randomFraction(random);
  const ceilingMs = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(attempt - 1, 30), BACKOFF_MAX_MS);
  const ownMs = ceilingMs * (0.5 + chance / 2);
  const wishedMs =
    retryAfterMs === null || Number.isNaN(retryAfterMs) ? 0 : Math.max(0, retryAfterMs) * (1 + chance / 10);
  return Math.round(Math.min(Math.max(ownMs, wishedMs), RETRY_AFTER_MAX_MS));
}
