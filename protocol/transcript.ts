/**
 * The fold: how events become a transcript.
 *
 * Owns the one pure function that the Runtime, the Backend and the browser share. Its state is the payload of a
 * `snapshot` event with every key present, so that a snapshot at any point plus the events after it give the state that
 * the whole log gives. It knows no bounds: who keeps a transcript bounds it with `boundTranscript`.
 *
 * A block that has ended becomes an entry as soon as every block before it has; what is unfinished when a call or a run
 * ends is committed with the text that it has. An event that has no entry kind of its own, but must stay visible, is
 * kept whole in an `extension` entry of the domain `EVENT_DOMAIN`.
 */
import { isKnownBlock, isKnownEvent, type Event, type Greeting, type InFlightBlock, type KnownEvent, type Snapshot, type SnapshotEvent, type WorkerStatus } from "./event.ts";
import { isKnownEntry, type KnownEntry, type LogEntry, type LoggedItem, type RunCause } from "./entry.ts";
import type { RunView, UsageTotals } from "./run-view.ts";

/** Domain of the `extension` entries that keep an event whole: `payload` is the event. */
export const EVENT_DOMAIN = "workspace.event";

/** A Worker's state as the fold keeps it: a `Snapshot` with every key present. */
export interface Transcript {
  readonly greeting: Greeting;
  readonly status: WorkerStatus;
  /** The newest entries; the whole conversation unless it was bounded. */
  readonly entries: readonly LogEntry[];
  /** Index of `entries[0]` in the whole conversation. */
  readonly entries_start: number;
  readonly in_flight: { readonly blocks: readonly InFlightBlock[] };
  readonly run: RunView;
  readonly usage: UsageTotals;
  readonly shut_down: boolean;
}

const EMPTY_GREETING: Greeting = {
  worker_name: "",
  cwd: "",
  provider: "",
  model: "",
  scope_summary: "",
  tools: [],
  context_window: 0,
  context_tokens: 0,
};

/** The state before the first event. */
export function emptyTranscript(greeting: Greeting = EMPTY_GREETING): Transcript {
  return {
    greeting,
    status: "idle",
    entries: [],
    entries_start: 0,
    in_flight: { blocks: [] },
    run: { state: "none" },
    usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, llm_calls: 0 },
    shut_down: false,
  };
}

/** How many entries the conversation has had. */
export function entriesTotal(transcript: Transcript): number {
  return transcript.entries_start + transcript.entries.length;
}

/** The `snapshot` event of a state. */
export function snapshotEvent(transcript: Transcript): SnapshotEvent {
  const data: Snapshot = {
    ...transcript,
    entries: [...transcript.entries],
    in_flight: { blocks: [...transcript.in_flight.blocks] },
    entries_total: entriesTotal(transcript),
  };
  return { event: "snapshot", data };
}

/** The state that a snapshot describes; a reference peer's snapshot has fewer keys. */
export function transcriptOf(snapshot: Snapshot): Transcript {
  const empty = emptyTranscript(snapshot.greeting);
  const start = snapshot.entries_start ?? (snapshot.entries_total ?? snapshot.entries.length) - snapshot.entries.length;
  return {
    greeting: snapshot.greeting,
    status: snapshot.status,
    entries: snapshot.entries,
    entries_start: Math.max(0, start),
    in_flight: { blocks: snapshot.in_flight.blocks },
    run: snapshot.run ?? (snapshot.status === "running" ? { state: "active", started_ts: 0 } : empty.run),
    usage: snapshot.usage ?? empty.usage,
    shut_down: snapshot.shut_down ?? false,
  };
}

/**
 * The state after `event`.
 *
 * @param ts When the Worker published the event, in epoch milliseconds; it becomes the time of the entries.
 */
