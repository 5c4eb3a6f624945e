/**
 * The epochs of one log.
 *
 * Owns which epoch a position belongs to, and what a cursor's epoch and position mean to this log. A new epoch begins
 * where events at the end may have been lost: cursors to those that are left go on, and cursors to those that are gone are
 * told apart from the events that took their positions.
 */
import type { Epoch } from "./log-cursor.ts";
import type { FormerEpoch, WorkerRecord } from "./store/store.ts";

/** Epochs that are remembered; cursors of older ones are unknown. */
const MAX_FORMER_EPOCHS = 64;

/** The current epoch and those before it. */
export type Epochs = Pick<WorkerRecord, "epoch" | "formerEpochs">;

/** The epochs after a new one has begun behind `head`. */
export function renewEpochs({ epoch, formerEpochs }: Epochs, next: Epoch, head: number): Epochs {
  const former: readonly FormerEpoch[] = [...formerEpochs, { epoch, end: head }];
  return { epoch: next, formerEpochs: former.slice(-MAX_FORMER_EPOCHS) };
}

/** The epoch in which a position was published. */
export function epochAt({ epoch, formerEpochs }: Epochs, position: number): Epoch {
  return formerEpochs.find(({ end }) => position <= end)?.epoch ?? epoch;
}

/** Whether an epoch is one of this log's. */
export function hasEpoch({ epoch, formerEpochs }: Epochs, wanted: Epoch): boolean {
  return epoch === wanted || formerEpochs.some((former) => former.epoch === wanted);
}

/** Whether a position of an epoch of this log was lost with the end of that epoch. */
export function isLost({ formerEpochs }: Epochs, epoch: Epoch, position: number): boolean {
  const former = formerEpochs.find((one) => one.epoch === epoch);
  return former !== undefined && position > former.end;
}
