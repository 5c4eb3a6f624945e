/**
 * The Backend's API: what a browser reads and sends.
 *
 * Owns the shapes that the reference's Backend speaks. Bodies that come in are strict: an unknown key is a mistake worth
 * telling. Keys that this project adds are marked "ours".
 */
import * as z from "zod/mini";
import { ConfigBundle, ConfigBundleAvailability } from "./config-bundle.ts";
import { LogEntry } from "./entry.ts";
import { DisplayName, ProfileChoice, TranscriptItem } from "./runtime-api.ts";
import { HostId, RuntimeId, SubmissionId, WorkerId } from "./id.ts";
import { epochMs, uint } from "./number.ts";
import { openEnum } from "./open-enum.ts";
import { Diagnostic } from "./problem.ts";

const diagnostics = z.array(Diagnostic);

/** What a Runtime can do, as far as a browser may know. */
export const Capabilities = z.looseObject({
  can_list_hosts: z.boolean(),
  can_list_workers: z.boolean(),
  can_get_worker: z.boolean(),
  can_spawn_worker: z.boolean(),
  can_stop_worker: z.boolean(),
  can_accept_input: z.boolean(),
  has_workspace_fs: z.boolean(),
  has_shell: z.boolean(),
  has_git: z.boolean(),
  supports_worktrees: z.boolean(),
  supports_backend_internal_tools: z.boolean(),
  workspace_scope: z.string(),
  max_workers: uint,
  os: z.string(),
  arch: z.string(),
});
export type Capabilities = z.infer<typeof Capabilities>;

export const RuntimeSummary = z.looseObject({
  runtime_id: RuntimeId,
  label: z.string(),
  kind: openEnum(["embedded_worker_runtime", "remote_worker_runtime"]),
  status: z.string(),
  source: z.looseObject({
    kind: openEnum(["embedded_worker_runtime", "remote_http"]),
    status: openEnum(["active", "reserved"]),
    identity_authority: z.string(),
    note: z.string(),
  }),
  host_ids: z.array(HostId),
  capabilities: Capabilities,
  diagnostics,
});
export type RuntimeSummary = z.infer<typeof RuntimeSummary>;

export const HostSummary = z.looseObject({
  runtime_id: RuntimeId,
  host_id: HostId,
  label: z.string(),
  kind: z.string(),
  status: z.string(),
  observed_at: z.string(),
  last_seen_at: z.nullable(z.string()),
  capabilities: Capabilities,
  diagnostics,
});
export type HostSummary = z.infer<typeof HostSummary>;

export const WorkerSummary = z.looseObject({
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  host_id: HostId,
  label: z.string(),
  role: z.nullable(z.string()),
  profile: z.nullable(z.string()),
  workspace: z.looseObject({ visibility: z.string(), identity: z.string() }),
  state: openEnum(["running", "stopped", "cancelled"]),
  status: openEnum(["idle", "running", "stopped", "cancelled", "stale", "rejected", "errored", "unconnected"]),
  last_seen_at: z.nullable(z.string()),
  implementation: z.looseObject({ kind: z.string(), display_hint: z.string() }),
  capabilities: z.looseObject({
    can_accept_input: z.boolean(),
    can_stop: z.boolean(),
    can_spawn_followup: z.boolean(),
  }),
  /** Ours: how many lines the conversation has had. Who knows an earlier number can tell whether there is anything new. */
  transcript_len: z.optional(uint),
  diagnostics,
});
export type WorkerSummary = z.infer<typeof WorkerSummary>;

/** The wrapper of every list: `{"workspace_id":"…","limit":10000,"items":[…],"source":"worker_runtime_registry",…}`. */
export function listOf<Item extends z.ZodMiniType>(item: Item) {
  return z.looseObject({
    workspace_id: z.string(),
    limit: uint,
    items: z.array(item),
    source: z.literal("worker_runtime_registry"),
    diagnostics,
  });
}

export const WorkerInputRequest = z.strictObject({
  kind: z._default(z.enum(["user", "system"]), "user"),
  /** Bounded by its Worker, whose refusals (`input_empty`, `input_too_large`) are the same on every way in. */
  content: z.string(),
  /** Ours: sent again with the same id, the first acknowledgement is the answer. */
  submission_id: z.optional(SubmissionId),
});
export type WorkerInputRequest = z.infer<typeof WorkerInputRequest>;

export const REASON_MAX_CHARS = 500;
export const LifecycleRequest = z.strictObject({
  reason: z.optional(z.string().check(z.maxLength(REASON_MAX_CHARS))),
});
export type LifecycleRequest = z.infer<typeof LifecycleRequest>;

/** Names the run that is to end: a browser may repeat a request whose answer was lost, when another run goes. */
export const CancelRequest = z.extend(LifecycleRequest, {
  /** Ours: the `started_ts` of that run. Where another one goes, nothing changes. */
  run_started_ts: z.optional(epochMs),
});
export type CancelRequest = z.infer<typeof CancelRequest>;

/** Ours: what `PATCH` of a Worker takes. */
export const WorkerRenameRequest = z.strictObject({ display_name: DisplayName });
export type WorkerRenameRequest = z.infer<typeof WorkerRenameRequest>;

