/**
 * Rows: what a reader sees of a conversation, one value per line or message.
 *
 * Owns which entries and blocks are visible, and as what. Pure; how a row looks is `row-view.tsx`. A block and the entry
 * that it becomes give rows of the same kind, so that the screen keeps its element when the text is done.
 */
import { isKnownEntry, isKnownItem, type KnownEntry, type LogEntry, type LoggedItem } from "../../protocol/entry.ts";
import { Event, isKnownBlock, isKnownEvent, type InFlightBlock } from "../../protocol/event.ts";
import { flattenSegments } from "../../protocol/segment.ts";
import { SystemItem } from "../../protocol/system-item.ts";
import { EVENT_DOMAIN } from "../../protocol/transcript.ts";
import type { Messages } from "../messages.ts";

export interface RunUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

export type Row =
  | { readonly kind: "user"; readonly text: string; readonly ts: number }
  | {
      readonly kind: "answer";
      readonly text: string;
      readonly isStreaming: boolean;
      /** Whether it broke off and nothing follows. */
      readonly isCut?: boolean;
    }
  | {
      readonly kind: "thinking";
      readonly text: string;
      readonly isStreaming: boolean;
      readonly startedTs?: number | undefined;
      readonly durationMs?: number | undefined;
      /** Whether it is kept from this reader. */
      readonly isHidden: boolean;
    }
  | {
      readonly kind: "tool_call";
      readonly name: string;
      readonly input: string;
      readonly isStreaming: boolean;
      readonly isHidden: boolean;
    }
  | {
      readonly kind: "tool_result";
      /** The tool's name; `undefined` when its call is not at hand. */
      readonly name: string | undefined;
      readonly summary: string;
      readonly output: string;
      readonly isError: boolean;
      readonly isHidden: boolean;
    }
  /** A quiet line; with `detail` it can be opened. */
  | {
      readonly kind: "note";
      readonly tone: "quiet" | "warn" | "error";
      readonly label: string;
      readonly text?: string;
      readonly detail?: string;
    }
  | {
      readonly kind: "failure";
      readonly message: string;
      readonly code: string;
      readonly problem?: string | undefined;
      readonly end: RunEnd;
    }
  | { readonly kind: "run_end"; readonly end: RunEnd };

export interface RunEnd {
  /** Why it did not end by itself, e.g. `cancelled`. */
  readonly reason?: string | undefined;
  readonly usage?: RunUsage | undefined;
  readonly durationMs?: number | undefined;
}

/** The row of `entries[index]`; none for what a reader need not see. */
export function rowOfEntry(entries: readonly LogEntry[], index: number, messages: Messages): Row | undefined {
  const entry = entries[index];
  if (entry === undefined) return undefined;
  if (!isKnownEntry(entry)) return unknownNote(entry.kind, entry, messages);
  switch (entry.kind) {
    case "user_input":
      return { kind: "user", text: flattenSegments(entry.segments), ts: entry.ts };
    case "assistant_item":
    case "tool_result":
      return rowOfItem(entries, index, entry, messages);
    case "system_item":
      return systemNote(entry.item, messages);
    case "invoke":
      if (entry.trigger === "user_send") return undefined;
      return { kind: "note", tone: "quiet", label: messages.invoked(entry.trigger) };
    case "run_completed":
      return { kind: "run_end", end: runEnd(entries, index, entry) };
    case "run_errored": {
      const { message, code = "", problem } = entry;
      return { kind: "failure", message, code, problem, end: runEnd(entries, index, entry) };
    }
    case "extension":
      return rowOfExtension(entry, messages);
    case "segment_start":
    case "turn_end":
    case "paused_turn_abandoned":
    case "config_changed":
    case "llm_usage":
      return undefined;
  }
}

/** The row of a block that is being written, or was when everything came to its end. */
export function rowOfBlock(block: InFlightBlock, messages: Messages, isOver = false): Row | undefined {
  if (!isKnownBlock(block)) return unknownNote(block.kind, block, messages);
  switch (block.kind) {
    case "text":
      if (isOver && block.finished !== true)
        return { kind: "answer", text: block.text, isStreaming: false, isCut: true };
      return { kind: "answer", text: block.text, isStreaming: block.finished !== true };
    case "thinking":
      return {
        kind: "thinking",
        text: block.text,
        isStreaming: !isOver && block.finished !== true,
        startedTs: block.ts,
        isHidden: block.hidden === true,
      };
    case "tool_call":
      return {
        kind: "tool_call",
        name: block.name,
        input: block.args,
        isStreaming: !isOver && block.state !== "done",
        isHidden: block.hidden === true,
      };
  }
}

function rowOfItem(
  entries: readonly LogEntry[],
  index: number,
  { item, ts }: { readonly item: LoggedItem; readonly ts: number },
  messages: Messages,
): Row | undefined {
  if (!isKnownItem(item)) return unknownNote(item.kind, item, messages);
  const isHidden = isMarkedHidden(item);
  switch (item.kind) {
    case "message": {
      const text = item.content.map(textOfPart).join("");
      if (item.role === "user") return { kind: "user", text, ts };
      if (item.role === "assistant") return { kind: "answer", text, isStreaming: false };
      const said = item.content.some(isMarkedHidden) ? { text: messages.hidden } : { detail: text };
      return { kind: "note", tone: "quiet", label: messages.system, ...said };
    }
    case "reasoning":
      return { kind: "thinking", text: item.text, isStreaming: false, durationMs: item.duration_ms, isHidden };
    case "tool_call": {
      const input = prettyArguments(item.arguments);
      return { kind: "tool_call", name: item.name, input, isStreaming: false, isHidden };
    }
    case "tool_result": {
      const { summary, content, is_error } = item;
      const name = toolName(entries, index, item.call_id);
      return { kind: "tool_result", name, summary, output: content ?? "", isError: is_error, isHidden };
    }
  }
}

