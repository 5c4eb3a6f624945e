/**
 * How high entries will be about, before they have been laid out: what keeps the scroll bar honest. Wrong by a half is good
 * enough, since the browser remembers the true height once it has seen it.
 */
import { isKnownEntry, isKnownItem, type LogEntry } from "../../protocol/entry.ts";
import { flattenSegments } from "../../protocol/segment.ts";

const LINE_PX = 27;
const CHARS_PER_LINE = 80;
const QUIET_LINE_PX = 30;
const MESSAGE_MARGIN_PX = 44;
/** The bubble's padding, and the time below it. */
const OWN_MESSAGE_PX = 96;
const MAX_PX = 200_000;

/** In CSS pixels, a whole number. */
export function estimateHeight(entries: readonly LogEntry[]): number {
  return Math.min(
    MAX_PX,
    entries.reduce((sum, entry) => sum + heightOf(entry), 0),
  );
}

function heightOf(entry: LogEntry): number {
  if (!isKnownEntry(entry)) return QUIET_LINE_PX;
  switch (entry.kind) {
    case "user_input":
      return OWN_MESSAGE_PX + textHeight(flattenSegments(entry.segments));
    case "assistant_item": {
      const { item } = entry;
      if (!isKnownItem(item) || item.kind !== "message") return QUIET_LINE_PX;
      const text = item.content.map(({ text }) => (typeof text === "string" ? text : "")).join("");
      return MESSAGE_MARGIN_PX + textHeight(text);
    }
    case "tool_result":
    case "system_item":
    case "run_completed":
    case "extension":
      return QUIET_LINE_PX;
    case "run_errored":
      return 4 * QUIET_LINE_PX;
    case "invoke":
    case "segment_start":
    case "turn_end":
    case "paused_turn_abandoned":
    case "config_changed":
    case "llm_usage":
      return 0;
  }
}

function textHeight(text: string): number {
  let lines = 0;
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf("\n", from);
    const length = (end === -1 ? text.length : end) - from;
    lines += Math.max(1, Math.ceil(length / CHARS_PER_LINE));
    if (end === -1) break;
    from = end + 1;
  }
  return lines * LINE_PX;
}
