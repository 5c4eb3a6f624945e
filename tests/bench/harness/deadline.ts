/**
 * How long a step of the bench may take.
 *
 * Owns the one race against the clock: a bench that stands still says where, instead of standing there for ever.
 */

/**
 * The promise, or an error when it takes longer.
 *
 * @param what As it goes on after "Cannot measure:", e.g. `crowd has not answered "finish"`
 */
export async function within<Value>(promise: Promise<Value>, timeoutMs: number, what: string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`Cannot measure: ${what} within ${timeoutMs / 1_000} s`));
  }, timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
