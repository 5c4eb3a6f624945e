/**
 * Strings with known values that may grow.
 *
 * A newer peer may send a value that we do not know; it is kept and shown as it is, never an error. The known values
 * stay in the type, so that editors complete them and comparisons are checked.
 */
import * as z from "zod/mini";

/** One of `Known`, or a value of a newer peer. `string & {}` keeps the known literals visible in the union. */
export type OpenEnum<Known extends string> = Known | (string & {});

/** The known values of each open enum, for those who describe the wire. */
const knownOf = new WeakMap<object, readonly string[]>();

/** The values that an open enum knows; `undefined` for any other schema. */
export function knownValuesOf(schema: object): readonly string[] | undefined {
  return knownOf.get(schema);
}

/**
 * What is noted of one that nobody uses is of no use either: a build leaves it out.
 *
 * @example openEnum(["idle", "running"]) accepts "idle" and also "hibernating".
 */
// @__NO_SIDE_EFFECTS__
export function openEnum<const Known extends string>(
  known: readonly Known[],
): z.ZodMiniType<OpenEnum<Known>, OpenEnum<Known>> {
  const schema = z.string();
  knownOf.set(schema, known);
  // why: any string parses; only the type remembers which values are known today.
  return schema as unknown as z.ZodMiniType<OpenEnum<Known>, OpenEnum<Known>>;
}
