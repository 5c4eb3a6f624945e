/**
 * Events: everything that a Worker publishes.
 *
 * Owns the variants of the reference's `protocol::Event`, written `{"event": NAME, "data": {…}}`. Keys that this project
 * adds are marked "ours" and are always optional; it adds no variant. Unknown variants pass through untouched.
 */
import * as z from "zod/mini";
import { InvokeKind, LogEntry, RunCause, RunResult, SegmentStart } from "./entry.ts";
import { epochMs, uint } from "./number.ts";
import { openEnum } from "./open-enum.ts";
import { knownTags, openUnion, type UnknownVariant } from "./open-union.ts";
import { Segment } from "./segment.ts";
import { RunView, UsageTotals } from "./run-view.ts";

/** Whether a Worker is at work. */
export const WorkerStatus = openEnum(["idle", "running", "paused"]);
export type WorkerStatus = z.infer<typeof WorkerStatus>;

/** The kind of failure, in the reference's words. */
export const ErrorCode = openEnum([
  "already_running",
  "not_running",
  "not_paused",
  "provider_error",
  "tool_error",
  "invalid_request",
  "internal",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** Who a Worker is and what it runs on, as its snapshot introduces it. */
export const Greeting = z.looseObject({
  worker_name: z.string(),
  cwd: z.string(),
  provider: z.string(),
  model: z.string(),
  scope_summary: z.string(),
  tools: z.array(z.string()),
  context_window: z._default(uint, 0),
  context_tokens: z._default(uint, 0),
});
export type Greeting = z.infer<typeof Greeting>;

const blockStart = z.optional(epochMs);

/** Ours: whether what was said is kept from this viewer; the texts are empty then. */
const hidden = z.optional(z.boolean());

const KnownInFlightBlock = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("text"),
    text: z.string(),
    finished: z.optional(z.boolean()),
    /** Ours: when the block began. */
    ts: blockStart,
  }),
  z.looseObject({
    kind: z.literal("thinking"),
    text: z.string(),
    finished: z.optional(z.boolean()),
    ts: blockStart,
    hidden,
  }),
  z.looseObject({
    kind: z.literal("tool_call"),
    id: z.string(),
    name: z.string(),
    args: z.string(),
    state: z.optional(openEnum(["pending", "streaming_args", "done"])),
    ts: blockStart,
    hidden,
  }),
]);
export type KnownInFlightBlock = z.infer<typeof KnownInFlightBlock>;
const KNOWN_BLOCK_KINDS = knownTags(KnownInFlightBlock);

/** A block that is still being written: `{"kind":"text","text":"par"}` and its siblings. */
export const InFlightBlock = openUnion(KnownInFlightBlock);
export type InFlightBlock = KnownInFlightBlock | UnknownVariant<"kind">;

/** Whether this side knows the block's kind, so that its fields may be read. */
export function isKnownBlock(block: InFlightBlock): block is KnownInFlightBlock {
  return KNOWN_BLOCK_KINDS.has(block.kind);
}

