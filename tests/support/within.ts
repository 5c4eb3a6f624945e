/** Deadlines: a test that waits says for what, and for how long at the most. */

/** Long enough for a loaded machine with two cores; nothing that works needs it. */
export const DEADLINE_MS = 15_000;

/**
 * What a promise gives, if it does so in time.
 *
 * @throws Error that names what was waited for
 */
export async function within<Value>(
  wanted: Promise<Value>,
  what: string | (() => string),
  deadlineMs: number = DEADLINE_MS,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`Waited ${deadlineMs} ms for ${typeof what === "string" ? what : what()}`));
  }, deadlineMs);
  try {
    return await Promise.race([wanted, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
