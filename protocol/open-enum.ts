/**
 * Strings with known values that may grow.
 *
 * A newer peer may send a value that we do not know; it is kept and shown as it is, never an error. The known values
 * stay in the type, so that editors complete them and comparisons are checked.
 */
import * as z from "zod/mini";

/** One of `Known`, or a value of a newer peer. `string & {}` keeps the known literals visible in the union. */
export type OpenEnum<Known extends string> = Known | (string & {});

/** @example openEnum(["idle", "running"]) accepts "idle" and also "hibernating". */
export function openEnum<const Known extends string>(
  _known: readonly Known[],
): z.ZodMiniType<OpenEnum<Known>, OpenEnum<Known>> {
  // why: any string parses; only the type remembers which values are known today.
  return z.string() as unknown as z.ZodMiniType<OpenEnum<Known>, OpenEnum<Known>>;
}
