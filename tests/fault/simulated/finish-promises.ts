/**
 * Letting everything finish that waits for promises only, without leaving the present turn of the event loop.
 *
 * Owns the one call into the engine for it. A turn of the event loop for each step would do the same and cost more than
 * the step itself.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--allow-natives-syntax");
// why: the engine's own words can't stand in a file that other tools parse.
// oxlint-disable-next-line typescript/no-implied-eval -- as above
const performCheckpoint = new Function("%PerformMicrotaskCheckpoint()") as () => void;

/** Runs the promise queue until it is empty. To be called from a timer or an immediate, not from a promise. */
export function finishPromises(): void {
  performCheckpoint();
}
