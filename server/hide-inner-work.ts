/**
 * The policy that hides a Worker's inner work: what the model thought, what it gave to tools and what they gave back.
 *
 * Owns what is left of each event, entry and block. Nothing is taken out of the conversation's order: where something is
 * hidden, a place stays that says so (`hidden`), so that every index means the same to everybody. What this version does
 * not know is hidden as well, down to single keys, since it may hold anything.
 */
import { isKnownEntry, isKnownItem, LogEntry, LoggedItem, type KnownEntry } from "../protocol/entry.ts";
import { Event, Greeting, InFlightBlock, isKnownBlock, isKnownEvent } from "../protocol/event.ts";
import { RunView, UsageTotals } from "../protocol/run-view.ts";
import { TranscriptItem } from "../protocol/runtime-api.ts";
import { isKnownSegment, type Segment } from "../protocol/segment.ts";
import { EVENT_DOMAIN, snapshotEvent, transcriptOf } from "../protocol/transcript.ts";
import { knownPart } from "./known-part.ts";
import type { ObservationPolicy } from "./policy.ts";

/** Hides thinking, the input of tools and their output. */
export const hideInnerWork: ObservationPolicy = {
  name: "inner-work-hidden-3",
  showEvent,
  showTranscript: (transcript) => ({
    ...transcript,
    greeting: knownPart(Greeting, transcript.greeting),
    run: knownPart(RunView, transcript.run),
    usage: knownPart(UsageTotals, transcript.usage),
    entries: transcript.entries.map(showEntry),
    in_flight: { blocks: transcript.in_flight.blocks.map(showBlock) },
    inner_work_hidden: true,
  }),
  showEntries: (entries) => entries.map(showEntry),
  showLine,
};

const HIDDEN = { hidden: true } as const;

interface Thought {
  readonly text: string;
  readonly hidden?: boolean | undefined;
}

/** What stands for a text of which only its being there may be known. */
const marked = ({ text, hidden }: Thought): { readonly text: ""; readonly hidden?: true } => ({
  text: "",
  ...(text === "" && hidden !== true ? {} : HIDDEN),
});

function showEvent(whole: Event): Event | null {
  if (!isKnownEvent(whole)) return { event: whole.event, ...HIDDEN };
  const event = knownPart(Event, whole);
  switch (event.event) {
    case "thinking_delta":
    case "thinking_done":
      return { event: event.event, data: marked(event.data) };
    case "tool_call_start": {
      const { id, name } = event.data;
      return { event: event.event, data: { id, name, ...HIDDEN } };
    }
    case "tool_call_args_delta":
      return null;
    case "tool_call_done": {
      const { id, name } = event.data;
      return { event: event.event, data: { id, name, arguments: "", ...HIDDEN } };
    }
    case "tool_result": {
      const { id, is_error } = event.data;
      return { event: event.event, data: { id, summary: "", output: null, is_error, ...HIDDEN } };
    }
    case "error":
      return event.data.code === "tool_error" ? { ...event, data: { ...event.data, message: "" } } : event;
    case "snapshot":
      return snapshotEvent(hideInnerWork.showTranscript(transcriptOf(event.data)));
    case "segment_rotated": {
      const { entry } = event.data;
      return { event: event.event, data: { entry: { ...entry, history: entry.history.map(showItem) } } };
    }
    case "rewind_applied": {
      const { entries, input } = event.data;
      return { ...event, data: { ...event.data, entries: entries.map(showEntry), input: input.map(showSegment) } };
    }
    case "user_message": {
      const data = showSegments(event.data);
      return data === event.data ? event : { event: event.event, data };
    }
    case "completions":
    case "rewind_targets":
    case "workers_listed":
    case "worker_restored":
    case "peer_registered":
      // Answers to somebody's command, in which anything may stand.
      return null;
    case "system_item":
      return { event: event.event, data: { item: showSystemItem(event.data.item) } };
    case "invoke_start":
    case "turn_start":
    case "turn_end":
    case "llm_call_start":
    case "llm_call_end":
    case "llm_retry":
    case "llm_continuation":
    case "text_delta":
    case "text_done":
    case "thinking_start":
    case "usage":
    case "run_end":
    case "status":
    case "alert":
    case "memory_worker":
    case "compact_start":
    case "compact_done":
    case "compact_failed":
    case "shutdown":
      return event;
  }
}

