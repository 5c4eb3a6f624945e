/**
 * Operations: one row for each route of an API, as its description lists them.
 *
 * Owns the shape of such a row and the words that every row may use. The rows stand beside the routes that they describe;
 * `openapi.ts` makes a document of them.
 */
import * as z from "zod/mini";
import type { ProblemCode } from "./problem.ts";

/** A parameter of the query. */
export interface QueryParameter {
  readonly name: string;
  readonly schema: z.ZodMiniType;
  readonly isRequired?: boolean;
  readonly example?: string;
}

/** A route, described. */
export interface Operation {
  /** e.g. `sendInput`; unique in its API. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** As the router has it, e.g. `/api/runtimes/:runtime_id`. */
  readonly path: string;
  /** The part of the API that it belongs to. */
  readonly group: string;
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  /** The JSON body, and one that works. */
  readonly body?: { readonly schema: z.ZodMiniType; readonly example: unknown };
  /** What a success answers, by its media type; a text has no schema. `socket` is a WebSocket. */
  readonly answer: Readonly<Record<string, z.ZodMiniType | null>> | "socket";
  /** How it may fail, besides what holds for every operation. */
  readonly problems: readonly ProblemCode[];
}

/** A success that answers JSON. */
export function json(schema: z.ZodMiniType): { readonly "application/json": z.ZodMiniType } {
  return { "application/json": schema };
}

/** A whole number of a query, as digits. */
export const IndexText = z.string().check(z.regex(/^[0-9]{1,16}$/));

/** The names in a router's path, e.g. `["runtime_id"]`. */
export function parametersOf(path: string): readonly string[] {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => name ?? "");
}
