/**
 * What this version knows of a value, and nothing else.
 *
 * Owns the leaving out of keys that a schema does not name: every object of the wire may have more than this version knows,
 * and a policy that hides things can't tell what stands there. Variants that are not known at all, and what a schema says
 * nothing about, are the policy's own matter. Pure.
 */
import * as z from "zod/mini";
import { knownVariantsOf } from "../protocol/open-union.ts";

type AnyObject = Readonly<Record<string, unknown>>;

/** A value that its schema has parsed, without further keys: itself where it has none. */
export function knownPart<Value>(schema: z.ZodMiniType, value: Value): Value {
  // why: a schema's own value with keys left out that its type does not name.
  return partOf(schema, value) as Value;
}

function partOf(schema: z.core.$ZodType, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  // why: every schema of the library is one of these; the type lets `def.type` tell them apart.
  const { def } = (knownVariantsOf(schema) ?? schema)._zod as z.core.$ZodTypes["_zod"];
  switch (def.type) {
    case "object":
      return objectPart(def.shape, value as AnyObject); // why: it was parsed as one
    case "array":
      return Array.isArray(value)
        ? kept(
            value,
            value.map((item) => partOf(def.element, item)),
          )
        : value;
    case "optional":
    case "nullable":
    case "default":
      return partOf(def.innerType, value);
    case "union": {
      const variant = def.options.find((option) => isVariant(option, value as AnyObject)); // why: no list is in a union
      return variant === undefined ? value : partOf(variant, value);
    }
    default:
      return value;
  }
}

function objectPart(shape: z.core.$ZodShape, value: AnyObject): AnyObject {
  const known = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
    return schema === undefined ? [] : [[key, partOf(schema, inner)]];
  });
  const isSame = known.length === Object.keys(value).length && known.every(([key, inner]) => inner === value[key]);
  return isSame ? value : Object.fromEntries(known);
}

/** The list itself where nothing in it has changed. */
function kept(list: readonly unknown[], parts: readonly unknown[]): readonly unknown[] {
  return parts.every((part, index) => part === list[index]) ? list : parts;
}

/** Whether a value has the literals of a variant. */
function isVariant(option: z.core.$ZodType, value: AnyObject): boolean {
  if (!(option instanceof z.ZodMiniObject)) return false;
  return Object.entries(option.def.shape).every(
    ([key, field]) => !(field instanceof z.ZodMiniLiteral) || field.def.values.includes(value[key] as string),
  );
}
