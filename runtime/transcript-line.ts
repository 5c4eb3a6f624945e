/**
 * From log entries to what people and models read.
 *
 * Owns two pure projections of a conversation: the messages that a model is given, and the lines of the bounded
 * transcript. Thinking, usage and remarks are in neither.
 */
import { isKnownEntry, isKnownItem, type LogEntry, type LoggedItem } from "../protocol/entry.ts";
import { flattenSegments } from "../protocol/segment.ts";
import type { ModelMessage } from "./model/model.ts";

/** A line of the transcript before it has a number. */
export interface TranscriptLine {
  readonly role: "user" | "assistant" | "system";
  readonly content: string;
  readonly ts: number;
}

/** Text of an assistant's message; empty for every other item. */
function messageText(item: LoggedItem): string {
  if (!isKnownItem(item) || item.kind !== "message") return "";
  return item.content
    .map((part) => {
      if (part.kind === "text" && typeof part["text"] === "string") return part["text"];
      return part.kind === "refusal" && typeof part["refusal"] === "string" ? part["refusal"] : "";
    })
    .join("");
}

/**
 * Who speaks: a rotated segment keeps what people said among the items of its history. Whoever is neither a person nor the
 * Worker, such as a tool, has no say in the conversation.
 */
function roleOf(item: LoggedItem): TranscriptLine["role"] {
  if (!isKnownItem(item) || item.kind !== "message") return "assistant";
  switch (item.role) {
    case "user":
      return "user";
    case "assistant":
      return "assistant";
    default:
      return "system";
  }
}

/** The line that an entry adds to the transcript, or null where it adds none. */
export function transcriptLine(entry: LogEntry): TranscriptLine | null {
  if (!isKnownEntry(entry)) return null;
  switch (entry.kind) {
    case "user_input":
      return { role: "user", content: flattenSegments(entry.segments), ts: entry.ts };
    case "assistant_item": {
      const content = messageText(entry.item);
      return content.trim() === "" ? null : { role: roleOf(entry.item), content, ts: entry.ts };
    }
    case "run_errored":
      return { role: "system", content: `error: ${entry.message}`, ts: entry.ts };
    case "tool_result": {
      const { item } = entry;
      if (!isKnownItem(item) || item.kind !== "tool_result") return null;
      const failed = item.is_error ? "error: " : "";
      return { role: "system", content: `tool result ${item.call_id}: ${failed}${item.summary}`, ts: entry.ts };
    }
    default:
      return null;
  }
}

/** What people and the Worker said, oldest first, each by itself: a message that got no answer may be left out. */
export function modelMessages(entries: readonly LogEntry[]): readonly ModelMessage[] {
  return entries.flatMap((entry): ModelMessage[] => {
    const line = transcriptLine(entry);
    return line === null || line.role === "system" ? [] : [{ role: line.role, content: line.content }];
  });
}
