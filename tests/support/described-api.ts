/**
 * An API as its own description tells it.
 *
 * Owns the reading of an OpenAPI document and the check of answers against its JSON Schemas. It knows none of the wire's own
 * schemas: what it believes is what a program elsewhere would read.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

/** An operation, as the document has it. */
export interface DescribedOperation {
  readonly method: string;
  /** e.g. `/api/runtimes/{runtime_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly example?: string;
    readonly required: boolean;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object; readonly example: unknown }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<DescribedOperation, "method" | "path">>>>>;
}

/** A document that can be asked. */
export interface DescribedApi {
  readonly operations: readonly DescribedOperation[];
  /** What is wrong with a value by a schema of the document; `null` where nothing is. */
  wrongIn(schema: object, value: unknown): string | null;
}

/** Reads a document. */
export function readDescription(document: object): DescribedApi {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  ajv.addSchema(document, "api");
  const { paths = {} } = document as Partial<Document>; // why: its own validator has seen it
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  const compiled = new Map<string, ValidateFunction>();
  return {
    operations,
    wrongIn(schema, value) {
      const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/');
      const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
      compiled.set(text, validate);
      return validate(value) ? null : ajv.errorsText(validate.errors);
    },
  };
}
