/** Waiting, but not for ever: for ends that depend on a peer. */

/** Resolves when `wanted` is settled or the time is over, whichever comes first; says nothing of which. */
export async function deadline(wanted: Promise<unknown>, timeoutMs: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, timeoutMs);
  try {
    await Promise.race([wanted, over.promise]);
  } catch {
    // Whoever waits here is ending anyway.
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as soon as a signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** What is waited for, or the signal's reason as soon as it aborts. */
export async function orAbort<Value>(waited: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return waited;
  // Whoever stops waiting leaves it to itself, also where it fails later.
  waited.catch(() => {});
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
