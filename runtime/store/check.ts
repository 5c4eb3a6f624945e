/**
 * What every store refuses.
 *
 * Owns the two checks that keep a log whole whoever keeps it: positions follow each other, and a checkpoint continues the
 * one before. A failure is a mistake of the caller, so it is a `RangeError`.
 */
import type { Checkpoint, EventRecord } from "./store.ts";

/** @throws RangeError where the events do not follow `head` without a gap */
export function checkPositions(workerId: string, head: number, events: readonly EventRecord[]): void {
  events.forEach(({ position }, index) => {
    const expected = head + 1 + index;
    if (position !== expected) {
      throw new RangeError(`Cannot append to "${workerId}": position ${position} is not ${expected}`);
    }
  });
}

/** What a store has of a Worker when a checkpoint comes. */
export interface CheckpointBase {
  readonly head: number;
  readonly checkpoint: Pick<Checkpoint, "position"> | null;
  /** One more than the index of the newest entry ever kept. */
  readonly entriesEnd: number;
}

/** @throws RangeError where the checkpoint does not continue the one before */
export function checkCheckpoint(workerId: string, base: CheckpointBase, checkpoint: Checkpoint): void {
  const { position, entries, oldestPosition } = checkpoint;
  const former = base.checkpoint?.position ?? 0;
  if (position < former || position > base.head) {
    throw new RangeError(
      `Cannot keep a checkpoint of "${workerId}": position ${position} is not between ${former} and ${base.head}`,
    );
  }
  if (oldestPosition > position + 1) {
    throw new RangeError(`Cannot forget events of "${workerId}": ${oldestPosition} is past the checkpoint`);
  }
  entries.forEach(({ index }, offset) => {
    const expected = base.entriesEnd + offset;
    if (index !== expected) throw new RangeError(`Cannot keep entry ${index} of "${workerId}": expected ${expected}`);
  });
}
