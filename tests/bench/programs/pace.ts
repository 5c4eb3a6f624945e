/**
 * A steady pace.
 *
 * Owns the one loop that every sender of the bench uses, so that a peer ticks exactly as the provider does. A late tick
 * does not delay the next one.
 */

/** Calls `step` `count` times, `intervalMs` apart, the first time after `offsetMs`; resolves after the last one. */
export function keepPace(
  count: number,
  timing: { readonly intervalMs: number; readonly offsetMs: number },
  step: (index: number) => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = performance.now() + timing.offsetMs;
  let index = 0;
  const tick = (): void => {
    while (index < count && performance.now() >= start + index * timing.intervalMs) {
      step(index);
      index += 1;
    }
    if (index === count) resolve();
    else setTimeout(tick, Math.max(0, start + index * timing.intervalMs - performance.now()));
  };
  tick();
  return promise;
}
