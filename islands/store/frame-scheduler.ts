/**
 * When queued work is done: soon, and no more often than eyes can follow, so that a burst of events costs one render.
 * By timers alone, which also a hidden page gets.
 */
import type { Clock, TimerHandle } from "./clock.ts";

/** Does `work` once, soon, however often it is asked; the returned function is what asks. */
export type FrameScheduler = (work: () => void) => () => void;

/** From one rendering to the next, at least: text that comes faster grows thirty times a second. */
const INTERVAL_MS = 32;

/**
 * The scheduler of a page with a screen. What comes after a pause is shown at once. What asks while work is done has its
 * own done in the same go.
 */
export function pacedScheduler(clock: Clock): FrameScheduler {
  const waiting = new Set<() => void>();
  let timer: TimerHandle | undefined;
  let doneAt = 0;
  const run = () => {
    try {
      // What is added meanwhile is come to as well.
      for (const work of waiting) {
        waiting.delete(work);
        work();
      }
    } finally {
      timer = undefined;
      doneAt = clock.now();
    }
  };
  return (work) => () => {
    waiting.add(work);
    if (timer !== undefined) return;
    const sinceMs = clock.now() - doneAt;
    // A clock that was set back says nothing.
    timer = clock.setTimeout(run, sinceMs < 0 ? 0 : Math.max(0, INTERVAL_MS - sinceMs));
  };
}

/** Does the work at once: for the server, where nothing streams. */
export const immediateScheduler: FrameScheduler = (work) => work;
