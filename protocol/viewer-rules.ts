/**
 * Rules for viewers: who may only read, and from whom the inner work of Workers is hidden.
 *
 * Owns their shape, in settings, in the file that keeps them and on the wire. Whom a pattern means is decided in
 * `server/access/viewer-policy.ts`.
 */
import * as z from "zod/mini";

const PATTERN_MAX_CHARS = 200;
const MAX_PATTERNS = 256;

/** A user's name in which `*` stands for anything, or `@` and a kind of visitors; `!` makes an exception of either. */
export const VISITOR_PATTERN = /^!?(?:@(?:anyone|login|program|user)|[\x22-\x3f\x41-\x7e][\x21-\x7e]{0,199})$/;
/** What is said of a text that is none. */
export const VISITOR_PATTERN_EXPECTED =
  "expected a user's name, in which * stands for anything, or @anyone, @login, @program or @user; ! before it makes an exception";

const VisitorPattern = z
  .string(VISITOR_PATTERN_EXPECTED)
  .check(z.maxLength(PATTERN_MAX_CHARS, VISITOR_PATTERN_EXPECTED), z.regex(VISITOR_PATTERN, VISITOR_PATTERN_EXPECTED));

const patterns = z.array(VisitorPattern).check(z.maxLength(MAX_PATTERNS, `expected at most ${MAX_PATTERNS} patterns`));

/** `{"read_only":["*","!ada"],"hide_inner_work":["*@guests.example"]}` */
export const ViewerRules = z.strictObject({
  /** Who sees Workers and can't tell them anything. */
  read_only: patterns,
  /** Who sees neither what a model thinks nor what tools are given and give back. */
  hide_inner_work: patterns,
});
export type ViewerRules = z.infer<typeof ViewerRules>;
