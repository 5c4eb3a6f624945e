/**
 * The wire's schemas as JSON Schema, for those who describe an API.
 *
 * Owns the one way from Zod to JSON Schema: what a schema accepts, with open unions and open enums as what they are (the
 * known, or any other), and the names under which schemas refer to each other. It knows nothing of OpenAPI's documents.
 */
import * as z from "zod/mini";
import { knownValuesOf } from "./open-enum.ts";
import { knownTags, knownVariantsOf } from "./open-union.ts";

/** A JSON Schema, draft 2020-12, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Schemas of one document: each is described where it is used, or under its name. */
export interface SchemaBook {
  /** What stands where the schema is used: a reference where it has a name. */
  schemaOf(schema: z.ZodMiniType): JsonSchema;
  /** Every named schema that was referred to so far, by name. */
  components(): Readonly<Record<string, JsonSchema>>;
}

/** Where a document keeps its named schemas. */
const COMPONENTS = "#/components/schemas/";

/**
 * Makes an empty book.
 *
 * @param modules Modules whose exported schemas are named by their export, e.g. `WorkerSummary`.
 */
export function createSchemaBook(modules: readonly Readonly<Record<string, unknown>>[]): SchemaBook {
  const names = z.registry<{ id: string }>();
  const taken = new Set<string>();
  for (const [id, exported] of modules.flatMap((module) => Object.entries(module))) {
    if (!(exported instanceof z.core.$ZodType) || taken.has(id)) continue;
    taken.add(id);
    names.add(exported, { id });
  }
  const components = new Map<string, JsonSchema>();

  const convert = (schema: z.core.$ZodType): JsonSchema => {
    const {
      $schema: _dialect,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, { metadata: names, io: "input", unrepresentable: "any", override: describeOpen });
    for (const [name, definition] of Object.entries($defs)) {
      const { id: _name, ...rest } = definition as JsonSchema; // why: what Zod writes here are schemas
      components.set(name, referring(rest));
    }
    return referring(own);
  };

  const describeOpen = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: object }): void => {
    const variants = knownVariantsOf(zodSchema);
    const values = knownValuesOf(zodSchema);
    if (variants === undefined && values === undefined) return;
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
    if (values) Object.assign(jsonSchema, { anyOf: [{ type: "string", enum: values }, { type: "string" }] });
    if (!variants) return;
    const tag = variants._zod.def.discriminator;
    const other = { type: "string", not: { enum: [...knownTags(variants)] } };
    Object.assign(jsonSchema, {
      anyOf: [convert(variants), { type: "object", properties: { [tag]: other }, required: [tag] }],
    });
  };

  return {
    schemaOf: convert,
    components: () => Object.fromEntries([...components].toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** The same schema, referring to where a document keeps its own. */
function referring(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${COMPONENTS}`);
  return JSON.parse(text) as JsonSchema; // why: it was written from one
}
