/**
 * A conversation's file, as an export writes it.
 *
 * Owns one of each kind of entry, and a file around whatever a test wants in it.
 */
import { ConversationFile } from "../../protocol/conversation-file.ts";

const said = (kind: string, content: unknown) => ({
  kind: "assistant_item",
  ts: 3,
  item: { kind, ...(content as object) },
});

/** One entry of every kind, and some that nobody knows. */
export const everyEntry: readonly Record<string, unknown>[] = [
  {
    kind: "segment_start",
    ts: 0,
    session_id: "s",
    system_prompt: null,
    config: { max_tokens: null, temperature: 0.5, stop_sequences: ["x"], hologram: true },
    history: [{ kind: "message", role: "user", content: [{ kind: "text", text: "before" }] }],
  },
  { kind: "invoke", ts: 1, trigger: "user_send" },
  {
    kind: "user_input",
    ts: 1,
    segments: [
      { kind: "text", content: "見て 👀 \u2028 </script>" },
      { kind: "paste", id: 1, chars: 3, lines: 1, content: "abc" },
      { kind: "file_ref", path: "a/b.ts" },
      { kind: "hologram", depth: 3 },
    ],
    submission_id: "s-1",
  },
  said("reasoning", { text: "hm", summary: null, duration_ms: 1200 }),
  said("tool_call", { call_id: "c1", name: "read", arguments: '{"path":"a"}' }),
  {
    kind: "tool_result",
    ts: 3,
    item: { kind: "tool_result", call_id: "c1", summary: "read", content: "```\nx\n```", is_error: false },
  },
  said("message", { role: "assistant", content: [{ kind: "text", text: "It is\n```ts\nconst a = 1;\n```" }] }),
  said("hologram", { depth: 3, inner: { constructor: "c", prototype: [1, null] } }),
  { kind: "system_item", ts: 4, item: { kind: "interrupt", body: "stop" } },
  {
    kind: "llm_usage",
    ts: 5,
    history_len: 3,
    input_total_tokens: 9,
    cache_read_tokens: 2,
    cache_write_tokens: 0,
    output_tokens: 4,
  },
  { kind: "turn_end", ts: 6, turn_count: 7 },
  { kind: "run_completed", ts: 6, interrupted: false, result: "finished" },
  { kind: "invoke", ts: 7, trigger: "user_send" },
  { kind: "user_input", ts: 7, segments: [{ kind: "text", content: "again" }] },
  { kind: "run_errored", ts: 8, interrupted: true, message: "It broke", code: "provider_error", cause: "provider" },
  { kind: "paused_turn_abandoned", ts: 9 },
  { kind: "config_changed", ts: 9, config: { stop_sequences: [] } },
  { kind: "extension", ts: 9, domain: "workspace.event", payload: { event: "hologram_delta", data: { a: [1] } } },
  { kind: "hologram", ts: 10, depth: { deeper: { deepest: true } } },
  { kind: "hologram" },
];

/** A file of a Worker called Scribe. */
export function conversationFile(changes: Readonly<Record<string, unknown>> = {}): ConversationFile {
  return ConversationFile.parse({
    format: "yoi-conversation",
    version: 1,
    exported_at: "2026-11-21T08:00:00.000Z",
    worker: {
      runtime_id: "elsewhere",
      worker_id: "worker-00000001",
      display_name: "Scribe",
      profile: { kind: "runtime_default" },
      model: "scripted",
    },
    usage: { input_tokens: 9, output_tokens: 4, cache_read_input_tokens: 2, llm_calls: 1 },
    run: { state: "none" },
    older_entries: 0,
    entries: [],
    ...changes,
  });
}