export const WorkerSpawnRequest = z.strictObject({
  intent: z.optional(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("workspace_companion") }),
      z.strictObject({ kind: z.literal("workspace_orchestrator") }),
      z.strictObject({ kind: z.literal("workspace_coding") }),
      z.strictObject({
        kind: z.literal("ticket_role"),
        ticket_id: z.string(),
        role: z.enum(["intake", "orchestrator", "coder", "reviewer"]),
      }),
    ]),
  ),
  acceptance: z.optional(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("socket_ready") }),
      z.strictObject({ kind: z.literal("run_accepted"), expected_segments: uint }),
    ]),
  ),
  requested_worker_name: z.optional(DisplayName),
  profile: z.optional(ProfileChoice),
  initial_input: z.optional(WorkerInputRequest),
});
export type WorkerSpawnRequest = z.infer<typeof WorkerSpawnRequest>;

const operationState = openEnum(["accepted", "unsupported", "rejected"]);

export const WorkerSpawnResult = z.looseObject({
  state: operationState,
  worker: z.optional(WorkerSummary),
  acceptance_evidence: z.array(z.looseObject({ kind: z.string(), detail: z.string() })),
  diagnostics,
});
export type WorkerSpawnResult = z.infer<typeof WorkerSpawnResult>;

/** `POST …/config-bundles`. The bundle itself is loose: its digest covers the keys that are known, the Runtime checks it. */
export const ConfigBundleRequest = z.strictObject({ bundle: ConfigBundle });
export type ConfigBundleRequest = z.infer<typeof ConfigBundleRequest>;

/** What storing a config bundle, or asking for one, answers. */
export const ConfigBundleResult = z.looseObject({
  state: operationState,
  availability: z.optional(ConfigBundleAvailability),
  diagnostics,
});
export type ConfigBundleResult = z.infer<typeof ConfigBundleResult>;

export const WorkerInputResult = z.looseObject({
  state: operationState,
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  transcript_sequence: z.optional(uint),
  event_id: z.optional(uint),
  diagnostics,
});
export type WorkerInputResult = z.infer<typeof WorkerInputResult>;

export const WorkerLifecycleResult = z.looseObject({
  state: operationState,
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  event_id: z.optional(uint),
  diagnostics,
});
export type WorkerLifecycleResult = z.infer<typeof WorkerLifecycleResult>;

export const WorkerTranscript = z.looseObject({
  state: operationState,
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  start: uint,
  limit: uint,
  total_items: uint,
  next_start: z.optional(uint),
  items: z.array(TranscriptItem),
  diagnostics,
});
export type WorkerTranscript = z.infer<typeof WorkerTranscript>;

/** Ours: older entries of a conversation, as the console pages them upwards. */
export const WorkerEntries = z.looseObject({
  runtime_id: RuntimeId,
  worker_id: WorkerId,
  /** Index of `entries[0]` in the whole conversation. */
  entries_start: uint,
  entries_total: uint,
  /** Index of the oldest entry that is still kept. */
  oldest_kept: uint,
  entries: z.array(LogEntry),
});
export type WorkerEntries = z.infer<typeof WorkerEntries>;

/** What `GET /api/workspace` answers. */
export const WorkspaceSummary = z.looseObject({
  workspace_id: z.string(),
  display_name: z.string(),
  record_authority: z.string(),
  schema_version: uint,
  auth: z.unknown(),
  extension_points: z.looseObject({
    store: z.string(),
    event_stream: z.looseObject({ status: z.string(), note: z.string(), diagnostics }),
    host_worker_bridge: z.looseObject({ status: z.string(), note: z.string(), diagnostics }),
    companion_console: z.looseObject({ status: z.string(), note: z.string(), diagnostics }),
  }),
});
export type WorkspaceSummary = z.infer<typeof WorkspaceSummary>;

/** Where the Companion stands. `error` is a Worker that can take no input at all; a busy one is `busy`. */
export const CompanionState = openEnum(["ready", "busy", "error", "timeout", "cancelled", "accepted", "rejected"]);

export const CompanionStatus = z.looseObject({
  state: CompanionState,
  worker: z.optional(WorkerSummary),
  transport: z.looseObject({ kind: z.string(), completion: z.string(), limitation: z.string() }),
  diagnostics,
});
export type CompanionStatus = z.infer<typeof CompanionStatus>;

export const CompanionItem = z.looseObject({
  sequence: uint,
  role: openEnum(["user", "assistant", "system"]),
  content: z.string(),
  created_at: z.string(),
  source: z.string(),
  status: z.string(),
});
export type CompanionItem = z.infer<typeof CompanionItem>;

export const CompanionTranscript = z.looseObject({
  state: CompanionState,
  start: uint,
  limit: uint,
  total_items: uint,
  next_start: z.optional(uint),
  items: z.array(CompanionItem),
  diagnostics,
});
export type CompanionTranscript = z.infer<typeof CompanionTranscript>;

export const CompanionMessageRequest = z.strictObject({
  content: z.string(),
  /** Ours: sent again with the same id, the first acknowledgement is the answer. */
  submission_id: z.optional(SubmissionId),
});
export type CompanionMessageRequest = z.infer<typeof CompanionMessageRequest>;

export const CompanionMessageResponse = z.looseObject({
  state: CompanionState,
  worker: z.optional(WorkerSummary),
  user_item: z.optional(CompanionItem),
  assistant_item: z.optional(CompanionItem),
  transcript: CompanionTranscript,
  diagnostics,
});
export type CompanionMessageResponse = z.infer<typeof CompanionMessageResponse>;
