/**
 * Generated pieces of events: texts, segments, entries, and the events that belong to no run.
 *
 * Owns the arbitraries that `generate-events.ts` builds its logs from.
 */
import * as fc from "fast-check";

/** An event as it stands on the wire. */
export interface WireEvent {
  readonly event: string;
  readonly data?: unknown;
}

/** An event; a unit variant without `data`. */
export function wireEvent(event: string, data?: unknown): WireEvent {
  return data === undefined ? { event } : { event, data };
}

/** Text of all sorts: words, markup, escapes, wide characters, nothing. */
export const word = fc.oneof(
  fc.constantFrom("Hello ", "there", "\n\n", "```ts\n", '{"a":', "こんにちは", "👩‍👩‍👧", "", "\u2028", "</script>"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

/** One of the known values, or one of a newer peer. */
export const enumOf = (...known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.constant("hibernating") });

const key = fc.constantFrom("depth", "__proto__", "constructor", "0", "kind", "data");

/** Keys that this side does not know. */
const strangeData = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

const segment = fc.oneof(
  word.map((content) => ({ kind: "text", content })),
  word.map((content) => ({ kind: "paste", id: 1, chars: content.length, lines: 1, content })),
  fc.constantFrom(
    { kind: "file_ref", path: "src/a.ts" },
    { kind: "knowledge_ref", slug: "style" },
    { kind: "workflow_invoke", slug: "review" },
    { kind: "unknown" },
    { kind: "hologram", depth: 3 },
  ),
);

const segments = fc.array(segment, { minLength: 1, maxLength: 2 });

const item = fc.oneof(
  fc
    .record({ role: enumOf("user", "assistant", "system"), text: word })
    .map(({ role, text }) => ({ kind: "message", role, content: [{ kind: "text", text }] })),
  word.map((text) => ({ kind: "reasoning", text })),
  fc.constantFrom(
    { kind: "tool_call", call_id: "c-1", name: "Glob", arguments: "{}" },
    { kind: "tool_result", call_id: "c-1", summary: "12 paths", content: "a.ts" },
    {
      kind: "message",
      role: "assistant",
      content: [
        { kind: "refusal", refusal: "no" },
        { kind: "image", url: "x" },
      ],
    },
    { kind: "hologram", depth: 3 },
  ),
);

const ts = fc.nat({ max: 999 }).map((offset) => 1_782_600_000_000 + offset);

const config = { max_tokens: null, temperature: 0.5, top_p: null, top_k: null, stop_sequences: [], reasoning: "low" };

const entry = fc.oneof(
  fc.record({ kind: fc.constant("user_input"), ts, segments }),
  fc.record({ kind: fc.constant("assistant_item"), ts, item }),
  fc.record({ kind: fc.constant("run_errored"), ts, interrupted: fc.boolean(), message: word }),
  fc.record({ kind: fc.constant("system_item"), ts, item: fc.jsonValue({ maxDepth: 1 }) }),
  fc.record({ kind: fc.constant("extension"), ts, domain: fc.constant("metrics"), payload: fc.jsonValue() }),
  fc.record({ kind: fc.constant("config_changed"), ts, config: fc.constant(config) }),
  fc.record({ kind: fc.constant("holo_entry"), ts, depth: fc.nat() }),
);

const entries = fc.array(entry, { maxLength: 3 });

const segmentStart = fc.record({
  kind: fc.constant("segment_start"),
  ts,
  session_id: fc.constant("9f1f7c5e-0a61-4d3a-8f4e-0d6d1f2f3a4b"),
  system_prompt: fc.option(word),
  config: fc.constant(config),
  history: fc.array(item, { maxLength: 3 }),
});

/** A message with what comes before and after it. */
export const message = fc
  .record({
    trigger: fc.option(enumOf("user_send", "notify", "worker_event", "system_reminder", "wakeup")),
    segments,
    submission: fc.option(fc.constantFrom("s-1", "s-2")),
    statusFirst: fc.boolean(),
  })
  .map(({ trigger, segments: content, submission, statusFirst }): WireEvent[] => {
    const running = wireEvent("status", { status: "running" });
    const start = [
      ...(trigger === null ? [] : [wireEvent("invoke_start", { kind: trigger })]),
      wireEvent("user_message", {
        segments: content,
        ...(submission === null ? {} : { submission_id: submission }),
      }),
    ];
    return statusFirst ? [running, ...start] : [...start, running];
  });

const greeting = {
  worker_name: "w",
  cwd: "",
  provider: "p",
  model: "m",
  scope_summary: "s",
  tools: ["Grep"],
  context_window: 10,
  context_tokens: 1,
};

const block = fc.oneof(
  word.map((text) => ({ kind: "text", text })),
  word.map((text) => ({ kind: "thinking", text, finished: true })),
  fc.constantFrom(
    { kind: "tool_call", id: "c-9", name: "Grep", args: '{"pa', state: "streaming_args" },
    { kind: "tool_call", id: "c-8", name: "Grep", args: "" },
    { kind: "hologram", depth: 3 },
  ),
);

const reason = fc.record({ reason: word }).map(({ reason: value }) => value);

/** Every event that may stand anywhere in a log. */
export const remark: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((value) => wireEvent("system_item", { item: value })),
  fc.constant(wireEvent("system_item", { item: { kind: "interrupt", body: "stop" } })),
  reason.map((value) => wireEvent("llm_continuation", { llm_call: 1, attempt: 1, max_attempts: 2, reason: value })),
  fc
    .record({ level: enumOf("warn", "error"), source: enumOf("worker", "engine", "compactor"), message: word })
    .map((alert) => wireEvent("alert", { ...alert, timestamp_ms: 1_782_700_000_123 })),
  word.map((value) =>
    wireEvent("memory_worker", {
      worker: "m",
      status: "done",
      run_id: "r",
      trigger: "t",
      reason: value,
      message: "",
      timestamp_ms: -1,
    }),
  ),
  fc.constantFrom(
    wireEvent("compact_start"),
    wireEvent("compact_done", { new_segment_id: "9f1f7c5e-0a61-4d3a-8f4e-0d6d1f2f3a4b" }),
    wireEvent("compact_failed", { error: "too short" }),
    wireEvent("completions", { kind: "file", entries: [{ value: "a.ts", is_dir: false }] }),
    wireEvent("rewind_targets", { head_entries: 3, targets: [] }),
    wireEvent("workers_listed", { workers: [] }),
    wireEvent("worker_restored", { result: null }),
    wireEvent("peer_registered", { result: { ok: true } }),
    wireEvent("error", { code: "already_running", message: "busy" }),
    wireEvent("error", { code: "not_paused", message: "no" }),
  ),
  segmentStart.map((value) => wireEvent("segment_rotated", { entry: value })),
  fc.record({ entries, input: segments }).map((rewind) =>
    wireEvent("rewind_applied", {
      ...rewind,
      summary: { truncated_to_entries: 1, discarded_entries: 2, tool_side_effect_warning: false },
    }),
  ),
  fc
    .record({ entries, status: enumOf("idle", "running", "paused"), blocks: fc.array(block, { maxLength: 2 }) })
    .map(({ entries: kept, status, blocks }) =>
      wireEvent("snapshot", { entries: kept, greeting, status, in_flight: { blocks } }),
    ),
);

/** An event of a newer peer. */
export const alien: fc.Arbitrary<WireEvent> = fc
  .record({ event: fc.constantFrom("hologram_delta", "toString", "tool_call_paused"), data: strangeData })
  .map(({ event, data }) => wireEvent(event, data));
