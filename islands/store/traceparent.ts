/**
 * A command's name in a trace: the click is where it begins.
 *
 * Owns the header's value, as the W3C has it. The page records nothing of it itself; the server's first span is its child.
 */
import { randomHex } from "../../client/submission-id.ts";

const VERSION = "00";
const SPAN_DIGITS = 16;
const SAMPLED = "01";

/** A fresh one, e.g. `00-4bf9…-00f0…-01`. */
export function createTraceparent(): string {
  return `${VERSION}-${randomHex()}-${randomHex().slice(0, SPAN_DIGITS)}-${SAMPLED}`;
}
