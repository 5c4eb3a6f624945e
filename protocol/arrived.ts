/**
 * Bodies that come in time, or not at all.
 *
 * Owns the wait for a body: whoever sends it byte by byte is not waited for.
 */
import { ProblemError } from "./problem.ts";

/** How long a request's body may take where nothing else is said. */
export const BODY_TIMEOUT_MS = 30_000;

/** What has been read of a body. @throws ProblemError request_too_slow */
export async function arrived<Value>(body: Promise<Value>, timeoutMs: number): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new ProblemError("request_too_slow", `The body did not arrive within ${timeoutMs} ms.`));
  }, timeoutMs);
  try {
    return await Promise.race([body, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
