/**
 * What the reference's Runtime says of itself, of its Workers and of their runs.
 *
 * Owns the shapes only, with the keys that it writes and none of ours.
 */
const RUNTIME_ID = "lab";

/** A Worker's whole name. */
export const refOf = (workerId: string) => ({ runtime_id: RUNTIME_ID, worker_id: workerId });

/** What a Worker publishes. */
export interface Published {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A Worker of a peer. */
export interface PeerWorker {
  readonly id: string;
  readonly profile: unknown;
  readonly config_bundle: unknown;
  status: "running" | "stopped" | "cancelled";
  runState: "idle" | "busy" | "stopped";
  outcome: "accepted" | "busy";
  readonly lines: { role: string; content: string }[];
}

/** The summary. */
export function peerDetail(workers: readonly PeerWorker[]) {
  const count = (status: string) => workers.filter((worker) => worker.status === status).length;
  return {
    runtime_id: RUNTIME_ID,
    display_name: null,
    backend: "memory",
    status: "running",
    worker_count: workers.length,
    active_worker_count: count("running"),
    stopped_worker_count: count("stopped"),
    cancelled_worker_count: count("cancelled"),
    diagnostic_count: 0,
    limits: { max_transcript_projection_items: 256, max_event_batch_items: 256 },
  };
}

/** A Worker, in a list and by its id alike. */
export function peerWorker({ id, profile, config_bundle, status, runState, outcome, lines }: PeerWorker) {
  return {
    worker_ref: refOf(id),
    runtime_id: RUNTIME_ID,
    worker_id: id,
    status,
    execution: {
      backend: "connected",
      run_state: runState,
      binding: { backend_id: "worker-crate" },
      last_result: { operation: "input", outcome, run_state: runState },
    },
    profile,
    config_bundle,
    transcript_len: lines.length,
    last_event_id: 2,
  };
}

/** The events of a run that answers in several pieces. The person's message comes late, as it may there. */
export function peerRun(content: string): readonly Published[] {
  const pieces = ["You said ", "something ", "of note."];
  return [
    { event: "status", data: { status: "running" } },
    { event: "user_message", data: { segments: [{ kind: "text", content }] } },
    { event: "turn_start", data: { turn: 0 } },
    { event: "llm_call_start", data: { llm_call: 0 } },
    ...pieces.map((text) => ({ event: "text_delta", data: { text } })),
    { event: "text_done", data: { text: pieces.join("") } },
    { event: "usage", data: { input_tokens: 1, output_tokens: null } },
    { event: "llm_call_end", data: { llm_call: 0 } },
    { event: "turn_end", data: { turn: 0, result: "finished" } },
    { event: "run_end", data: { result: "finished" } },
    { event: "status", data: { status: "idle" } },
  ];
}
