/** Rows: which entries and blocks a reader sees, and as what. */
import { describe, expect, test } from "vitest";
import { en } from "../../islands/messages-en.ts";
import { rowOfBlock, rowOfEntry } from "../../islands/transcript/row.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { EVENT_DOMAIN } from "../../protocol/transcript.ts";

const said: LogEntry = { kind: "user_input", ts: 1_000, segments: [{ kind: "text", content: "hi" }] };
const usage = (input: number, output: number): LogEntry => ({
  kind: "llm_usage",
  ts: 2_000,
  history_len: 1,
  input_total_tokens: input,
  cache_read_tokens: 1,
  cache_write_tokens: 0,
  output_tokens: output,
});
const rowsOf = (...entries: LogEntry[]) => entries.flatMap((_entry, index) => rowOfEntry(entries, index, en) ?? []);
const wrapped = (payload: unknown): LogEntry => ({ kind: "extension", ts: 1, domain: EVENT_DOMAIN, payload });

describe("rowOfEntry()", () => {
  test("a finished run sums up its calls and its time", () => {
    const end: LogEntry = { kind: "run_completed", ts: 4_500, interrupted: false, result: "finished" };
    expect(rowsOf(usage(9, 9), said, usage(10, 2), usage(20, 3), end)).toEqual([
      { kind: "user", text: "hi", ts: 1_000 },
      { kind: "run_end", end: { reason: undefined, usage: { input: 30, output: 5, cached: 2 }, durationMs: 3_500 } },
    ]);
  });

  test("a cancelled run says so and keeps its text", () => {
    const text: LogEntry = {
      kind: "assistant_item",
      ts: 2,
      item: { kind: "message", role: "assistant", content: [{ kind: "text", text: "so f" }] },
    };
    const end: LogEntry = {
      kind: "run_completed",
      ts: 1_000,
      interrupted: true,
      result: "finished",
      cause: "cancelled",
    };
    expect(rowsOf(said, text, end)).toMatchObject([
      { kind: "user" },
      { kind: "answer", text: "so f", isStreaming: false },
      { kind: "run_end", end: { reason: "cancelled" } },
    ]);
  });

  test("a failed run keeps the provider's words and the code", () => {
    const end: LogEntry = {
      kind: "run_errored",
      ts: 1_000,
      interrupted: true,
      message: "429 slow down",
      code: "provider_error",
      problem: "provider_rate_limited",
    };
    expect(rowsOf(said, end)[1]).toMatchObject({
      kind: "failure",
      message: "429 slow down",
      problem: "provider_rate_limited",
    });
  });

  test("bookkeeping is not shown", () => {
    expect(
      rowsOf({ kind: "invoke", ts: 1, trigger: "user_send" }, { kind: "turn_end", ts: 1, turn_count: 1 }, usage(1, 1), {
        kind: "paused_turn_abandoned",
        ts: 1,
      }),
    ).toEqual([]);
  });

  test("events kept whole are quiet lines with their own words", () => {
    const alert = { event: "alert", data: { level: "error", source: "engine", message: "Full.", timestamp_ms: 1 } };
    const retry = {
      event: "llm_retry",
      data: { llm_call: 0, failed_attempt: 1, max_attempts: 3, wait_ms: 2_000, elapsed_ms: 1, error: "429" },
    };
    expect(rowsOf(wrapped(alert), wrapped(retry), wrapped({ event: "compact_start" }))).toMatchObject([
      { kind: "note", tone: "error", text: "Full." },
      { kind: "note", tone: "warn", label: "Attempt 1 of 3 failed; trying again after 2 s", text: "429" },
      { kind: "note", tone: "quiet" },
    ]);
  });

  test("unknown entries, items, events and system items are lines that open", () => {
    const rows = rowsOf(
      { kind: "hologram", depth: 3 },
      { kind: "assistant_item", ts: 1, item: { kind: "scent", note: "rose" } },
      wrapped({ event: "aurora", data: {} }),
      { kind: "system_item", ts: 1, item: { kind: "omen", weight: 2 } },
      { kind: "system_item", ts: 1, item: "no object" },
    );
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatchObject({ kind: "note", tone: "quiet", detail: expect.any(String) });
  });

  test("a system item shows what the model saw", () => {
    const item = { kind: "notification", message: "m", body: "Build finished" };
    expect(rowsOf({ kind: "system_item", ts: 1, item })).toEqual([
      { kind: "note", tone: "quiet", label: "Notification", detail: "Build finished" },
    ]);
  });

  test("a message of nobody's that is hidden says so", () => {
    const item = { kind: "message", role: "system", content: [{ kind: "hidden", hidden: true }] };
    expect(rowsOf({ kind: "assistant_item", ts: 1, item })).toEqual([
      { kind: "note", tone: "quiet", label: en.system, text: en.hidden },
    ]);
  });

  test("a system item that is hidden says so", () => {
    const hidden = [{ kind: "notification", hidden: true }, { hidden: true }];
    expect(rowsOf(...hidden.map((item) => ({ kind: "system_item", ts: 1, item })))).toEqual([
      { kind: "note", tone: "quiet", label: "Notification", text: en.hidden },
      { kind: "note", tone: "quiet", label: en.unknown("system_item"), text: en.hidden },
    ]);
  });
});

describe("rowOfBlock()", () => {
  test("a block and the entry that it becomes are rows of one kind", () => {
    expect(rowOfBlock({ kind: "text", text: "a" }, en)).toEqual({ kind: "answer", text: "a", isStreaming: true });
    expect(rowOfBlock({ kind: "thinking", text: "a", ts: 5, finished: true }, en)).toMatchObject({
      kind: "thinking",
      isStreaming: false,
    });
    expect(rowOfBlock({ kind: "tool_call", id: "1", name: "ls", args: "{" }, en)).toMatchObject({
      kind: "tool_call",
      isStreaming: true,
    });
    expect(rowOfBlock({ kind: "dream", depth: 1 }, en)).toMatchObject({ kind: "note" });
  });
});