/** Where a Worker stands: the whole payload of a `snapshot` event. */
export const Snapshot = z.looseObject({
  entries: z.array(LogEntry),
  greeting: Greeting,
  status: z._default(WorkerStatus, "idle"),
  in_flight: z._default(z.looseObject({ blocks: z._default(z.array(InFlightBlock), []) }), { blocks: [] }),
  /** Ours: index of `entries[0]` in the whole conversation. */
  entries_start: z.optional(uint),
  /** Ours: number of entries that the conversation has had. */
  entries_total: z.optional(uint),
  /** Ours: the run that is going or that ended last. */
  run: z.optional(RunView),
  /** Ours: tokens over all runs. */
  usage: z.optional(UsageTotals),
  /** Ours: whether the Worker has ended for good. */
  shut_down: z.optional(z.boolean()),
  /** Ours: whether this viewer is shown neither thinking nor what tools are given and give back. */
  inner_work_hidden: z.optional(z.boolean()),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** A warning of the Worker's own. */
const Alert = z.looseObject({
  level: openEnum(["warn", "error"]),
  source: openEnum(["worker", "engine", "compactor", "agents_md"]),
  message: z.string(),
  timestamp_ms: epochMs,
});

const RewindTarget = z.looseObject({
  id: z.looseObject({ segment_id: z.string(), user_input_entry_index: uint }),
  expected_head_entries: uint,
  truncate_entries: uint,
  turn_index: uint,
  timestamp_ms: z.nullish(uint),
  preview: z.string(),
  eligible: z.boolean(),
  disabled_reason: z.nullish(z.string()),
  warning: z.nullish(z.string()),
});

const MemoryWorkerEvent = z.looseObject({
  worker: z.string(),
  status: z.string(),
  run_id: z.string(),
  trigger: z.string(),
  reason: z.string(),
  message: z.string(),
  timestamp_ms: epochMs,
});

function variant<Name extends string, Shape extends Record<string, z.ZodMiniType>>(name: Name, data: Shape) {
  return z.looseObject({ event: z.literal(name), data: z.looseObject(data) });
}

function unit<Name extends string>(name: Name) {
  return z.looseObject({ event: z.literal(name) });
}

const KnownEvent = z.discriminatedUnion("event", [
  variant("user_message", {
    segments: z.array(Segment),
    /** Ours: the client's id of this message. */
    submission_id: z.optional(z.string()),
  }),
  variant("system_item", { item: z.unknown() }),
  variant("invoke_start", { kind: InvokeKind }),
  variant("turn_start", { turn: uint }),
  variant("turn_end", { turn: uint, result: openEnum(["finished", "paused"]) }),
  variant("llm_call_start", { llm_call: uint }),
  variant("llm_call_end", { llm_call: uint }),
  variant("llm_retry", {
    llm_call: uint,
    failed_attempt: uint,
    max_attempts: uint,
    wait_ms: uint,
    elapsed_ms: uint,
    status: z.nullish(uint),
    error: z.string(),
  }),
  variant("llm_continuation", { llm_call: uint, attempt: uint, max_attempts: uint, reason: z.string() }),
  variant("text_delta", { text: z.string() }),
  variant("text_done", { text: z.string() }),
  unit("thinking_start"),
  variant("thinking_delta", { text: z.string(), hidden }),
  variant("thinking_done", { text: z.string(), hidden }),
  variant("tool_call_start", { id: z.string(), name: z.string(), hidden }),
  variant("tool_call_args_delta", { id: z.string(), json: z.string() }),
  variant("tool_call_done", { id: z.string(), name: z.string(), arguments: z.string(), hidden }),
  variant("tool_result", {
    id: z.string(),
    summary: z.string(),
    output: z.nullish(z.string()),
    is_error: z._default(z.boolean(), false),
    hidden,
  }),
  variant("usage", {
    input_tokens: z.nullish(uint),
    output_tokens: z.nullish(uint),
    cache_read_input_tokens: z.nullish(uint),
  }),
  variant("run_end", {
    result: RunResult,
    /** Ours: why the run did not end by itself. */
    cause: z.optional(RunCause),
  }),
  variant("error", {
    code: ErrorCode,
    message: z.string(),
    /** Ours: what ended the run. */
    cause: z.optional(RunCause),
    /** Ours: the code in the problem table, e.g. `provider_rate_limited`. */
    problem: z.optional(z.string()),
  }),
  z.looseObject({ event: z.literal("snapshot"), data: Snapshot }),
  variant("segment_rotated", { entry: SegmentStart }),
  variant("status", { status: WorkerStatus }),
  variant("completions", {
    kind: openEnum(["file", "knowledge", "workflow"]),
    entries: z.array(z.looseObject({ value: z.string(), is_dir: z._default(z.boolean(), false) })),
  }),
  variant("rewind_targets", { head_entries: uint, targets: z.array(RewindTarget) }),
  variant("rewind_applied", {
    entries: z.array(LogEntry),
    input: z.array(Segment),
    summary: z.looseObject({
      truncated_to_entries: uint,
      discarded_entries: uint,
      tool_side_effect_warning: z.boolean(),
    }),
  }),
  variant("workers_listed", { workers: z.unknown() }),
  variant("worker_restored", { result: z.unknown() }),
  variant("peer_registered", { result: z.unknown() }),
  z.looseObject({ event: z.literal("alert"), data: Alert }),
  z.looseObject({ event: z.literal("memory_worker"), data: MemoryWorkerEvent }),
  unit("compact_start"),
  variant("compact_done", { new_segment_id: z.string() }),
  variant("compact_failed", { error: z.string() }),
  unit("shutdown"),
]);
export type KnownEvent = z.infer<typeof KnownEvent>;

/** An event of a newer peer: `{"event":"hologram_delta","data":{…}}`, kept as it came. */
export type UnknownEvent = UnknownVariant<"event">;

/** Any event that may stand on the wire. */
export const Event = openUnion(KnownEvent);
export type Event = KnownEvent | UnknownEvent;

/** Every event name that this side knows. */
export const EVENT_NAMES = knownTags(KnownEvent);

/** Whether this side knows the event's name, so that its `data` may be read. */
export function isKnownEvent(event: Event): event is KnownEvent {
  return EVENT_NAMES.has(event.event);
}

/** The event that states where a Worker stands. */
export type SnapshotEvent = Extract<KnownEvent, { event: "snapshot" }>;

/** Whether the event states where a Worker stands. */
export function isSnapshotEvent(event: Event): event is SnapshotEvent {
  return event.event === "snapshot";
}
