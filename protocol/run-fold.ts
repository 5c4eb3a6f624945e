/**
 * The run as the fold sees it: its start, its end, its usage.
 *
 * Owns how a run's view changes and which entries its end and its usage leave behind. Pure; a part of the fold.
 */
import type { KnownEntry, RunCause } from "./entry.ts";
import type { KnownEvent, WorkerStatus } from "./event.ts";
import { flush } from "./in-flight.ts";
import { commit, entriesTotal, keepWhole, type Transcript } from "./transcript.ts";
import type { RunView, UsageTotals } from "./run-view.ts";

type ActiveRun = Extract<RunView, { state: "active" }>;

/** The state with a changed view of the run, while one is going. */
export function withRun(state: Transcript, change: Partial<ActiveRun>): Transcript {
  if (state.run.state !== "active") return state;
  return { ...state, run: { ...state.run, ...change } };
}

/** What a delta tells of the run: that the wait for a retry is over. */
export function calling(state: Transcript): Transcript {
  return state.run.state === "active" && state.run.retry !== undefined ? withRun(state, { retry: undefined }) : state;
}

/** A run is going, from now if none was. */
export function startRun(state: Transcript, ts: number): Transcript {
  return state.run.state === "active" ? state : { ...state, run: { state: "active", started_ts: ts } };
}

/** The Worker says whether it is at work. */
export function changeStatus(state: Transcript, status: WorkerStatus, ts: number): Transcript {
  const next = { ...state, status };
  if (status === "running") return startRun(next, ts);
  // A reference peer that lost its run says no more than `idle`: nobody may show it as going on.
  if (status === "idle" && next.run.state === "active") return endRun(flush(next, ts), "finished", "interrupted", ts);
  return next;
}

function endedRun(run: RunView, result: string, cause: RunCause | undefined, ts: number): RunView {
  const started = run.state === "none" ? { started_ts: ts } : pickStart(run);
  return { state: "ended", ...started, ended_ts: ts, result, ...(cause === undefined ? {} : { cause }) };
}

function pickStart(run: Exclude<RunView, { state: "none" }>) {
  const { started_ts, submission_id } = run;
  return { started_ts, ...(submission_id === undefined ? {} : { submission_id }) };
}

/** The run has ended by itself, or by `cause`. */
export function endRun(state: Transcript, result: string, cause: RunCause | undefined, ts: number): Transcript {
  // After `error` the run has ended already; its `run_end` adds nothing.
  if (state.run.state === "ended") return state;
  const settled = settleUsage(state, ts);
  const interrupted = cause !== undefined;
  const entry: KnownEntry = { kind: "run_completed", ts, interrupted, result, ...(interrupted ? { cause } : {}) };
  return commit({ ...settled, run: endedRun(state.run, result, cause, ts) }, entry);
}

/** Errors that refuse someone's command: a run that is going goes on. */
const REFUSALS: ReadonlySet<string> = new Set(["already_running", "not_running", "not_paused"]);

/** The run has failed. */
export function failRun(state: Transcript, event: Extract<KnownEvent, { event: "error" }>, ts: number): Transcript {
  if (state.run.state !== "active" || REFUSALS.has(event.data.code)) return keepWhole(state, event, ts);
  const { code, message, cause, problem } = event.data;
  const settled = settleUsage(flush(state, ts), ts);
  const ours = { ...(cause === undefined ? {} : { cause }), ...(problem === undefined ? {} : { problem }) };
  const entry: KnownEntry = { kind: "run_errored", ts, interrupted: true, message, code, ...ours };
  return commit({ ...settled, run: endedRun(state.run, "errored", cause, ts) }, entry);
}

/** The provider has told the usage of the call. */
export function noteUsage(
  state: Transcript,
  usage: Extract<KnownEvent, { event: "usage" }>["data"],
  ts: number,
): Transcript {
  const call_usage = {
    input_tokens: usage.input_tokens ?? 0,
    output_tokens: usage.output_tokens ?? 0,
    cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
  };
  return withRun(startRun(state, ts), { call_usage });
}

/** Commits the usage of the call that ended. */
export function settleUsage(state: Transcript, ts: number): Transcript {
  if (state.run.state !== "active" || state.run.call_usage === undefined) return state;
  const call = state.run.call_usage;
  const usage: UsageTotals = {
    input_tokens: state.usage.input_tokens + call.input_tokens,
    output_tokens: state.usage.output_tokens + call.output_tokens,
    cache_read_input_tokens: state.usage.cache_read_input_tokens + call.cache_read_input_tokens,
    llm_calls: state.usage.llm_calls + 1,
  };
  const entry: KnownEntry = {
    kind: "llm_usage",
    ts,
    history_len: entriesTotal(state),
    input_total_tokens: call.input_tokens,
    cache_read_tokens: call.cache_read_input_tokens,
    cache_write_tokens: 0,
    output_tokens: call.output_tokens,
  };
  return commit({ ...withRun(state, { call_usage: undefined }), usage }, entry);
}
