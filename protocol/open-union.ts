/**
 * Tagged unions that may grow.
 *
 * A newer peer may send a variant that we do not know. It must pass through as it came, while a known variant with a
 * wrong shape is an error that says what was wrong. One helper gives every union of the wire that behaviour.
 */
import * as z from "zod/mini";

/** A union of loose objects told apart by the literal under one key, as `z.discriminatedUnion` makes it. */
type KnownUnion = z.ZodMiniDiscriminatedUnion<readonly z.ZodMiniObject[], string>;

/** A variant that this side does not know, kept as it came. */
export type UnknownVariant<Tag extends string> = { readonly [key in Tag]: string } & {
  readonly [key: string]: unknown;
};

/** The known variants of each open union, for those who describe the wire. */
const knownOf = new WeakMap<object, KnownUnion>();

/** The variants that an open union knows; `undefined` for any other schema. */
export function knownVariantsOf(schema: object): KnownUnion | undefined {
  return knownOf.get(schema);
}

/** The tag values that `known` lists, e.g. `["text", "paste"]`. */
export function knownTags(known: KnownUnion): ReadonlySet<string> {
  const tag = known._zod.def.discriminator;
  return new Set(known.def.options.flatMap((option) => literalValues(option, tag)));
}

function literalValues(option: z.ZodMiniObject, tag: string): string[] {
  const field = option.def.shape[tag];
  if (!(field instanceof z.ZodMiniLiteral))
    throw new TypeError(`Cannot build an open union: "${tag}" is not a literal`);
  return [...field.def.values].map(String);
}

/**
 * Accepts every variant of `known` strictly by its own shape, and any object with another tag value untouched.
 *
 * @example openUnion(Segment) accepts `{"kind":"text","content":"hi"}` and `{"kind":"hologram","depth":3}`, and
 * refuses `{"kind":"text","content":3}` with the issue at `content`.
 */
export function openUnion<Options extends readonly z.ZodMiniObject[], Tag extends string>(
  known: z.ZodMiniDiscriminatedUnion<Options, Tag>,
) {
  const tag = known._zod.def.discriminator;
  const tags = knownTags(known);
  type Output = z.output<Options[number]> | UnknownVariant<Tag>;
  const union = z.pipe(
    z.looseObject({ [tag]: z.string() }),
    z.transform((value, context): Output => {
      // why: the object schema above has checked that the tag is a string; its key is only known at run time.
      if (!tags.has(value[tag] as string)) return value as UnknownVariant<Tag>;
      const parsed = known.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) {
        context.issues.push({ code: "custom", message: issue.message, path: [...issue.path], input: value });
      }
      return z.NEVER;
    }),
  );
  knownOf.set(union, known);
  return union;
}
