/**
 * A conversation as Markdown, for people.
 *
 * Owns the document's shape. What is visible, and as what, is what the console shows (`rowOfEntry`). What was said stands
 * as it was said, and nothing in it can run on into what follows.
 */
import type { Locale } from "../islands/console-data.ts";
import { messagesFor, type Messages } from "../islands/messages.ts";
import { rowOfEntry, type Row } from "../islands/transcript/row.ts";
import type { ConversationHeader } from "../protocol/conversation-file.ts";
import type { LogEntry } from "../protocol/entry.ts";
import { isProblemCode } from "../protocol/problem.ts";
import { exportWordsFor, type ExportWords } from "./export-words.ts";

/** What a reader wants. */
export interface MarkdownOptions {
  readonly locale: Locale;
  /** Whether what the model thought is in it, folded. */
  readonly thinking: boolean;
}

/** About how long a piece is, in UTF-16 code units. */
const PIECE_CHARS = 64 * 1024;
/** Entries before a page that its first rows may speak of. */
const CONTEXT_ENTRIES = 100;

/** The document, piece by piece. Throws what reading the pages throws. */
export async function* writeMarkdown(
  header: ConversationHeader,
  pages: AsyncIterable<readonly LogEntry[]>,
  { locale, thinking }: MarkdownOptions,
): AsyncGenerator<string, void, void> {
  const messages = messagesFor(locale);
  const words = exportWordsFor(locale);
  const worker = header.worker.display_name;
  let piece = head(header, messages, words);
  let speaker = "";
  let before: readonly LogEntry[] = [];
  for await (const page of pages) {
    const entries = [...before, ...page];
    for (let index = before.length; index < entries.length; index += 1) {
      const row = rowOfEntry(entries, index, messages);
      if (row === undefined || (row.kind === "thinking" && !thinking)) continue;
      const text = textOf(row, messages, words);
      if (text === "") continue;
      const by = speakerOf(row, worker, messages);
      if (by !== undefined && by !== speaker) {
        piece += `\n## ${inline(by)}\n\n${timeLine(entries[index])}`;
        speaker = by;
      }
      piece += `\n${text}\n`;
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = "";
    }
    before = entries.slice(-CONTEXT_ENTRIES);
  }
  yield piece;
}

function head(header: ConversationHeader, messages: Messages, words: ExportWords): string {
  const { worker, usage, exported_at, older_entries } = header;
  const facts = [
    [words.worker, `\`${worker.worker_id}\` (\`${worker.runtime_id}\`)`],
    ...(worker.model === undefined ? [] : [[words.model, inline(worker.model)]]),
    [words.exported, time(Date.parse(exported_at))],
    [words.tokens, messages.usage(String(usage.input_tokens), String(usage.output_tokens))],
  ];
  const lines = facts.map(([name, value]) => `- ${name}: ${value}\n`).join("");
  const older = older_entries === 0 ? "" : `\n*${inline(words.older(older_entries))}*\n`;
  return `# ${inline(worker.display_name)}\n\n${lines}${older}`;
}

/** Whose words a row is; `undefined` for a remark, which stands where it stands. */
function speakerOf(row: Row, worker: string, messages: Messages): string | undefined {
  switch (row.kind) {
    case "user":
      return messages.you;
    case "answer":
    case "thinking":
    case "tool_call":
    case "tool_result":
      return worker;
    case "note":
    case "failure":
    case "run_end":
      return undefined;
  }
}

