/**
 * OpenAPI 3.1 of an API.
 *
 * Owns how operations become a document. Schemas come from the wire's own (`json-schema.ts`), statuses from the API's own
 * table; nothing is described twice. Servers make it when somebody first asks for it.
 */
import type * as z from "zod/mini";
import { createSchemaBook, type JsonSchema } from "./json-schema.ts";
import { parametersOf, type Operation } from "./operation.ts";
import { problemRow, type ProblemCode } from "./problem.ts";

/** What an API is described from. */
export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Where the paths begin, e.g. `/`. */
  readonly base: string;
  readonly operations: readonly Operation[];
  /** Modules whose schemas go by their exported names. */
  readonly modules: readonly Readonly<Record<string, unknown>>[];
  /** The schema of each name in a path. */
  readonly pathParameters: Readonly<Record<string, z.ZodMiniType>>;
  /** How everything may fail. */
  readonly commonProblems: readonly ProblemCode[];
  readonly failure: {
    readonly mediaType: string;
    readonly schema: z.ZodMiniType;
    /** Under which code and status a problem goes out. */
    readonly rowOf: (code: ProblemCode) => { readonly code: string; readonly status: number };
    /** The part of a body that says which codes a status has. */
    readonly narrow: (codes: readonly string[]) => JsonSchema;
  };
  /** How one may show who one is, by name; all are optional, since a server on loopback may ask for nothing. */
  readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
}

/** An OpenAPI document, as plain data. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** Makes the document. */
export function createOpenApi(api: ApiDescription): OpenApiDocument {
  const book = createSchemaBook(api.modules);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of api.operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }

  function describe(operation: Operation): unknown {
    const { id, group, summary, path, query = [], body } = operation;
    const inPath = parametersOf(path).map((name) => ({
      name,
      in: "path",
      required: true,
      schema: schemaOfParameter(name),
    }));
    const inQuery = query.map(({ name, schema, isRequired = false, example }) => ({
      name,
      in: "query",
      required: isRequired,
      schema: book.schemaOf(schema),
      ...(example === undefined ? {} : { example }),
    }));
    return {
      operationId: id,
      tags: [group],
      summary,
      parameters: [...inPath, ...inQuery],
      ...(body && {
        requestBody: {
          required: true,
          content: { "application/json": { schema: book.schemaOf(body.schema), example: body.example } },
        },
      }),
      responses: { ...success(operation), ...failures([...operation.problems, ...api.commonProblems]) },
    };
  }

  function schemaOfParameter(name: string): JsonSchema {
    const schema = api.pathParameters[name];
    if (schema === undefined) throw new Error(`Cannot describe a path: nothing says what ${name} is`);
    return book.schemaOf(schema);
  }

  function success({ answer }: Operation): Record<string, unknown> {
    if (answer === "socket") return { "101": { description: "The observation socket; see the AsyncAPI document." } };
    const content = Object.fromEntries(
      Object.entries(answer).map(([type, schema]) => [
        type,
        { schema: schema === null ? { type: "string" } : book.schemaOf(schema) },
      ]),
    );
    return { "200": { description: "Success.", content } };
  }

  function failures(problems: readonly ProblemCode[]): Record<string, unknown> {
    const { mediaType, schema, rowOf, narrow } = api.failure;
    const byStatus = Map.groupBy(new Set(problems), (code) => rowOf(code).status);
    return Object.fromEntries(
      [...byStatus].map(([status, codes]) => {
        const sent = [...new Set(codes.map((code) => rowOf(code).code))];
        const titles = [...new Set(codes.map((code) => `${problemRow(code).title}.`))];
        const failure = { allOf: [book.schemaOf(schema), narrow(sent)] };
        return [String(status), { description: titles.join(" "), content: { [mediaType]: { schema: failure } } }];
      }),
    );
  }

  return {
    openapi: "3.1.0",
    info: { title: api.title, description: api.description, version: api.version },
    servers: [{ url: api.base }],
    security: [{}, ...Object.keys(api.securitySchemes).map((name) => ({ [name]: [] }))],
    paths,
    components: { schemas: book.components(), securitySchemes: api.securitySchemes },
  };
}
