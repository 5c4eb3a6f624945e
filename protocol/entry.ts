/**
 * Log entries: what a conversation has committed, as snapshots carry it.
 *
 * Owns the entry kinds and the items inside them. How events become entries is the fold's matter (`fold.ts`).
 * Keys that this project adds to the reference's shapes are marked "ours" and are always optional.
 */
import * as z from "zod/mini";
import { epochMs, uint } from "./number.ts";
import { openEnum } from "./open-enum.ts";
import { knownTags, openUnion, type UnknownVariant } from "./open-union.ts";
import { Segment } from "./segment.ts";

/** Why a run or an entry was started. */
export const InvokeKind = openEnum(["user_send", "notify", "worker_event", "system_reminder", "wakeup"]);

/** How a run ended, in the reference's words. */
export const RunResult = openEnum(["finished", "paused", "limit_reached", "rolled_back"]);

/** Ours: why a run did not end by itself. Absent on a run that did. */
export const RunCause = openEnum(["cancelled", "timeout", "provider", "interrupted", "stopped"]);
export type RunCause = z.infer<typeof RunCause>;

const MessagePart = openUnion(
  z.discriminatedUnion("kind", [
    z.looseObject({ kind: z.literal("text"), text: z.string() }),
    z.looseObject({ kind: z.literal("refusal"), refusal: z.string() }),
  ]),
);

/** Ours: whether what it holds is kept from this viewer; the texts are empty then. */
const hidden = z.optional(z.boolean());

const KnownLoggedItem = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("message"),
    role: openEnum(["user", "assistant", "system"]),
    content: z.array(MessagePart),
  }),
  z.looseObject({ kind: z.literal("tool_call"), call_id: z.string(), name: z.string(), arguments: z.string(), hidden }),
  z.looseObject({
    kind: z.literal("tool_result"),
    call_id: z.string(),
    summary: z.string(),
    content: z.nullish(z.string()),
    is_error: z._default(z.boolean(), false),
    hidden,
  }),
  z.looseObject({
    kind: z.literal("reasoning"),
    text: z.string(),
    summary: z.nullish(z.array(z.string())),
    encrypted_content: z.nullish(z.string()),
    signature: z.nullish(z.string()),
    /** Ours: how long the model thought, where both ends were seen. */
    duration_ms: z.optional(uint),
    hidden,
  }),
]);
type KnownLoggedItem = z.infer<typeof KnownLoggedItem>;
const KNOWN_ITEM_KINDS = knownTags(KnownLoggedItem);

/** `{"kind":"message","role":"assistant","content":[{"kind":"text","text":"There are 12."}]}` and its siblings. */
export const LoggedItem = openUnion(KnownLoggedItem);
export type LoggedItem = KnownLoggedItem | UnknownVariant<"kind">;

/** Whether this side knows the item's kind, so that its fields may be read. */
export function isKnownItem(item: LoggedItem): item is KnownLoggedItem {
  return KNOWN_ITEM_KINDS.has(item.kind);
}

const nullishNumber = z.nullish(z.number());
const RequestConfig = z.looseObject({
  max_tokens: nullishNumber,
  temperature: nullishNumber,
  top_p: nullishNumber,
  top_k: nullishNumber,
  stop_sequences: z._default(z.array(z.string()), []),
  reasoning: z.nullish(z.union([z.string(), z.number()])),
});

const SegmentOrigin = z.looseObject({ segment_id: z.string(), at_turn_index: uint });

const ts = epochMs;

export const SegmentStart = z.looseObject({
  kind: z.literal("segment_start"),
  ts,
  session_id: z.string(),
  system_prompt: z.nullish(z.string()),
  config: RequestConfig,
  history: z.array(LoggedItem),
  forked_from: z.optional(SegmentOrigin),
  compacted_from: z.optional(SegmentOrigin),
});

const KnownEntry = z.discriminatedUnion("kind", [
  SegmentStart,
  z.looseObject({ kind: z.literal("invoke"), ts, trigger: InvokeKind }),
  z.looseObject({
    kind: z.literal("user_input"),
    ts,
    segments: z.array(Segment),
    /** Ours: the client's id of this message. */
    submission_id: z.optional(z.string()),
  }),
  z.looseObject({ kind: z.literal("assistant_item"), ts, item: LoggedItem }),
  z.looseObject({ kind: z.literal("tool_result"), ts, item: LoggedItem }),
  z.looseObject({ kind: z.literal("system_item"), ts, item: z.unknown() }),
  z.looseObject({ kind: z.literal("turn_end"), ts, turn_count: uint }),
  z.looseObject({
    kind: z.literal("run_completed"),
    ts,
    interrupted: z.boolean(),
    result: openEnum(["finished", "paused", "limit_reached", "yielded"]),
    cause: z.optional(RunCause),
  }),
  z.looseObject({
    kind: z.literal("run_errored"),
    ts,
    interrupted: z.boolean(),
    message: z.string(),
    /** Ours: the event's `code`, `cause` and `problem`, so that a reload shows what live showed. */
    code: z.optional(z.string()),
    cause: z.optional(RunCause),
    problem: z.optional(z.string()),
  }),
  z.looseObject({ kind: z.literal("paused_turn_abandoned"), ts }),
  z.looseObject({ kind: z.literal("config_changed"), ts, config: RequestConfig }),
  z.looseObject({
    kind: z.literal("llm_usage"),
    ts,
    history_len: uint,
    input_total_tokens: uint,
    cache_read_tokens: uint,
    cache_write_tokens: uint,
    output_tokens: uint,
  }),
  z.looseObject({ kind: z.literal("extension"), ts, domain: z.string(), payload: z.unknown() }),
]);
export type KnownEntry = z.infer<typeof KnownEntry>;
const KNOWN_ENTRY_KINDS = knownTags(KnownEntry);

/** `{"kind":"user_input","ts":1782700001000,"segments":[…]}` and its siblings. */
export const LogEntry = openUnion(KnownEntry);
export type LogEntry = KnownEntry | UnknownVariant<"kind">;

/** Whether this side knows the entry's kind, so that its fields may be read. */
export function isKnownEntry(entry: LogEntry): entry is KnownEntry {
  return KNOWN_ENTRY_KINDS.has(entry.kind);
}
