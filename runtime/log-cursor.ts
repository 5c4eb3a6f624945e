/**
 * The Runtime's cursor: an epoch of a log and a position in it.
 *
 * Owns the form `wo_` + 8 hex digits of the epoch + 8 hex digits of the position, which is also the reference's cursor
 * syntax (`wo_` + 16 hex digits). An epoch belongs to one log for its whole life, so a cursor from before a loss of the
 * log is recognised as unknown instead of naming another event. All zeros means "everything that is still kept".
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import { randomHex, type Random } from "./clock.ts";

const EPOCH_BYTES = 4;
const CURSOR_PATTERN = /^wo_([0-9a-f]{8})([0-9a-f]{8})$/;
const ZERO_EPOCH = "00000000";

/** Highest position that a cursor can name; a log that reaches it needs a new epoch. */
export const MAX_POSITION = 0xffff_ffff;

/** Names one log: 8 lower-case hex digits, never all zeros. */
export type Epoch = string;

/** What a well-formed cursor says. */
export type ParsedCursor =
  | { readonly kind: "position"; readonly epoch: Epoch; readonly position: number }
  | { readonly kind: "oldest" };

/** A fresh epoch. */
export function createEpoch(random: Random): Epoch {
  const epoch = randomHex(random, EPOCH_BYTES);
  return epoch === ZERO_EPOCH ? "00000001" : epoch;
}

/** The cursor of a position, e.g. `wo_3f9a01c20000002a`. */
export function formatCursor(epoch: Epoch, position: number): RuntimeCursor {
  // why: hex digits are of a cursor's alphabet, and this is called for every event.
  return `wo_${epoch}${position.toString(16).padStart(8, "0")}` as RuntimeCursor;
}

/** What a cursor says, or null where it is malformed. */
export function parseCursor(cursor: string): ParsedCursor | null {
  const match = CURSOR_PATTERN.exec(cursor);
  if (!match) return null;
  const epoch = match[1] ?? "";
  const position = Number.parseInt(match[2] ?? "", 16);
  if (epoch === ZERO_EPOCH) return position === 0 ? { kind: "oldest" } : null;
  return { kind: "position", epoch, position };
}
