/** What can be searched of an entry: the words that a reader can see of it, and whose they are. Pure. */
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import { flattenSegments } from "../../protocol/segment.ts";

export type Speaker = "you" | "worker" | "thinking" | "tool" | "system" | "failure";

export interface EntryText {
  /** Place in the whole conversation. */
  readonly index: number;
  readonly ts: number | undefined;
  readonly who: Speaker;
  readonly text: string;
}

/** `undefined` for an entry without words. */
export function entryText(entry: LogEntry, index: number): EntryText | undefined {
  if (!isKnownEntry(entry)) return undefined;
  const { ts } = entry;
  switch (entry.kind) {
    case "user_input":
      return withText({ index, ts, who: "you" }, [flattenSegments(entry.segments)]);
    case "assistant_item":
    case "tool_result":
      return withText({ index, ts, who: speakerOf(entry.item) }, textsIn(entry.item));
    case "system_item":
      return withText({ index, ts, who: "system" }, textsIn(entry.item));
    case "run_errored":
      return withText({ index, ts, who: "failure" }, [entry.message]);
    default:
      return undefined;
  }
}

function withText(about: Omit<EntryText, "text">, texts: readonly string[]): EntryText | undefined {
  const text = texts.join("\n").trim();
  return text === "" ? undefined : { ...about, text };
}

function speakerOf(item: { readonly kind: string; readonly role?: unknown }): Speaker {
  if (item.kind === "reasoning") return "thinking";
  if (item.kind === "tool_call" || item.kind === "tool_result") return "tool";
  if (item.role === "user") return "you";
  return item.role === "system" ? "system" : "worker";
}

/** Keys whose strings are words for a reader; the others are names and ids. */
const WORDS: ReadonlySet<string> = new Set([
  "content",
  "text",
  "refusal",
  "arguments",
  "name",
  "summary",
  "body",
  "message",
]);

/** The words of a value, however deep they stand: kinds of newer peers are searched as well. */
function textsIn(value: unknown, key = "text"): readonly string[] {
  if (typeof value === "string") return WORDS.has(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((inner) => textsIn(inner, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}
