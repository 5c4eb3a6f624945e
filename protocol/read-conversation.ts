/**
 * Reading a conversation's file that somebody sent.
 *
 * Owns the bounds and the parsing while it comes: each entry is parsed as soon as it is there, and a file is refused at
 * the first thing that is wrong or too much, whatever follows. Few are read at a time; others wait unread.
 */
import { bodyFailure, tooSlow } from "./arrived.ts";
import { CONVERSATION_MAX_BYTES, ConversationHeader, type ConversationFile } from "./conversation-file.ts";
import { ConversationSplitter, type SplitLimits } from "./conversation-splitter.ts";
import { LogEntry } from "./entry.ts";
import { describeIssues, ProblemError } from "./problem.ts";

/** Bounds of reading files. */
export interface ReadConversationLimits extends SplitLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** From the first byte to the last. */
  readonly timeoutMs: number;
  /** Files that are held at a time. */
  readonly maxAtOnce: number;
}

/** What any conversation that a Runtime keeps under the default limits fits into. */
export const READ_CONVERSATION_LIMITS: ReadConversationLimits = {
  maxBytes: CONVERSATION_MAX_BYTES,
  maxEntries: 20_000,
  maxEntryChars: 4 * 1024 * 1024,
  maxHeaderChars: 64 * 1024,
  maxDepth: 64,
  timeoutMs: 120_000,
  maxAtOnce: 2,
};

/** The last moment that a date can name, in epoch milliseconds. */
const MAX_TS = 8.64e15;
/** More than anybody counts. The Worker counts on from there, and nobody reads what is past where numbers are exact. */
const MAX_COUNT = 2 ** 50;

/** Reads files and gives each to whom it is for; its place is free again when that is done with it. */
export type WithConversation = <Value>(
  request: { readonly headers: Headers; readonly body: ReadableStream<Uint8Array> | null },
  use: (conversation: ConversationFile) => Promise<Value>,
) => Promise<Value>;

/**
 * Makes a reader. It fails with `body_too_large`, `request_too_slow`, `invalid_json`, or `invalid_request` with the
 * path of what is wrong, e.g. `entries.17.segments: …`.
 */
export function createConversationReader(limits: ReadConversationLimits = READ_CONVERSATION_LIMITS): WithConversation {
  const waiting: (() => void)[] = [];
  let free = limits.maxAtOnce;
  return async ({ headers, body }, use) => {
    if (Number(headers.get("Content-Length") ?? 0) > limits.maxBytes) throw tooLarge(limits);
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await use(await readConversation(body, limits));
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

async function readConversation(
  body: ReadableStream<Uint8Array> | null,
  limits: ReadConversationLimits,
): Promise<ConversationFile> {
  const entries: LogEntry[] = [];
  const splitter = new ConversationSplitter(limits, (text) => {
    if (entries.length >= limits.maxEntries) {
      throw new ProblemError("invalid_request", `entries: expected at most ${limits.maxEntries}.`);
    }
    entries.push(parseEntry(text, entries.length));
  });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const bytes of chunks(body, limits)) splitter.push(decode(decoder, bytes));
  splitter.push(decode(decoder));
  const rest = parseJson(splitter.end(), "The file");
  const header = ConversationHeader.safeParse(rest);
  if (!header.success) throw new ProblemError("invalid_request", describeIssues(header.error));
  checkPlain(rest, "The file");
  const { run, usage } = header.data;
  checkCounts(usage, "usage");
  if (run.state === "active" && run.call_usage) checkCounts(run.call_usage, "run.call_usage");
  if (run.state !== "none") checkTime(run.started_ts, "run.started_ts");
  if (run.state === "ended") checkTime(run.ended_ts, "run.ended_ts");
  return { ...header.data, entries };
}

/**
 * The bytes of a body, no more of them and no longer than allowed. What is not wanted any more is taken and dropped: who
 * still sends would not hear the answer.
 */
async function* chunks(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, timeoutMs }: ReadConversationLimits,
): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return;
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  const timer = setTimeout(() => late.reject(tooSlow(timeoutMs)), timeoutMs);
  let size = 0;
  let isOver = false;
  const next = async (): Promise<Uint8Array | null> => {
    try {
      const { value = null } = await Promise.race([reader.read(), late.promise]);
      isOver = value === null;
      size += value?.byteLength ?? 0;
      return value;
    } catch (cause) {
      isOver = true;
      throw bodyFailure(cause);
    }
  };
  try {
    for (let bytes = await next(); bytes !== null; bytes = await next()) {
      if (size > maxBytes) throw tooLarge({ maxBytes });
      yield bytes;
    }
  } finally {
    while (!isOver && size <= maxBytes) await next().catch(() => null);
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

function tooLarge({ maxBytes }: Pick<ReadConversationLimits, "maxBytes">): ProblemError {
  return new ProblemError("body_too_large", `The body is larger than ${maxBytes} bytes.`);
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new ProblemError("invalid_json", "The file is not UTF-8.", { cause });
  }
}

function parseEntry(text: string, index: number): LogEntry {
  const at = `entries.${index}`;
  const value = parseJson(text, at);
  const parsed = LogEntry.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = [at, ...(issue?.path ?? [])].map(String).join(".");
    throw new ProblemError("invalid_request", `${path}: ${issue?.message ?? "not an entry"}`);
  }
  checkTime(parsed.data["ts"], `${at}.ts`);
  if (parsed.data.kind === "turn_end") checkCounts({ turn_count: parsed.data["turn_count"] }, at);
  checkPlain(value, at);
  return parsed.data;
}

/** What is no date would be found out only when it is shown. */
function checkTime(ts: unknown, at: string): void {
  if (typeof ts !== "number" || Math.abs(ts) <= MAX_TS) return;
  throw new ProblemError("invalid_request", `${at}: expected a time in epoch milliseconds.`);
}

function checkCounts(counts: Readonly<Record<string, unknown>>, at: string): void {
  for (const [name, count] of Object.entries(counts)) {
    if (typeof count !== "number" || count <= MAX_COUNT) continue;
    throw new ProblemError("invalid_request", `${at}.${name}: expected at most ${MAX_COUNT}.`);
  }
}

function checkPlain(value: unknown, at: string): void {
  if (hasPrototypeKey(value)) throw new ProblemError("invalid_request", `${at}: a key is called __proto__.`);
}

/** Whether a key would be taken for an object's prototype where objects are copied. The depth was bounded before. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasPrototypeKey);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProblemError("invalid_json", `${what}: expected valid JSON.`, { cause });
  }
}