function textOf(row: Row, messages: Messages, words: ExportWords): string {
  const hidden = ` *${inline(messages.hidden)}*`;
  switch (row.kind) {
    case "user":
      return quote(row.text);
    case "answer":
      return closeBlocks(row.text);
    case "thinking": {
      const took =
        row.durationMs === undefined ? messages.thought : messages.thoughtFor(messages.duration(row.durationMs));
      return row.isHidden ? `*${inline(took)} ${inline(messages.hidden)}*` : folded(took, row.text);
    }
    case "tool_call":
      return `**${words.tool}:** ${inline(row.name)}${row.isHidden ? hidden : `\n\n${fence(row.input)}`}`;
    case "tool_result": {
      const name = row.isError ? words.failed : words.result;
      if (row.isHidden) return `**${name}:**${hidden}`;
      const output = row.output === "" ? "" : `\n\n${fence(row.output)}`;
      return `**${name}:** ${inline(row.summary)}${output}`;
    }
    case "note": {
      const text = row.text === undefined ? "" : `: ${inline(row.text)}`;
      const detail = row.detail === undefined ? "" : `\n\n${fence(row.detail)}`;
      return `*${inline(row.label)}*${text}${detail}`;
    }
    case "failure": {
      const { problem, message } = row;
      const why = problem !== undefined && isProblemCode(problem) ? ` ${inline(messages.problem(problem))}` : "";
      return `**${messages.runFailed}.**${why}${message === "" ? "" : `\n\n${fence(message)}`}`;
    }
    case "run_end":
      return row.end.reason === undefined ? "" : `*${inline(messages.runEnd(row.end.reason))}*`;
  }
}

function timeLine(entry: LogEntry | undefined): string {
  const ts = entry?.["ts"];
  return typeof ts === "number" ? `<small>${time(ts)}</small>\n` : "";
}

/** `2026-11-21 08:00:00 UTC`; empty for what is no date. */
function time(ts: number): string {
  const date = new Date(ts);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A person's words, in a block of their own: whatever they begin ends with it. */
function quote(text: string): string {
  return lines(text)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
}

/** As code, with a fence longer than any inside. */
function fence(text: string): string {
  // One after the other: there may be more of them than a call takes arguments.
  let longest = 2;
  for (const [ticks] of text.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  const ticks = "`".repeat(longest + 1);
  return `${ticks}\n${text}\n${ticks}`;
}

function folded(summary: string, text: string): string {
  return `<details>\n<summary>${inline(summary)}</summary>\n\n${fence(text)}\n\n</details>`;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** What begins a block of HTML that ends at its own mark only, and not at an empty line: a tag of four, or a mark. */
const HTML_TAG = /^ {0,3}<(pre|script|style|textarea)(?=[\s>]|$)/i;
const HTML_MARK = /^ {0,3}<(!--|\?|!\[CDATA\[|!(?=[A-Za-z]))/;
/** The end of any of the four tags, whichever it was that began. */
const HTML_TAG_END = /<\/(?:pre|script|style|textarea)>/i;
const HTML_MARK_ENDS: ReadonlyMap<string, string> = new Map([
  ["!--", "-->"],
  ["?", "?>"],
  ["![CDATA[", "]]>"],
  ["!", ">"],
]);

/** A model's words, which are Markdown; a fence, a comment or a block of HTML that they leave open is closed. */
function closeBlocks(text: string): string {
  let open = "";
  let html = "";
  let comment = false;
  for (const line of lines(text)) {
    const [, marks = "", rest = ""] = FENCE.exec(line) ?? [];
    if (open !== "") {
      if (marks.startsWith(open) && rest.trim() === "") open = "";
      continue;
    }
    if (html === "") html = endOfHtml(line);
    // Blocks come first: a comment inside a paragraph ends with it, and hides no fence.
    if (html === "" && marks !== "" && !(marks.startsWith("`") && rest.includes("`"))) {
      open = marks;
      continue;
    }
    if (html.startsWith("</") ? HTML_TAG_END.test(line) : line.includes(html)) html = "";
    const opened = line.lastIndexOf("<!--");
    const closed = line.lastIndexOf("-->");
    if (opened > closed) comment = true;
    else if (closed !== -1) comment = false;
  }
  const ends = new Set([comment && open === "" ? "-->" : "", html, open]);
  ends.delete("");
  return [text, ...ends].join("\n");
}

/** What ends the block of HTML that a line begins; empty where it begins none. */
function endOfHtml(line: string): string {
  const [, tag] = HTML_TAG.exec(line) ?? [];
  if (tag !== undefined) return `</${tag.toLowerCase()}>`;
  const [, mark = ""] = HTML_MARK.exec(line) ?? [];
  return HTML_MARK_ENDS.get(mark) ?? "";
}

function lines(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

/** Plain words in one line, in which nothing is Markdown. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>#&|~]/g, (mark) => `\\${mark}`);
}
