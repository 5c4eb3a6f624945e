/**
 * A steady pace.
 *
 * Owns the one loop that every sender of the bench uses, so that a peer ticks exactly as the provider does. A late tick
 * does not delay the next one.
 */

/** When what is sent at a pace is sent. */
export interface Timing {
  readonly intervalMs: number;
  /** How long after the call the first step is due. */
  readonly offsetMs: number;
  /**
   * Where in each interval of this process' clock the steps are, for senders that take turns whenever they were called;
   * wherever the first step falls where this is left out.
   */
  readonly turnMs?: number | undefined;
}

/** Calls `step` `count` times, `intervalMs` apart; resolves after the last one. */
export function keepPace(count: number, timing: Timing, step: (index: number) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = firstStepMs(performance.now(), timing);
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

/** When the first step is due, by the clock that tells `nowMs`. */
export function firstStepMs(nowMs: number, { intervalMs, offsetMs, turnMs }: Timing): number {
  const earliestMs = nowMs + offsetMs;
  if (turnMs === undefined) return earliestMs;
  const pastTurnMs = (earliestMs - turnMs) % intervalMs;
  return pastTurnMs > 0 ? earliestMs + intervalMs - pastTurnMs : earliestMs - pastTurnMs;
}
