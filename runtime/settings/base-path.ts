/**
 * The form of a base path: where browsers find the app. The setting has it, and so has a proxy's header.
 */
import * as z from "zod/mini";
import { textSchema } from "./setting.ts";

const MAX_CHARS = 200;
const EXPECTED =
  "expected a path of letters, digits, ., _, ~ and -, as in /yoi/, that does not begin as one of the app's own";
/** No empty step, none that climbs, and none at the start that the app has itself: what is stripped must be plain. */
const CANONICAL = /^\/(?!(?:api|assets|runtimes)\/)(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)*$/;

/** A base path in its one form, with both slashes: `yoi` becomes `/yoi/`. */
export const BasePath = textSchema(MAX_CHARS).check(
  z.overwrite((given: string) => `${given.startsWith("/") ? "" : "/"}${given}${given.endsWith("/") ? "" : "/"}`),
  z.regex(CANONICAL, EXPECTED),
);
