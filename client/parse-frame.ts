/**
 * A frame of the Backend's, as it came.
 *
 * Owns the one reading of it: whatever is not a frame, of whatever kind, is nothing. Used by the client's link and by the
 * console's.
 */
import { ClientFrame } from "../protocol/frame.ts";

/** @param data What a socket's `message` event carries. */
export function parseFrame(data: unknown): ClientFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const parsed = ClientFrame.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
