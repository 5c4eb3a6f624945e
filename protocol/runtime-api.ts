/**
 * The Runtime's command API: what it answers about itself and its Workers, and what it takes.
 *
 * Owns the shapes that the reference's Runtime speaks, in snake_case, each success body without its wrapper key. Keys
 * that this project adds are marked "ours" and are always optional.
 */
import * as z from "zod/mini";
import { LogEntry } from "./entry.ts";
import { RuntimeId, SubmissionId, WorkerId, WorkerRef } from "./id.ts";
import { uint } from "./number.ts";
import { openEnum } from "./open-enum.ts";

/** Longest message, in UTF-16 code units. A large paste fits; a file does not. */
export const INPUT_MAX_CHARS = 100_000;

/** Longest display name, in UTF-16 code units. */
export const DISPLAY_NAME_MAX_CHARS = 80;

export const ProfileSelector = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("runtime_default") }),
  z.looseObject({ kind: z.literal("builtin"), value: z.string() }),
  z.looseObject({ kind: z.literal("named"), value: z.string() }),
]);
export type ProfileSelector = z.infer<typeof ProfileSelector>;

const PROFILE_MAX_CHARS = 120;
const profileName = z.string().check(z.minLength(1), z.maxLength(PROFILE_MAX_CHARS));

/** A `ProfileSelector` as whoever is not trusted may send it: strict and bounded, since the Worker keeps it. */
export const ProfileChoice = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("runtime_default") }),
  z.strictObject({ kind: z.literal("builtin"), value: profileName }),
  z.strictObject({ kind: z.literal("named"), value: profileName }),
]);
export type ProfileChoice = z.infer<typeof ProfileChoice>;

/** A name that somebody gives to a Worker, without the spaces around it. */
export const DisplayName = z.string().check(z.trim(), z.minLength(1), z.maxLength(DISPLAY_NAME_MAX_CHARS));

/** Ours: `PATCH /v1/workers/{worker_id}`. */
export const RenameWorkerRequest = z.looseObject({ display_name: DisplayName });

export const ConfigBundleRef = z.looseObject({ id: z.string(), digest: z.string() });
export type ConfigBundleRef = z.infer<typeof ConfigBundleRef>;

/** `{"kind":"user","content":"count the files"}`. */
export const WorkerInput = z.looseObject({
  kind: openEnum(["user", "system"]),
  content: z.string(),
  /** Ours: sent again with the same id, the first acknowledgement is the answer. */
  submission_id: z.optional(SubmissionId),
});
export type WorkerInput = z.infer<typeof WorkerInput>;

export const CreateWorkerRequest = z.looseObject({
  profile: ProfileSelector,
  /** The reference requires a stored bundle; ours creates without one too. */
  config_bundle: z.optional(ConfigBundleRef),
  initial_input: z.optional(WorkerInput),
  /** Ours: shown to people, decides nothing. */
  display_name: z.optional(z.string().check(z.maxLength(DISPLAY_NAME_MAX_CHARS))),
});
export type CreateWorkerRequest = z.infer<typeof CreateWorkerRequest>;

export const RuntimeDetail = z.looseObject({
  runtime_id: RuntimeId,
  display_name: z.nullish(z.string()),
  /** What keeps its data: `memory` | `fs_store`. */
  backend: openEnum(["memory", "fs_store"]),
  status: openEnum(["running", "stopped"]),
  worker_count: uint,
  active_worker_count: uint,
  stopped_worker_count: uint,
  cancelled_worker_count: uint,
  diagnostic_count: uint,
  limits: z.looseObject({
    max_transcript_projection_items: uint,
    max_event_batch_items: uint,
    /** Ours. */
    max_workers: z.optional(uint),
  }),
  worker_creation_available: z._default(z.boolean(), false),
});
export type RuntimeDetail = z.infer<typeof RuntimeDetail>;

export const ExecutionRunState = openEnum(["unconnected", "idle", "busy", "rejected", "errored", "stopped"]);

export const WorkerExecutionResult = z.looseObject({
  operation: openEnum(["spawn", "input", "stop", "cancel"]),
  outcome: openEnum(["accepted", "busy", "rejected", "errored", "unsupported"]),
  run_state: ExecutionRunState,
  message: z.nullish(z.string()),
});
export type WorkerExecutionResult = z.infer<typeof WorkerExecutionResult>;

export const WorkerExecutionStatus = z.looseObject({
  backend: openEnum(["unconnected", "stale", "connected"]),
  run_state: ExecutionRunState,
  binding: z.nullish(z.looseObject({ backend_id: z.string() })),
  last_result: z.nullish(WorkerExecutionResult),
});
export type WorkerExecutionStatus = z.infer<typeof WorkerExecutionStatus>;

export const WorkerLifecycle = openEnum(["running", "stopped", "cancelled"]);

export const WorkerDetail = z.looseObject({
  worker_ref: WorkerRef,
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  status: WorkerLifecycle,
  execution: WorkerExecutionStatus,
  profile: ProfileSelector,
  config_bundle: z.nullish(ConfigBundleRef),
  transcript_len: uint,
  last_event_id: uint,
  /** Ours: shown to people, decides nothing. */
  display_name: z.optional(z.string()),
  /** Ours: what it runs on, as its greeting tells it. */
  model: z.optional(z.string()),
});
export type WorkerDetail = z.infer<typeof WorkerDetail>;

export const WorkerInteractionAck = z.looseObject({
  worker_ref: WorkerRef,
  status: WorkerLifecycle,
  transcript_sequence: uint,
  event_id: uint,
});
export type WorkerInteractionAck = z.infer<typeof WorkerInteractionAck>;

export const WorkerLifecycleAck = z.looseObject({ worker_ref: WorkerRef, status: WorkerLifecycle, event_id: uint });
export type WorkerLifecycleAck = z.infer<typeof WorkerLifecycleAck>;

/** One line of the bounded transcript projection; `sequence` counts from 1 per Worker. */
export const TranscriptItem = z.looseObject({
  sequence: uint,
  role: openEnum(["user", "assistant", "system"]),
  content: z.string(),
  event_id: uint,
  /** Ours: when it was committed. */
  ts: z.optional(z.number()),
});
export type TranscriptItem = z.infer<typeof TranscriptItem>;

export const TranscriptPage = z.looseObject({
  worker_ref: WorkerRef,
  start: uint,
  limit: uint,
  total_items: uint,
  items: z.array(TranscriptItem),
  next_start: z.nullish(uint),
});
export type TranscriptPage = z.infer<typeof TranscriptPage>;

/** Ours: a page of log entries that ends before an index, so that a viewer can read upwards from its snapshot. */
export const EntryPage = z.looseObject({
  worker_ref: WorkerRef,
  /** Index of `entries[0]` in the whole conversation. */
  entries_start: uint,
  entries_total: uint,
  /** Index of the oldest entry that is still kept. */
  oldest_kept: uint,
  entries: z.array(LogEntry),
});
export type EntryPage = z.infer<typeof EntryPage>;
