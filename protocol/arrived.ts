/**
 * Bodies that come in time, or not at all.
 *
 * Owns the wait for a body: whoever sends it byte by byte is not waited for, and one that breaks
 * off is the sender's failure, not the server's.
 */
import { ProblemError } from "./problem.ts";

/** How long a request's body may take where nothing else is said. */
export const BODY_TIMEOUT_MS = 30_000;

/** What has been read of a body. @throws ProblemError request_too_slow, or invalid_request where it broke off */
export async function arrived<Value>(body: Promise<Value>, timeoutMs: number): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new ProblemError("request_too_slow", `The body did not arrive within ${timeoutMs} ms.`));
  }, timeoutMs);
  try {
    return await Promise.race([body, late.promise]);
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError("invalid_request", "The body broke off before its end.", { cause });
  } finally {
    clearTimeout(timer);
  }
}
