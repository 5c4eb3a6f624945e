/**
 * What the reference's Runtime takes, and how it refuses what it does not.
 *
 * Owns the parsing of requests to `ReferencePeer`: bodies, queries, ids. The rules of config bundles and the words for
 * errors are those of our own Runtime, which has them from the reference.
 */
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod/mini";
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";
import { ConfigBundleRef, ProfileSelector } from "../../protocol/runtime-api.ts";
import { ConfigBundles } from "../../runtime/config-bundles.ts";
import { restError } from "../../runtime/rest/error-table.ts";

const MAX_BODY_CHARS = 2 * 1024 * 1024;
const MAX_ITEMS = 256;
const MAX_BUNDLES = 256;

const Input = z.object({ kind: z.enum(["user", "system"]), content: z.string() });

/** What requests carry. */
export const PeerBody = {
  /** A Worker is made with a bundle only. */
  create: z.object({ profile: ProfileSelector, config_bundle: ConfigBundleRef, initial_input: z.nullish(Input) }),
  input: Input,
};
const Lifecycle = z.object({ reason: z.nullish(z.string()) });

/** A refusal in the reference's words. */
export function refusal(code: ProblemCode): ProblemError {
  return new ProblemError(code, "its own words");
}

/** The status and the body of a refusal. */
export function refusalAnswer(error: unknown): { readonly status: number; readonly body: unknown } {
  const { code, status } = restError(error instanceof ProblemError ? error.code : "internal");
  return { status, body: { error: { code, message: "its own words" } } };
}

/** The JSON of a request, which must be called so. */
export async function readBody<Schema extends z.ZodMiniType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await text(request);
  const isJson = /^application\/json\b/.test(request.headers["content-type"] ?? "");
  if (!isJson || body.length > MAX_BODY_CHARS) throw refusal("invalid_json");
  return parseJson(body, schema);
}

/** The reason of a stop or a cancel, which may be absent; the content type says nothing. */
export async function readReason(request: IncomingMessage): Promise<void> {
  const body = await text(request);
  if (body !== "") parseJson(body, Lifecycle);
}

function parseJson<Schema extends z.ZodMiniType>(body: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw refusal("invalid_json");
  }
}

/** A page of a transcript, checked before its Worker is looked for. */
export function readPage(query: URLSearchParams): { readonly start: number; readonly limit: number } {
  const [start, limit] = ["start", "limit"].map((name) => query.get(name) ?? (name === "start" ? "0" : "256"));
  if (!/^[0-9]+$/.test(start!) || !/^[0-9]+$/.test(limit!)) throw refusal("invalid_query");
  if (Number(limit) > MAX_ITEMS) throw refusal("limit_too_large");
  return { start: Number(start), limit: Number(limit) };
}

/** Refuses what is no person's message. */
export function checkInput({ kind, content }: z.infer<typeof Input>): void {
  if (content.trim() === "") throw refusal("input_empty");
  if (kind === "system") throw refusal("unsupported");
}

/** The peer's bundles. */
export function peerBundles(): ConfigBundles {
  return new ConfigBundles({ kept: [], store: { putConfigBundle: async () => {} }, maxBundles: MAX_BUNDLES });
}
