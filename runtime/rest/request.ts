/**
 * What requests to a Runtime bring: ids, queries and bodies.
 *
 * Owns their parsing by the reference's rules: everything that is wrong with a JSON body is `invalid_json`, an id is
 * invalid only where it is blank, a limit above the maximum is refused.
 */
import type { Context } from "hono";
import * as z from "zod/mini";
import { arrived, BODY_TIMEOUT_MS } from "../../protocol/arrived.ts";
import { ConfigBundle } from "../../protocol/config-bundle.ts";
import { SubmissionId, WorkerId } from "../../protocol/id.ts";
import { epochMs } from "../../protocol/number.ts";
import { describeIssues, ProblemError } from "../../protocol/problem.ts";
import { ConfigBundleRef, CreateWorkerRequest, WorkerInput } from "../../protocol/runtime-api.ts";
import type { CancelRun, SendInput } from "../runtime.ts";

/** Largest body in bytes: 2 MiB, as the reference's framework has it. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** As a peer sends it: here the kinds are closed, and `null` is the same as absent. */
export const InputBody = z.extend(WorkerInput, {
  kind: z.enum(["user", "system"]),
  submission_id: z.nullish(SubmissionId),
});
export const CreateBody = z.extend(CreateWorkerRequest, {
  config_bundle: z.nullish(ConfigBundleRef),
  initial_input: z.nullish(InputBody),
  display_name: z.nullish(CreateWorkerRequest.shape.display_name),
});
export const BundleBody = z.looseObject({ bundle: ConfigBundle });
export const StopBody = z.looseObject({ reason: z.nullish(z.string()) });
export const CancelBody = z.extend(StopBody, { run_started_ts: z.nullish(epochMs) });

/** The message in a body. */
export function sendInputOf({ content, submission_id }: z.infer<typeof InputBody>): SendInput {
  return { content, ...(typeof submission_id === "string" ? { submissionId: submission_id } : {}) };
}

/**
 * The Worker of the path. What is no id of ours names no Worker.
 *
 * @throws ProblemError invalid_id where it is blank, worker_not_found
 */
export function workerIdOf(context: Context): WorkerId {
  const text = context.req.param("worker_id") ?? "";
  if (text.trim() === "") throw new ProblemError("invalid_id", "worker_id: expected at least one visible character.");
  const id = WorkerId.safeParse(text);
  if (!id.success) throw new ProblemError("worker_not_found", "There is no such Worker here.");
  return id.data;
}

const INDEX_PATTERN = /^[0-9]{1,16}$/;

/**
 * A whole number of the query that may be left out, but not given twice.
 *
 * @throws ProblemError invalid_query
 */
export function indexOf(context: Context, name: string): number | undefined {
  const text = textOf(context, name);
  if (text === undefined) return undefined;
  if (!INDEX_PATTERN.test(text)) throw new ProblemError("invalid_query", `${name}: expected a whole number from 0.`);
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/**
 * A text of the query that may be left out, but not given twice.
 *
 * @throws ProblemError invalid_query
 */
export function textOf(context: Context, name: string): string | undefined {
  const [text, ...others] = context.req.queries(name) ?? [];
  if (others.length > 0) throw new ProblemError("invalid_query", `${name}: expected it once.`);
  return text;
}

const NOTHING_SAID = new TextEncoder().encode("{}").buffer;
const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json(?:\s*;|$)/i;

/** Refuses a body that does not say that it is JSON. @throws ProblemError unsupported_media_type */
export function checkJson(context: Context): void {
  if (JSON_TYPE.test(context.req.header("Content-Type") ?? "")) return;
  throw new ProblemError("unsupported_media_type", "Content-Type: expected application/json.");
}

/**
 * The JSON body of a request.
 *
 * @throws ProblemError unsupported_media_type, invalid_json
 */
export async function bodyOf<Schema extends z.ZodMiniType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  checkJson(context);
  return parseJson(await arrived(context.req.arrayBuffer(), BODY_TIMEOUT_MS), schema);
}

/**
 * The body of a stop or a cancel, read as bytes whatever the content type says; an empty one is one that says nothing.
 *
 * @throws ProblemError invalid_json
 */
export async function endBodyOf<Schema extends z.ZodMiniType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await arrived(context.req.arrayBuffer(), BODY_TIMEOUT_MS);
  return parseJson(bytes.byteLength === 0 ? NOTHING_SAID : bytes, schema);
}

/** Which run a cancel ends, and why. */
export function cancelRunOf({ reason, run_started_ts }: z.infer<typeof CancelBody>): CancelRun {
  return {
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof run_started_ts === "number" ? { runStartedTs: run_started_ts } : {}),
  };
}

function parseJson<Schema extends z.ZodMiniType>(bytes: ArrayBuffer, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError("invalid_json", "The body is not valid JSON.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ProblemError("invalid_json", describeIssues(parsed.error));
  return parsed.data;
}
