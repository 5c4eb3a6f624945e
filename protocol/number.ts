/** The wire's numbers. Owns their ranges only. */
import * as z from "zod/mini";

/** An unsigned integer that a JSON number carries exactly. */
export const uint = z.number().check(z.int(), z.nonnegative());

/** Milliseconds since 1970-01-01T00:00:00Z. Signed, since the reference's alerts are. */
export const epochMs = z.number().check(z.int());
