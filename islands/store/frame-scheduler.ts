/**
 * When queued work is done: with the next animation frame, so that a burst of events costs one render. A hidden page
 * gets no frames, so a timer stands in for them.
 */
import type { Clock } from "./clock.ts";

/** Calls `flush` once, soon, however often it is asked; the returned function is what asks. */
export type FrameScheduler = (flush: () => void) => () => void;

const HIDDEN_FLUSH_MS = 200;

/** The scheduler of a page with a screen. */
export function animationFrameScheduler(clock: Clock): FrameScheduler {
  return (flush) => {
    let frame: number | undefined;
    let timer: ReturnType<Clock["setTimeout"]> | undefined;
    const runFrame = () => {
      frame = undefined;
      flush();
    };
    const check = () => {
      timer = undefined;
      if (frame === undefined) return;
      cancelAnimationFrame(frame);
      runFrame();
    };
    return () => {
      // One timer for all frames that come meanwhile: setting one for each costs as much as asking for the frame.
      timer ??= clock.setTimeout(check, HIDDEN_FLUSH_MS);
      frame ??= requestAnimationFrame(runFrame);
    };
  };
}

/** Flushes at once: for the server, where nothing streams. */
export const immediateScheduler: FrameScheduler = (flush) => flush;
