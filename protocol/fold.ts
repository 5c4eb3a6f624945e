/**
 * The fold: how events become a transcript.
 *
 * Owns the one pure function that the Runtime, the Backend and the browser share: a snapshot at any point plus the
 * events after it give the state that the whole log gives. It knows no bounds. An event that has no entry kind of its
 * own, but must stay visible, is kept whole in an `extension` entry of the domain `EVENT_DOMAIN`.
 */
import { isKnownEntry, type KnownEntry, type LogEntry, type LoggedItem } from "./entry.ts";
import { isKnownEvent, type Event, type KnownEvent } from "./event.ts";
import {
  appendArguments,
  appendText,
  finishText,
  finishToolCall,
  flush,
  markHidden,
  settle,
  withBlocks,
} from "./in-flight.ts";
import { calling, changeStatus, endRun, failRun, noteUsage, settleUsage, startRun, withRun } from "./run-fold.ts";
import { commit, keepWhole, transcriptOf, type Transcript } from "./transcript.ts";

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
      return appendText(calling(state), "thinking", event.data.text, ts, event.data.hidden);
    case "thinking_start":
      return withBlocks(calling(state), [...state.in_flight.blocks, { kind: "thinking", text: "", ts }]);
    case "text_done":
      return settle(finishText(calling(state), "text", event.data.text, ts), ts);
    case "thinking_done":
      return settle(finishText(calling(state), "thinking", event.data.text, ts, event.data.hidden), ts);
    case "tool_call_start": {
      const { id, name, hidden } = event.data;
      const block = { kind: "tool_call", id, name, args: "", ts, ...markHidden(hidden) } as const;
      return withBlocks(calling(state), [...state.in_flight.blocks, block]);
    }
    case "tool_call_args_delta":
      return appendArguments(state, event.data.id, event.data.json);
    case "tool_call_done":
      return settle(finishToolCall(state, event.data, ts), ts);
    case "tool_result": {
      const { id, summary, output, is_error, hidden } = event.data;
      const content = output ?? null;
      const item: LoggedItem = { kind: "tool_result", call_id: id, summary, content, is_error, ...markHidden(hidden) };
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
      // The next attempt tells its own usage, under the same number.
      const kept = keepWhole(settleUsage(flush(state, ts), ts), event, ts);
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
    case "shutdown": {
      const settled = settleUsage(flush(state, ts), ts);
      const ended = settled.run.state === "active" ? endRun(settled, "finished", "stopped", ts) : settled;
      return { ...ended, status: "idle", shut_down: true };
    }
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
