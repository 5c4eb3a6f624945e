/** How long a provider asks to wait. Owns the reading of its headers and of its words, each a stranger's text; pure. */
import * as z from "zod/mini";

/** Longest wait believed, in milliseconds; longer ones become this. What is granted of it is `retry.ts`'s matter. */
const RETRY_AFTER_BELIEVED_MAX_MS = 3_600_000;

/** Google's form: `{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}`. */
const Detailed = z.object({ details: z.array(z.object({ retryDelay: z.optional(z.unknown()) })) });

/**
 * The wait that `retry-after-ms` or `retry-after` asks for, in milliseconds; null where there is none or it makes no sense.
 * A date is measured against the response's own `date`, so that neither side's clock matters.
 *
 * @example parseRetryAfterMs(new Headers({ "retry-after": "2" })) // 2000
 */
export function parseRetryAfterMs(headers: Headers): number | null {
  const exactMs = decimal(headers.get("retry-after-ms"));
  if (exactMs !== null) return bounded(exactMs);
  const wish = headers.get("retry-after");
  const seconds = decimal(wish);
  if (seconds !== null) return bounded(seconds * 1_000);
  const untilMs = Date.parse(wish ?? "") - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(untilMs) ? null : bounded(untilMs);
}

/**
 * The wait that a failure itself asks for, in milliseconds, as Gemini's does, who sends no header; null where there is
 * none or it makes no sense.
 */
export function retryDelayMs(failure: unknown): number | null {
  const wishes = Detailed.safeParse(failure).data?.details.map(({ retryDelay }) => retryDelay) ?? [];
  const wish = wishes.find((value) => typeof value === "string");
  const seconds = wish?.endsWith("s") ? decimal(wish.slice(0, -1)) : null;
  return seconds === null ? null : bounded(seconds * 1_000);
}

function decimal(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d{1,9})?\s*$/.test(text) ? Number(text) : null;
}

function bounded(waitMs: number): number {
  return Math.round(Math.min(Math.max(waitMs, 0), RETRY_AFTER_BELIEVED_MAX_MS));
}
