/**
 * What a checkpoint says of a Worker.
 *
 * Owns the shape of its `state` text: the transcript apart from its entries, and the counts that go on from there. It is
 * written between runs only, so that nothing is in flight in it.
 */
import * as z from "zod/mini";
import { uint } from "../protocol/number.ts";
import { RunView, UsageTotals } from "../protocol/run-view.ts";

/** A checkpoint's state. */
export const CheckpointState = z.object({
  version: z.literal(1),
  /** How many entries and lines the conversation has had. */
  entries_total: uint,
  lines_total: uint,
  /** Of the next turn and call. */
  turns: uint,
  llm_calls: uint,
  /** Position from which on the log keeps events. */
  oldest_position: uint,
  run: RunView,
  usage: UsageTotals,
  shut_down: z.boolean(),
});
export type CheckpointState = z.infer<typeof CheckpointState>;

/** The state that a store gave back, or null where it can't be read. */
export function readCheckpointState(json: string): CheckpointState | null {
  try {
    return CheckpointState.parse(JSON.parse(json));
  } catch {
    return null;
  }
}
