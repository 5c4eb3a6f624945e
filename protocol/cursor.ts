/**
 * The two cursors, as opaque, branded strings.
 *
 * Owns only what every side may know of a cursor: its length and its alphabet. Equality is the only operation. What a
 * Runtime's cursor means is known to that Runtime's log alone; what a client's cursor means, to the Backend alone. They
 * are different brands, so that handing the first to a browser does not compile.
 */
import * as z from "zod/mini";

/** Longest cursor accepted anywhere, in characters. */
export const CURSOR_MAX_CHARS = 256;

const cursorSchema = () =>
  z.string().check(z.minLength(1), z.maxLength(CURSOR_MAX_CHARS), z.regex(/^[A-Za-z0-9_.~-]+$/));

/** A position in one Worker's log as its Runtime names it, e.g. `wo_3f9a01c20000002a`. Stays between Runtime and Backend. */
export const RuntimeCursor = cursorSchema().brand<"RuntimeCursor">();
export type RuntimeCursor = z.infer<typeof RuntimeCursor>;

/** A position in one Worker's stream as the Backend names it to viewers, e.g. `bo_…`. */
export const ClientCursor = cursorSchema().brand<"ClientCursor">();
export type ClientCursor = z.infer<typeof ClientCursor>;
