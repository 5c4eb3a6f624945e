/** The fold: what each event does to a transcript, and what must not happen. */
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../protocol/entry.ts";
import { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";

const TS = 1_782_700_000_000;

/** The state after events, one millisecond apart. */
function after(events: readonly (string | [string, object])[], start = emptyTranscript()): Transcript {
  return events.reduce((state, given, index) => {
    const wire = typeof given === "string" ? { event: given } : { event: given[0], data: given[1] };
    return fold(state, Event.parse(wire), TS + index);
  }, start);
}

const message = (content: string): [string, object] => ["user_message", { segments: [{ kind: "text", content }] }];
const running: [string, object] = ["status", { status: "running" }];
const idle: [string, object] = ["status", { status: "idle" }];
const delta = (text: string): [string, object] => ["text_delta", { text }];

/** Each entry in a word or two. */
const told = ({ entries }: Transcript): string[] => entries.map(tell);
function tell(entry: LogEntry): string {
  const item = entry["item"] as
    | { kind: string; text?: string; content?: { text: string }[]; call_id?: string }
    | undefined;
  if (entry.kind === "extension") return `kept ${(entry["payload"] as { event: string }).event}`;
  if (item?.kind === "message") return `says ${item.content?.map(({ text }) => text).join("")}`;
  if (item?.kind === "reasoning") return `thinks ${item.text}`;
  if (item?.kind === "tool_call" || item?.kind === "tool_result") return `${item.kind} ${item.call_id}`;
  return entry.kind;
}

describe("fold() of text", () => {
  test("shows it while it streams and commits it once, whole", () => {
    const state = after([message("hi"), running, delta("Hel"), delta("lo")]);
    expect(state.in_flight.blocks).toEqual([{ kind: "text", text: "Hello", ts: TS + 2 }]);
    expect(told(after([["text_done", { text: "Hello" }]], state))).toEqual(["user_input", "says Hello"]);
  });

  test("begins anew after a block that has ended but waits for an earlier one", () => {
    const state = after([
      ["tool_call_start", { id: "c", name: "Grep" }],
      delta("one"),
      ["text_done", { text: "one" }],
      delta("two"),
    ]);
    expect(state.in_flight.blocks).toMatchObject([
      { kind: "tool_call" },
      { kind: "text", text: "one", finished: true },
      { kind: "text", text: "two" },
    ]);
    const done = after([["tool_call_done", { id: "c", name: "Grep", arguments: "{}" }]], state);
    expect(told(done)).toEqual(["tool_call c", "says one"]);
    expect(done.in_flight.blocks).toMatchObject([{ text: "two" }]);
  });

  test("keeps what streamed when the run ends without the end of the text", () => {
    for (const end of [
      ["run_end", { result: "finished", cause: "cancelled" }],
      ["error", { code: "internal", message: "m" }],
      idle,
      "shutdown",
    ] as const) {
      const state = after([message("hi"), running, delta("Hel"), end as [string, object]]);
      expect(told(state)).toContain("says Hel");
      expect(state.in_flight.blocks).toEqual([]);
      expect(state.run.state).toBe("ended");
    }
  });
});

describe("fold() of thinking", () => {
  test("keeps it with how long it took; an empty one leaves nothing", () => {
    const state = after(["thinking_start", ["thinking_delta", { text: "hm" }], ["thinking_done", { text: "" }]]);
    expect(state.entries).toMatchObject([{ item: { kind: "reasoning", text: "hm", duration_ms: 2 } }]);
    const empty = after(["thinking_start", ["thinking_done", { text: "" }], ["run_end", { result: "finished" }]]);
    expect(told(empty)).toEqual(["run_completed"]);
  });
});

describe("fold() of tool calls", () => {
  test("keeps calls apart whose arguments stream at the same time", () => {
    const state = after([
      ["tool_call_start", { id: "a", name: "Grep" }],
      ["tool_call_start", { id: "b", name: "Glob" }],
      ["tool_call_args_delta", { id: "b", json: "{2" }],
      ["tool_call_args_delta", { id: "a", json: "{1" }],
      ["tool_call_args_delta", { id: "b", json: "}" }],
    ]);
    expect(state.in_flight.blocks).toMatchObject([
      { id: "a", args: "{1", state: "streaming_args" },
      { id: "b", args: "{2}", state: "streaming_args" },
    ]);
  });

  test("takes a result that comes after the turn's end", () => {
    const state = after([
      ["turn_start", { turn: 0 }],
      ["tool_call_done", { id: "a", name: "Grep", arguments: "{}" }],
      ["turn_end", { turn: 0, result: "finished" }],
      ["tool_result", { id: "a", summary: "3 matches" }],
    ]);
    expect(told(state)).toEqual(["tool_call a", "turn_end", "tool_result a"]);
    expect(state.entries.at(-1)).toMatchObject({ item: { summary: "3 matches", content: null, is_error: false } });
  });
});

describe("fold() of a run", () => {
  test("knows it from its message to its end", () => {
    const active = after([message("hi"), running, ["llm_call_start", { llm_call: 4 }]]);
    expect(active.run).toEqual({ state: "active", started_ts: TS, llm_call: 4, retry: undefined });
    expect(after([["run_end", { result: "finished" }], idle], active)).toMatchObject({
      status: "idle",
      run: { state: "ended", started_ts: TS, result: "finished" },
    });
  });

  test("that a Worker without a word is no longer at is interrupted, never going on", () => {
    expect(after([message("hi"), running, delta("a"), idle]).run).toMatchObject({
      state: "ended",
      cause: "interrupted",
    });
  });

  test("that failed is not ended a second time by its run_end", () => {
    const state = after([
      message("hi"),
      running,
      ["error", { code: "provider_error", message: "503", cause: "provider", problem: "provider_unavailable" }],
      ["run_end", { result: "finished", cause: "provider" }],
      idle,
    ]);
    expect(told(state)).toEqual(["user_input", "run_errored"]);
    expect(state.entries[1]).toMatchObject({ message: "503", code: "provider_error", problem: "provider_unavailable" });
    expect(state.run).toMatchObject({ state: "ended", result: "errored", cause: "provider" });
  });

  test.each(["already_running", "not_running", "not_paused"])(
    "is not ended by %s, which refuses someone's command and is no failure of the run",
    (code) => {
      const state = after([message("hi"), running, delta("a"), ["error", { code, message: "no" }], delta("b")]);
      expect(state.run.state).toBe("active");
      expect(state.in_flight.blocks).toMatchObject([{ text: "ab" }]);
      expect(told(state)).toEqual(["user_input", "kept error"]);
    },
  );

  test("counts each call's usage once, however often the provider tells it", () => {
    const usage = (input: number, output: number | null): [string, object] => [
      "usage",
      { input_tokens: input, output_tokens: output },
    ];
    const state = after([
      message("hi"),
      usage(10, null),
      usage(10, 5),
      ["llm_call_end", { llm_call: 0 }],
      ["llm_call_start", { llm_call: 1 }],
      usage(20, 1),
      ["run_end", { result: "finished" }],
    ]);
    expect(state.usage).toEqual({ input_tokens: 30, output_tokens: 6, cache_read_input_tokens: 0, llm_calls: 2 });
    expect(told(state).filter((entry) => entry === "llm_usage")).toHaveLength(2);
  });

  test("shows the wait for another attempt until something comes", () => {
    const retry = { llm_call: 0, failed_attempt: 1, max_attempts: 3, wait_ms: 500, elapsed_ms: 1, error: "503" };
    const waiting = after([message("hi"), running, ["llm_retry", retry]]);
    expect(waiting.run).toMatchObject({ retry: { failed_attempt: 1, max_attempts: 3, wait_ms: 500, ts: TS + 2 } });
    expect(after([delta("a")], waiting).run).toMatchObject({ retry: undefined });
    expect(told(waiting)).toEqual(["user_input", "kept llm_retry"]);
  });

  test("counts the usage of each attempt of a call", () => {
    const retry = { llm_call: 0, failed_attempt: 1, max_attempts: 3, wait_ms: 500, elapsed_ms: 1, error: "no answer" };
    const call: [string, object] = ["llm_call_start", { llm_call: 0 }];
    const usage: [string, object] = ["usage", { input_tokens: 10, output_tokens: 2 }];
    const done: [string, object] = ["llm_call_end", { llm_call: 0 }];
    const state = after([message("hi"), running, call, usage, ["llm_retry", retry], usage, done]);
    expect(state.usage).toEqual({ input_tokens: 20, output_tokens: 4, cache_read_input_tokens: 0, llm_calls: 2 });
    expect(told(state)).toEqual(["user_input", "llm_usage", "kept llm_retry", "llm_usage"]);
  });
});

describe("fold() of what replaces the conversation", () => {
  const config = { max_tokens: null, temperature: null, top_p: null, top_k: null, stop_sequences: [], reasoning: null };
  const history = [{ kind: "message", role: "user", content: [{ kind: "text", text: "summary" }] }];
  const entry = { kind: "segment_start", ts: 1, session_id: "s", system_prompt: null, config, history };

  test("segment_rotated begins from its history and keeps the errors that were seen", () => {
    const state = after([
      message("hi"),
      ["error", { code: "internal", message: "m" }],
      message("again"),
      ["segment_rotated", { entry }],
      delta("on"),
    ]);
    expect(told(state)).toEqual(["says summary", "run_errored"]);
    expect([state.entries_start, state.run.state]).toEqual([0, "active"]);
  });

  test("rewind_applied takes the entries that it brings", () => {
    const entries = [{ kind: "user_input", ts: 1, segments: [{ kind: "text", content: "hi" }] }];
    const summary = { truncated_to_entries: 1, discarded_entries: 2, tool_side_effect_warning: false };
    const state = after([message("a"), delta("b"), ["rewind_applied", { entries, input: [], summary }]]);
    expect(told(state)).toEqual(["user_input"]);
    expect(state.in_flight.blocks).toEqual([]);
  });

  test("a snapshot replaces everything, also errors that live events had shown", () => {
    const greeting = { worker_name: "w", cwd: "", provider: "p", model: "m", scope_summary: "", tools: [] };
    const errored = { kind: "run_errored", ts: 1, interrupted: true, message: "m" };
    const state = after([
      message("a"),
      ["error", { code: "internal", message: "m" }],
      ["snapshot", { entries: [errored], greeting, status: "running" }],
    ]);
    expect(told(state)).toEqual(["run_errored"]);
    expect(state).toMatchObject({ greeting: { worker_name: "w" }, status: "running", run: { state: "active" } });
  });
});

describe("fold() of everything else", () => {
  test("keeps what people should see, once, and nothing of answers to other clients' commands", () => {
    const alert = { level: "warn", source: "engine", message: "slow", timestamp_ms: 1 };
    const state = after([
      ["alert", alert],
      "compact_start",
      ["compact_failed", { error: "e" }],
      ["hologram_delta", { depth: 3 }],
      ["system_item", { item: { kind: "interrupt", body: "b" } }],
      ["completions", { kind: "file", entries: [] }],
      ["workers_listed", { workers: [] }],
    ]);
    expect(told(state)).toEqual([
      "kept alert",
      "kept compact_start",
      "kept compact_failed",
      "kept hologram_delta",
      "system_item",
    ]);
  });

  test("a status of a newer peer is shown as it is and ends nothing", () => {
    const state = after([message("hi"), running, ["status", { status: "hibernating" }]]);
    expect([state.status, state.run.state]).toEqual(["hibernating", "active"]);
  });
});
