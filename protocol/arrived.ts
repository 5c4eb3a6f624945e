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
  const timer = setTimeout(() => late.reject(tooSlow(timeoutMs)), timeoutMs);
  try {
    return await Promise.race([body, late.promise]);
  } catch (cause) {
    throw bodyFailure(cause);
  } finally {
    clearTimeout(timer);
  }
}

/** What is said of a body that took longer than it may. */
export function tooSlow(timeoutMs: number): ProblemError {
  return new ProblemError("request_too_slow", `The body did not arrive within ${timeoutMs} ms.`);
}

/** What is said of a body that could not be read to its end. */
export function bodyFailure(cause: unknown): ProblemError {
  if (cause instanceof ProblemError) return cause;
  return new ProblemError("invalid_request", "The body broke off before its end.", { cause });
}
