/**
 * The shape of a JSON value: which keys stand where, and of which type their values are.
 *
 * Owns the comparison with an example of the reference's wire. Keys that this project adds are named by the test.
 */

/** A value with each leaf replaced by the name of its type, without the keys of `added`. */
export function shapeOf(value: unknown, added: readonly string[] = []): unknown {
  if (value === null) return "null";
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item, added))))];
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !added.includes(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, shapeOf(item, added)]),
  );
}