function showEntry(whole: LogEntry): LogEntry {
  if (!isKnownEntry(whole)) return { kind: whole.kind, ...HIDDEN };
  const entry = knownPart(LogEntry, whole);
  switch (entry.kind) {
    case "assistant_item":
    case "tool_result":
      return { kind: entry.kind, ts: entry.ts, item: showItem(entry.item) };
    case "segment_start":
      return { ...entry, history: entry.history.map(showItem) };
    case "run_errored":
      // Without a code it is not known whose words they are.
      return entry.code === undefined || entry.code === "tool_error" ? { ...entry, message: "" } : entry;
    case "extension":
      return { kind: entry.kind, ts: entry.ts, domain: entry.domain, payload: showPayload(entry) };
    case "system_item":
      return { kind: entry.kind, ts: entry.ts, item: showSystemItem(entry.item) };
    case "user_input":
      return showSegments(entry);
    case "invoke":
    case "turn_end":
    case "run_completed":
    case "paused_turn_abandoned":
    case "config_changed":
    case "llm_usage":
      return entry;
  }
}

/** What a person said, itself where nothing in it is hidden. */
function showSegments<Said extends { readonly segments: readonly Segment[] }>(said: Said): Said {
  return said.segments.every(isKnownSegment) ? said : { ...said, segments: said.segments.map(showSegment) };
}

/** A newer Runtime may put more than a person's words into a message. */
function showSegment(segment: Segment): Segment {
  return isKnownSegment(segment) ? segment : { kind: segment.kind, ...HIDDEN };
}

/** An event that was kept whole, as it is shown when it comes; whatever else there is, is not known. */
function showPayload({ domain, payload }: Extract<KnownEntry, { kind: "extension" }>): unknown {
  const event = domain === EVENT_DOMAIN ? Event.safeParse(payload) : null;
  return event?.success === true ? (showEvent(event.data) ?? HIDDEN) : HIDDEN;
}

function showItem(whole: LoggedItem): LoggedItem {
  if (!isKnownItem(whole)) return { kind: whole.kind, ...HIDDEN };
  const item = knownPart(LoggedItem, whole);
  switch (item.kind) {
    case "message":
      if (!isShownRole(item.role))
        return { kind: item.kind, role: item.role, content: [{ kind: "hidden", ...HIDDEN }] };
      return {
        ...item,
        content: item.content.map((part) => (isShownPart(part) ? part : { kind: part.kind, ...HIDDEN })),
      };
    case "reasoning": {
      const took = item.duration_ms === undefined ? {} : { duration_ms: item.duration_ms };
      return { kind: item.kind, text: "", ...took, ...HIDDEN };
    }
    case "tool_call":
      return { kind: item.kind, call_id: item.call_id, name: item.name, arguments: "", ...HIDDEN };
    case "tool_result": {
      const { kind, call_id, is_error } = item;
      return { kind, call_id, summary: "", content: null, is_error, ...HIDDEN };
    }
  }
}

/**
 * What a Runtime tells the model: results of tools are among it, and all lines that are nobody's where a Runtime has no
 * more than lines.
 */
function showSystemItem(item: unknown): unknown {
  const hasKind = typeof item === "object" && item !== null && "kind" in item && typeof item.kind === "string";
  return hasKind ? { kind: item.kind, ...HIDDEN } : HIDDEN;
}

const isShownRole = (role: string): boolean => role === "user" || role === "assistant";
const isShownPart = ({ kind }: { readonly kind: string }): boolean => kind === "text" || kind === "refusal";

function showBlock(whole: InFlightBlock): InFlightBlock {
  if (!isKnownBlock(whole)) return { kind: whole.kind, ...HIDDEN };
  const block = knownPart(InFlightBlock, whole);
  switch (block.kind) {
    case "text":
      return block;
    case "thinking": {
      const { kind, finished, ts } = block;
      const known = { ...(finished === undefined ? {} : { finished }), ...(ts === undefined ? {} : { ts }) };
      return { kind, ...marked(block), ...known };
    }
    case "tool_call": {
      // How far its input has come is not told: those events are withheld.
      const { kind, id, name, state, ts } = block;
      const known = { ...(state === "done" ? { state } : {}), ...(ts === undefined ? {} : { ts }) };
      return { kind, id, name, args: "", ...known, ...HIDDEN };
    }
  }
}

/** What a Runtime puts into the transcript besides what was said: results of tools are among it, and errors of theirs. */
function showLine(whole: TranscriptItem): TranscriptItem {
  const line = knownPart(TranscriptItem, whole);
  return isShownRole(line.role) ? line : { ...line, content: "[hidden]" };
}