/** A result stands near its call. */
const CALL_WITHIN_ENTRIES = 100;

function toolName(entries: readonly LogEntry[], index: number, callId: string): string | undefined {
  for (let at = index - 1; at >= Math.max(0, index - CALL_WITHIN_ENTRIES); at -= 1) {
    const entry = entries[at];
    if (entry === undefined || !isKnownEntry(entry) || entry.kind !== "assistant_item") continue;
    const { item } = entry;
    if (isKnownItem(item) && item.kind === "tool_call" && item.call_id === callId) return item.name;
  }
  return undefined;
}

/** Longer arguments are shown as they came. */
const PRETTY_MAX_CHARS = 100_000;

function prettyArguments(json: string): string {
  if (json.length > PRETTY_MAX_CHARS) return json;
  try {
    return prettyJson(JSON.parse(json));
  } catch {
    return json;
  }
}

function textOfPart(part: { readonly kind: string; readonly text?: unknown; readonly refusal?: unknown }): string {
  if (typeof part.text === "string") return part.text;
  return typeof part.refusal === "string" ? part.refusal : "";
}

function rowOfExtension(entry: Extract<KnownEntry, { kind: "extension" }>, messages: Messages): Row | undefined {
  if (entry.domain !== EVENT_DOMAIN) return unknownNote(entry.domain, entry.payload, messages);
  const parsed = Event.safeParse(entry.payload);
  if (!parsed.success) return unknownNote(entry.domain, entry.payload, messages);
  const event = parsed.data;
  if (!isKnownEvent(event)) return unknownNote(event.event, event, messages);
  const quiet = (label: string, text?: string): Row => ({
    kind: "note",
    tone: "quiet",
    label,
    ...(text === undefined ? {} : { text }),
  });
  switch (event.event) {
    case "alert":
      return {
        kind: "note",
        tone: event.data.level === "error" ? "error" : "warn",
        label: messages.alert,
        text: event.data.message,
      };
    case "llm_retry": {
      const { failed_attempt, max_attempts, wait_ms, error } = event.data;
      const label = messages.retriedAfter(failed_attempt, max_attempts, messages.duration(wait_ms));
      return { kind: "note", tone: "warn", label, text: error };
    }
    case "error":
      return { kind: "note", tone: "error", label: messages.alert, text: event.data.message };
    case "llm_continuation":
      return quiet(messages.continuation, event.data.reason);
    case "memory_worker":
      return quiet(event.data.worker, event.data.message);
    case "compact_start":
      return quiet(messages.compactStart);
    case "compact_done":
      return quiet(messages.compactDone);
    case "compact_failed":
      return { kind: "note", tone: "warn", label: messages.compactFailed, text: event.data.error };
    default:
      return unknownNote(event.event, event, messages);
  }
}

function systemNote(raw: unknown, messages: Messages): Row {
  if (isMarkedHidden(raw)) {
    const label = typeof raw.kind === "string" ? messages.systemKind(raw.kind) : messages.unknown("system_item");
    return { kind: "note", tone: "quiet", label, text: messages.hidden };
  }
  const parsed = SystemItem.safeParse(raw);
  if (!parsed.success) return unknownNote("system_item", raw, messages);
  const { kind, body } = parsed.data;
  const note = { kind: "note", tone: "quiet", label: messages.systemKind(kind) } as const;
  return typeof body === "string" ? { ...note, detail: body } : { ...note, detail: prettyJson(raw) };
}

function unknownNote(name: string, value: unknown, messages: Messages): Row {
  const content = isMarkedHidden(value) ? { text: messages.hidden } : { detail: prettyJson(value) };
  return { kind: "note", tone: "quiet", label: messages.unknown(name), ...content };
}

function isMarkedHidden(value: unknown): value is { readonly hidden: true; readonly kind?: unknown } {
  return typeof value === "object" && value !== null && "hidden" in value && value.hidden === true;
}

function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}

/** Sums up the run that ends with `entries[index]`, as far as its beginning is at hand. */
function runEnd(
  entries: readonly LogEntry[],
  index: number,
  end: Extract<KnownEntry, { kind: "run_completed" | "run_errored" }>,
): RunEnd {
  let usage: RunUsage | undefined;
  let startedTs: number | undefined;
  for (let at = index - 1; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry === undefined || !isKnownEntry(entry)) continue;
    if (entry.kind === "run_completed" || entry.kind === "run_errored") break;
    if (entry.kind === "llm_usage") {
      usage = {
        input: (usage?.input ?? 0) + entry.input_total_tokens,
        output: (usage?.output ?? 0) + entry.output_tokens,
        cached: (usage?.cached ?? 0) + entry.cache_read_tokens,
      };
    }
    if (entry.kind === "user_input" || entry.kind === "invoke") startedTs = entry.ts;
    if (entry.kind === "user_input") break;
  }
  const reason = end.kind === "run_errored" ? undefined : (end.cause ?? oddResult(end.result));
  return { reason, usage, durationMs: startedTs === undefined ? undefined : Math.max(0, end.ts - startedTs) };
}

function oddResult(result: string): string | undefined {
  return result === "finished" || result === "yielded" ? undefined : result;
}
