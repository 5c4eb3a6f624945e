/**
 * What requests bring: ids, queries and bodies.
 *
 * Owns their parsing, so that every route refuses bad input in the same words: where it was wrong, and what would be
 * right; and what whoever asks is shown.
 */
import type { Context } from "hono";
import * as z from "zod/mini";
import { arrived } from "../protocol/arrived.ts";
import { CONFIG_BUNDLE_ID_MAX_CHARS } from "../protocol/config-bundle.ts";
import { HostId, RuntimeId, WorkerId, type WorkerRef } from "../protocol/id.ts";
import { describeIssues, ProblemError, type ProblemCode } from "../protocol/problem.ts";
import type { ConfigBundleRef } from "../protocol/runtime-api.ts";
import type { ViewerRights } from "../server/access/viewer-policy.ts";
import type { ObservationPolicy } from "../server/policy.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** What whoever asks may see and do. */
    rights: ViewerRights;
  }
}

/** By which policy whoever asks is shown what Workers say and do. */
export function observationOf(context: Context): ObservationPolicy {
  return context.get("rights").policy.observation;
}

/** Parses, or fails with the problem. */
function parseAs<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  code: ProblemCode,
  at?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = describeIssues(parsed.error);
  throw new ProblemError(code, at === undefined ? issues : `${at}: ${issues}`);
}

/** @throws ProblemError invalid_id */
export function runtimeIdOf(context: Context): RuntimeId {
  return parseAs(RuntimeId, context.req.param("runtime_id"), "invalid_id", "runtime_id");
}

/** @throws ProblemError invalid_id */
export function hostIdOf(context: Context): HostId {
  return parseAs(HostId, context.req.param("host_id"), "invalid_id", "host_id");
}

/** @throws ProblemError invalid_id */
export function workerRefOf(context: Context): WorkerRef {
  const worker_id = parseAs(WorkerId, context.req.param("worker_id"), "invalid_id", "worker_id");
  return { runtime_id: runtimeIdOf(context), worker_id };
}

const BUNDLE_ID = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/), z.maxLength(CONFIG_BUNDLE_ID_MAX_CHARS));
const DIGEST = z.string("expected ?digest=").check(z.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));

/**
 * The config bundle that a path and its `?digest` name.
 *
 * @throws ProblemError invalid_id, invalid_query
 */
export function bundleRefOf(context: Context): ConfigBundleRef {
  return {
    id: parseAs(BUNDLE_ID, context.req.param("bundle_id"), "invalid_id", "bundle_id"),
    digest: parseAs(DIGEST, context.req.query("digest"), "invalid_query", "digest"),
  };
}

const MAX_INDEX = Number.MAX_SAFE_INTEGER;

/** A whole number in a query, written in digits. */
const indexText = z.pipe(
  z.string().check(z.regex(/^[0-9]{1,16}$/, "Invalid input: expected a whole number from 0")),
  z.transform(Number),
);

/** A whole number of a query that may be left out, but not given twice. */
function indexOf(context: Context, name: string): number | undefined {
  const [text, ...others] = context.req.queries(name) ?? [];
  if (others.length > 0) throw new ProblemError("invalid_query", `${name}: expected it once.`);
  return text === undefined ? undefined : Math.min(parseAs(indexText, text, "invalid_query", name), MAX_INDEX);
}

/**
 * `?start&limit` of a page; a limit above the maximum is taken as the maximum.
 *
 * @throws ProblemError invalid_query
 */
export function pageQueryOf(context: Context, maxLimit: number): { readonly start: number; readonly limit: number } {
  const limit = indexOf(context, "limit") ?? maxLimit;
  return { start: indexOf(context, "start") ?? 0, limit: Math.min(limit, maxLimit) };
}

/**
 * `?before&limit` of a page that ends at an index.
 *
 * @throws ProblemError invalid_query
 */
export function beforeQueryOf(
  context: Context,
  maxLimit: number,
): { readonly before?: number; readonly limit: number } {
  const before = indexOf(context, "before");
  const { limit } = pageQueryOf(context, maxLimit);
  return before === undefined ? { limit } : { before, limit };
}

/**
 * One of a few words of the query, which may be left out, but not given twice.
 *
 * @throws ProblemError invalid_query
 */
export function choiceOf<Word extends string>(
  context: Context,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const [text, ...others] = context.req.queries(name) ?? [];
  if (others.length > 0) throw new ProblemError("invalid_query", `${name}: expected it once.`);
  const chosen = words.find((word) => word === text);
  if (text === undefined || chosen !== undefined) return chosen;
  throw new ProblemError("invalid_query", `${name}: expected ${words.join(" or ")}.`);
}

/** Refuses a body that does not say that it is JSON. @throws ProblemError unsupported_media_type */
export function checkJson(context: Context): void {
  if (JSON_TYPE.test(context.req.header("Content-Type") ?? "")) return;
  throw new ProblemError("unsupported_media_type", "Content-Type: expected application/json.");
}

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json(?:\s*;|$)/i;

/**
 * The JSON body of a request. The size is bounded by the app's middleware.
 *
 * @throws ProblemError unsupported_media_type, invalid_json, invalid_request
 */
export async function bodyOf<Schema extends z.ZodMiniType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  checkJson(context);
  const text = await arrived(context.req.text(), context.get("bodyTimeoutMs"));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError("invalid_json", "The body is not valid JSON; expected a JSON object.", { cause });
  }
  return parseAs(schema, value, "invalid_request");
}