export function fold(state: Transcript, event: Event, ts: number): Transcript {
  if (!isKnownEvent(event)) return keepWhole(state, event, ts);
  switch (event.event) {
    case "text_delta":
      return appendText(calling(state), "text", event.data.text, ts);
    case "thinking_delta":
      return appendText(calling(state), "thinking", event.data.text, ts);
    case "thinking_start":
      return withBlocks(calling(state), [...state.in_flight.blocks, { kind: "thinking", text: "", ts }]);
    case "text_done":
      return settle(finishText(calling(state), "text", event.data.text, ts), ts);
    case "thinking_done":
      return settle(finishText(calling(state), "thinking", event.data.text, ts), ts);
    case "tool_call_start": {
      const { id, name } = event.data;
      return withBlocks(calling(state), [...state.in_flight.blocks, { kind: "tool_call", id, name, args: "", ts }]);
    }
    case "tool_call_args_delta":
      return appendArguments(state, event.data.id, event.data.json);
    case "tool_call_done":
      return settle(finishToolCall(state, event.data, ts), ts);
    case "tool_result": {
      const { id, summary, output, is_error } = event.data;
      const item: LoggedItem = { kind: "tool_result", call_id: id, summary, content: output ?? null, is_error };
      return commit(flush(state, ts), { kind: "tool_result", ts, item });
    }
    case "user_message": {
      const { segments, submission_id } = event.data;
      const flushed = flush(state, ts);
      const entry: KnownEntry = { kind: "user_input", ts, segments, ...(submission_id ? { submission_id } : {}) };
      return commit(
        { ...flushed, run: { state: "active", started_ts: ts, ...(submission_id ? { submission_id } : {}) } },
        entry,
      );
    }
    case "system_item":
      return commit(flush(state, ts), { kind: "system_item", ts, item: event.data.item });
    case "invoke_start":
      return commit(startRun(flush(state, ts), ts), { kind: "invoke", ts, trigger: event.data.kind });
    case "turn_start":
      return withRun(state, { turn: event.data.turn });
    case "turn_end":
      return commit(flush(state, ts), { kind: "turn_end", ts, turn_count: event.data.turn + 1 });
    case "llm_call_start":
      return withRun(settleUsage(state, ts), { llm_call: event.data.llm_call, retry: undefined });
    case "llm_call_end":
      return settleUsage(flush(state, ts), ts);
    case "llm_retry": {
      const { failed_attempt, max_attempts, wait_ms, error } = event.data;
      const kept = keepWhole(flush(state, ts), event, ts);
      return withRun(kept, { retry: { failed_attempt, max_attempts, wait_ms, error, ts } });
    }
    case "usage":
      return noteUsage(state, event.data, ts);
    case "run_end":
      return endRun(flush(state, ts), event.data.result, event.data.cause, ts);
    case "error":
      return failRun(state, event, ts);
    case "status":
      return changeStatus(state, event.data.status, ts);
    case "snapshot":
      return transcriptOf(event.data);
    case "segment_rotated":
      return rotate(state, event.data.entry, ts);
    case "rewind_applied":
      return { ...state, entries: event.data.entries, entries_start: 0, in_flight: { blocks: [] } };
    case "shutdown":
      return { ...settleUsage(flush(state, ts), ts), status: "idle", shut_down: true };
    case "llm_continuation":
    case "alert":
    case "memory_worker":
    case "compact_start":
    case "compact_done":
    case "compact_failed":
      return keepWhole(state, event, ts);
    case "completions":
    case "rewind_targets":
    case "workers_listed":
    case "worker_restored":
    case "peer_registered":
      // Answers to a command of one client; they say nothing about the conversation.
      return state;
  }
}

/** How much of a conversation to keep at hand. */
export interface TranscriptBounds {
  readonly maxEntries: number;
  /** In UTF-16 code units of the entries' JSON. */
  readonly maxChars: number;
}

/** Keeps the newest entries only, as many as both bounds allow, but always the newest one. */
export function boundTranscript(transcript: Transcript, bounds: TranscriptBounds): Transcript {
  const { entries } = transcript;
  let first = entries.length;
  let chars = 0;
  while (first > 0 && entries.length - first < bounds.maxEntries) {
    chars += entryChars(entries[first - 1]);
    if (chars > bounds.maxChars && first < entries.length) break;
    first -= 1;
  }
  if (first === 0) return transcript;
  return { ...transcript, entries: entries.slice(first), entries_start: transcript.entries_start + first };
}

/** Length of an entry's JSON in UTF-16 code units, give or take the escapes of its strings. */
export function entryChars(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 4;
  let chars = 2;
  for (const [key, inner] of Object.entries(value)) chars += key.length + 4 + entryChars(inner);
  return chars;
}

// --- entries -------------------------------------------------------------------------------------------------------

function commit(state: Transcript, ...entries: LogEntry[]): Transcript {
  return { ...state, entries: [...state.entries, ...entries] };
}

function keepWhole(state: Transcript, event: Event, ts: number): Transcript {
  return commit(state, { kind: "extension", ts, domain: EVENT_DOMAIN, payload: event });
}

// --- blocks in flight ----------------------------------------------------------------------------------------------

function withBlocks(state: Transcript, blocks: readonly InFlightBlock[]): Transcript {
  return { ...state, in_flight: { blocks } };
}

