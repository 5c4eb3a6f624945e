/**
 * A Worker as its Runtime lists it.
 *
 * Owns the way from what a Worker knows of itself to the wire's `WorkerDetail`. Pure.
 */
import type { WorkerRef } from "../protocol/id.ts";
import type { WorkerDetail, WorkerExecutionResult } from "../protocol/runtime-api.ts";
import type { WorkerRecord } from "./store/store.ts";

/** What a Worker knows of itself. */
export interface WorkerFacts {
  readonly ref: WorkerRef;
  readonly record: WorkerRecord;
  readonly lifecycle: WorkerRecord["lifecycle"];
  readonly runState: "idle" | "busy" | "stopped";
  readonly lastResult: WorkerExecutionResult;
  /** How many lines the conversation has had. */
  readonly lineCount: number;
  /** Position of the newest event. */
  readonly head: number;
  /** The model's name. */
  readonly model: string;
}

/** The Worker for the wire. */
export function workerDetail(facts: WorkerFacts): WorkerDetail {
  const { ref, record, lifecycle, runState, lastResult, lineCount, head, model } = facts;
  return {
    worker_ref: ref,
    runtime_id: ref.runtime_id,
    worker_id: ref.worker_id,
    status: lifecycle,
    execution: {
      backend: "connected",
      run_state: runState,
      binding: { backend_id: "workspace" },
      last_result: { ...lastResult, run_state: runState },
    },
    profile: record.profile,
    ...(record.configBundle === undefined ? {} : { config_bundle: record.configBundle }),
    transcript_len: lineCount,
    last_event_id: head,
    display_name: record.displayName,
    model,
  };
}
