/**
 * Transcript lines as log entries.
 *
 * Owns the mapping for a Runtime that has the transcript's lines only: a line is the entry that shows it. Such a Runtime
 * says neither when a line came nor what else it was.
 */
import type { LogEntry } from "../../protocol/entry.ts";
import type { TranscriptItem } from "../../protocol/runtime-api.ts";
import { textSegment } from "../../protocol/segment.ts";

/** The entry that shows a line. `readTs`: when it was read, for lines without a time. */
export function entryOfItem(line: TranscriptItem, readTs: number): LogEntry {
  const { role, content } = line;
  const ts = line.ts ?? readTs;
  switch (role) {
    case "user":
      return { kind: "user_input", ts, segments: [textSegment(content)] };
    case "assistant":
      return {
        kind: "assistant_item",
        ts,
        item: { kind: "message", role: "assistant", content: [{ kind: "text", text: content }] },
      };
    default:
      return { kind: "system_item", ts, item: { kind: "notification", message: content, body: content } };
  }
}