type TextBlock = Extract<InFlightBlock, { kind: "text" | "thinking" }>;

/** Whether text of this kind can go on in the block. */
function isOpenText(block: InFlightBlock | undefined, kind: "text" | "thinking"): block is TextBlock {
  return block !== undefined && isKnownBlock(block) && block.kind === kind && block.finished !== true;
}

function appendText(state: Transcript, kind: "text" | "thinking", text: string, ts: number): Transcript {
  const { blocks } = state.in_flight;
  const newest = blocks.at(-1);
  if (!isOpenText(newest, kind)) return withBlocks(state, [...blocks, { kind, text, ts }]);
  return withBlocks(state, blocks.with(-1, { ...newest, text: newest.text + text }));
}

function finishText(state: Transcript, kind: "text" | "thinking", whole: string, ts: number): Transcript {
  const { blocks } = state.in_flight;
  const index = blocks.findLastIndex((block) => isOpenText(block, kind));
  const block = blocks[index];
  if (!isOpenText(block, kind)) return withBlocks(state, [...blocks, { kind, text: whole, ts, finished: true }]);
  // Reference peers close a thinking block with an empty text although deltas came.
  const text = kind === "thinking" && whole === "" ? block.text : whole;
  return withBlocks(state, blocks.with(index, { ...block, text, finished: true }));
}

function toolCallIndex(blocks: readonly InFlightBlock[], id: string): number {
  return blocks.findLastIndex((block) => isKnownBlock(block) && block.kind === "tool_call" && block.id === id);
}

function appendArguments(state: Transcript, id: string, json: string): Transcript {
  const { blocks } = state.in_flight;
  const index = toolCallIndex(blocks, id);
  const block = blocks[index];
  if (block === undefined || !isKnownBlock(block) || block.kind !== "tool_call") return state;
  return withBlocks(
    state,
    blocks.with(index, { ...block, args: block.args + json, state: "streaming_args" }),
  );
}

function finishToolCall(
  state: Transcript,
  call: { readonly id: string; readonly name: string; readonly arguments: string },
  ts: number,
): Transcript {
  const { blocks } = state.in_flight;
  const index = toolCallIndex(blocks, call.id);
  const block = blocks[index];
  const done = { kind: "tool_call", id: call.id, name: call.name, args: call.arguments, state: "done" } as const;
  if (block === undefined) return withBlocks(state, [...blocks, { ...done, ts }]);
  return withBlocks(state, blocks.with(index, { ...block, ...done }));
}

function isFinished(block: InFlightBlock): boolean {
  if (!isKnownBlock(block)) return false;
  return block.kind === "tool_call" ? block.state === "done" : block.finished === true;
}

/** Commits the finished blocks at the front. */
function settle(state: Transcript, ts: number): Transcript {
  const { blocks } = state.in_flight;
  const firstOpen = blocks.findIndex((block) => !isFinished(block));
  const count = firstOpen === -1 ? blocks.length : firstOpen;
  if (count === 0) return state;
  return withBlocks(commit(state, ...blocks.slice(0, count).flatMap((block) => entryOf(block, ts))), blocks.slice(count));
}

/** Commits every block with the text that it has. */
function flush(state: Transcript, ts: number): Transcript {
  const { blocks } = state.in_flight;
  if (blocks.length === 0) return state;
  return withBlocks(commit(state, ...blocks.flatMap((block) => entryOf(block, ts))), []);
}

/** The entry of a block; none for an empty text, which nobody needs to see. */
function entryOf(block: InFlightBlock, ts: number): LogEntry[] {
  if (!isKnownBlock(block)) return [];
  switch (block.kind) {
    case "text": {
      if (block.text === "") return [];
      const item: LoggedItem = { kind: "message", role: "assistant", content: [{ kind: "text", text: block.text }] };
      return [{ kind: "assistant_item", ts, item }];
    }
    case "thinking": {
      if (block.text === "") return [];
      const duration_ms = block.ts === undefined ? {} : { duration_ms: Math.max(0, ts - block.ts) };
      return [{ kind: "assistant_item", ts, item: { kind: "reasoning", text: block.text, ...duration_ms } }];
    }
    case "tool_call": {
      const item: LoggedItem = { kind: "tool_call", call_id: block.id, name: block.name, arguments: block.args };
      return [{ kind: "assistant_item", ts, item }];
    }
  }
}

// --- the run -------------------------------------------------------------------------------------------------------

type ActiveRun = Extract<RunView, { state: "active" }>;

