/**
 * The identities of the wire: Runtimes, Workers, hosts and submissions.
 *
 * Owns their syntax and their brands. Authority is always `runtime_id + worker_id`; a display name never decides
 * anything. Everyone parses ids here, once, where they enter.
 */
import * as z from "zod/mini";

/** Longest id accepted on any path or in any body, in characters (the reference Backend's limit). */
export const ID_MAX_CHARS = 120;

/** What an id is written with: letters, digits, `_`, `:` and `-`. */
export const ID_PATTERN = /^[A-Za-z0-9_:-]+$/;

const idSchema = () => z.string().check(z.minLength(1), z.maxLength(ID_MAX_CHARS), z.regex(ID_PATTERN));

/** Names one Runtime, e.g. `backend-internal`. Chosen by configuration, never by a peer. */
export const RuntimeId = idSchema().brand<"RuntimeId">();
export type RuntimeId = z.infer<typeof RuntimeId>;

/** Names one Worker inside its Runtime, e.g. `companion` or `worker-0000002a`. Means nothing without its Runtime. */
export const WorkerId = idSchema().brand<"WorkerId">();
export type WorkerId = z.infer<typeof WorkerId>;

/** Names the machine or process that a Runtime runs on, as far as a browser may know, e.g. `embedded-workspace-1f…`. */
export const HostId = idSchema().brand<"HostId">();
export type HostId = z.infer<typeof HostId>;

/** Made by a client for one intended message and kept with its draft, e.g. `s-5f0c…`; sending it again never starts a second run. */
export const SubmissionId = idSchema().brand<"SubmissionId">();
export type SubmissionId = z.infer<typeof SubmissionId>;

/** The pair that decides: which Worker, in which Runtime. */
export const WorkerRef = z.looseObject({ runtime_id: RuntimeId, worker_id: WorkerId });
export type WorkerRef = { readonly runtime_id: RuntimeId; readonly worker_id: WorkerId };
