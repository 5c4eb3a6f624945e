/** How long a provider asks to wait. Owns the reading of its response headers, each a stranger's text; pure. */

/** Longest wait believed, in milliseconds; longer ones become this. What is granted of it is `retry.ts`'s matter. */
const RETRY_AFTER_BELIEVED_MAX_MS = 3_600_000;

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

function decimal(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d{1,6})?\s*$/.test(text) ? Number(text) : null;
}

function bounded(waitMs: number): number {
  return Math.round(Math.min(Math.max(waitMs, 0), RETRY_AFTER_BELIEVED_MAX_MS));
}