function withRun(state: Transcript, change: Partial<ActiveRun>): Transcript {
  if (state.run.state !== "active") return state;
  return { ...state, run: { ...state.run, ...change } };
}

/** What a delta tells of the run: that the wait for a retry is over. */
function calling(state: Transcript): Transcript {
  return state.run.state === "active" && state.run.retry !== undefined ? withRun(state, { retry: undefined }) : state;
}

function startRun(state: Transcript, ts: number): Transcript {
  return state.run.state === "active" ? state : { ...state, run: { state: "active", started_ts: ts } };
}

function changeStatus(state: Transcript, status: WorkerStatus, ts: number): Transcript {
  const next = { ...state, status };
  if (status === "running") return startRun(next, ts);
  // A reference peer that lost its run says no more than `idle`: nobody may show it as going on.
  if (status === "idle" && next.run.state === "active") return endRun(flush(next, ts), "finished", "interrupted", ts);
  return next;
}

function endedRun(run: RunView, result: string, cause: RunCause | undefined, ts: number): RunView {
  const started = run.state === "none" ? { started_ts: ts } : pickStart(run);
  return { state: "ended", ...started, ended_ts: ts, result, ...(cause === undefined ? {} : { cause }) };
}

function pickStart(run: Exclude<RunView, { state: "none" }>) {
  const { started_ts, submission_id } = run;
  return { started_ts, ...(submission_id === undefined ? {} : { submission_id }) };
}

function endRun(state: Transcript, result: string, cause: RunCause | undefined, ts: number): Transcript {
  // After `error` the run has ended already; its `run_end` adds nothing.
  if (state.run.state === "ended") return state;
  const settled = settleUsage(state, ts);
  const interrupted = cause !== undefined;
  const entry: KnownEntry = { kind: "run_completed", ts, interrupted, result, ...(interrupted ? { cause } : {}) };
  return commit({ ...settled, run: endedRun(state.run, result, cause, ts) }, entry);
}

function failRun(state: Transcript, event: Extract<KnownEvent, { event: "error" }>, ts: number): Transcript {
  if (state.run.state !== "active") return keepWhole(state, event, ts);
  const { code, message, cause, problem } = event.data;
  const settled = settleUsage(flush(state, ts), ts);
  const ours = { ...(cause === undefined ? {} : { cause }), ...(problem === undefined ? {} : { problem }) };
  const entry: KnownEntry = { kind: "run_errored", ts, interrupted: true, message, code, ...ours };
  return commit({ ...settled, run: endedRun(state.run, "errored", cause, ts) }, entry);
}

/** The rest of the conversation starts over from the new segment's history; errors that were seen stay seen. */
function rotate(
  state: Transcript,
  segment: Extract<KnownEvent, { event: "segment_rotated" }>["data"]["entry"],
  ts: number,
): Transcript {
  const flushed = flush(state, ts);
  const errors = flushed.entries.filter((entry) => isKnownEntry(entry) && entry.kind === "run_errored");
  const history = segment.history.map((item): LogEntry => ({ kind: "assistant_item", ts: segment.ts, item }));
  return { ...flushed, entries: [...history, ...errors], entries_start: 0 };
}

// --- usage ---------------------------------------------------------------------------------------------------------

function noteUsage(
  state: Transcript,
  usage: Extract<KnownEvent, { event: "usage" }>["data"],
  ts: number,
): Transcript {
  const call_usage = {
    input_tokens: usage.input_tokens ?? 0,
    output_tokens: usage.output_tokens ?? 0,
    cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
  };
  return withRun(startRun(state, ts), { call_usage });
}

/** Commits the usage of the call that ended. */
function settleUsage(state: Transcript, ts: number): Transcript {
  if (state.run.state !== "active" || state.run.call_usage === undefined) return state;
  const call = state.run.call_usage;
  const usage: UsageTotals = {
    input_tokens: state.usage.input_tokens + call.input_tokens,
    output_tokens: state.usage.output_tokens + call.output_tokens,
    cache_read_input_tokens: state.usage.cache_read_input_tokens + call.cache_read_input_tokens,
    llm_calls: state.usage.llm_calls + 1,
  };
  const entry: KnownEntry = {
    kind: "llm_usage",
    ts,
    history_len: entriesTotal(state),
    input_total_tokens: call.input_tokens,
    cache_read_tokens: call.cache_read_input_tokens,
    cache_write_tokens: 0,
    output_tokens: call.output_tokens,
  };
  return commit({ ...withRun(state, { call_usage: undefined }), usage }, entry);
}
