/**
 * What is in a heap, by what it was made by.
 *
 * Owns the reading of V8's snapshots: each object's own size, summed by its constructor or, where it has none, by its kind.
 */
import * as z from "zod/mini";

/** What V8 writes, as far as it is read here. Nodes are rows of numbers, one after the other. */
const Snapshot = z.object({
  snapshot: z.object({
    meta: z.object({ node_fields: z.array(z.string()), node_types: z.array(z.unknown()) }),
  }),
  nodes: z.array(z.number()),
  strings: z.array(z.string()),
});
const Kinds = z.array(z.string());

/** Kinds that have no name, or each another one. */
const UNNAMED: Readonly<Record<string, string>> = {
  array: "(tables of objects, maps and sets)",
  closure: "(functions)",
  code: "(code)",
  "object shape": "(shapes of objects)",
  string: "(strings)",
  "concatenated string": "(strings)",
  "sliced string": "(strings)",
  number: "(numbers)",
  bigint: "(numbers)",
  symbol: "(symbols)",
  regexp: "(regular expressions)",
};
/** V8's own name for the variables that functions keep. */
const CONTEXT = "system / Context";

/** Sums a snapshot. @returns bytes by constructor, e.g. `Socket` */
export function bytesByConstructor(text: string): ReadonlyMap<string, number> {
  const { snapshot, nodes, strings } = Snapshot.parse(JSON.parse(text));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const kinds = Kinds.parse(types[0]);
  const [kindAt, nameAt, sizeAt] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
  if (kindAt === undefined || nameAt === undefined || sizeAt === undefined) throw new TypeError("Cannot read a heap");
  const sums = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + kindAt] ?? 0] ?? "";
    const name = UNNAMED[kind] ?? nameOf(strings[nodes[at + nameAt] ?? 0] ?? "");
    sums.set(name, (sums.get(name) ?? 0) + (nodes[at + sizeAt] ?? 0));
  }
  return sums;
}

function nameOf(name: string): string {
  if (name === CONTEXT) return "(variables that functions keep)";
  return name.replace(/^system \/ /, "engine: ").replace(/^Node \/ /, "Node: ");
}
