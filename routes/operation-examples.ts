/**
 * Bodies that work, for the operations whose bodies are long. A test sends them.
 */

/** A config bundle with its digest. */
export const BUNDLE_EXAMPLE = {
  metadata: {
    id: "demo-bundle",
    digest: "aa1b29d3f42a38d2af789b3af8d06a61acd9aa41025387001516af1feada2500",
    revision: "r1",
    workspace_id: "ws-demo",
    created_at: "2026-01-02T03:04:05Z",
    provenance: { source: "demo-backend" },
  },
  profiles: [{ selector: { kind: "runtime_default" } }],
} as const;

/** A conversation's file. */
export const CONVERSATION_EXAMPLE = {
  format: "yoi-conversation",
  version: 1,
  exported_at: "2026-11-21T08:00:00.000Z",
  worker: {
    runtime_id: "backend-internal",
    worker_id: "companion",
    display_name: "Companion",
    profile: { kind: "runtime_default" },
  },
  usage: { input_tokens: 9, output_tokens: 4, cache_read_input_tokens: 0, llm_calls: 1 },
  run: { state: "none" },
  older_entries: 0,
  entries: [{ kind: "user_input", ts: 1_782_700_001_000, segments: [{ kind: "text", content: "Hello" }] }],
} as const;
