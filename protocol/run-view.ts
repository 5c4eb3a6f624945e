/**
 * What is known of the run that is going, or that ended last, and of the tokens spent.
 *
 * Owns two small values that the fold keeps and that snapshots carry as added keys, so that a viewer who joins late
 * knows as much as one who was there.
 */
import * as z from "zod/mini";
import { RunCause, RunResult } from "./entry.ts";
import { epochMs, uint } from "./number.ts";

/** Tokens summed over all calls whose usage the provider told. */
export const UsageTotals = z.looseObject({
  input_tokens: uint,
  output_tokens: uint,
  cache_read_input_tokens: uint,
  llm_calls: uint,
});
export type UsageTotals = z.infer<typeof UsageTotals>;

/** The newest `usage` of a call that has not ended; a provider may tell it more than once. */
const CallUsage = z.looseObject({
  input_tokens: uint,
  output_tokens: uint,
  cache_read_input_tokens: uint,
});

/** The wait before the next attempt, as `llm_retry` announced it. */
const Retry = z.looseObject({
  failed_attempt: uint,
  max_attempts: uint,
  wait_ms: uint,
  error: z.string(),
  /** When it was announced. */
  ts: epochMs,
});

/** `{"state":"active","started_ts":…}` while a run goes, `{"state":"ended","result":"finished",…}` after it. */
export const RunView = z.discriminatedUnion("state", [
  z.looseObject({ state: z.literal("none") }),
  z.looseObject({
    state: z.literal("active"),
    started_ts: epochMs,
    submission_id: z.optional(z.string()),
    turn: z.optional(uint),
    llm_call: z.optional(uint),
    call_usage: z.optional(CallUsage),
    retry: z.optional(Retry),
  }),
  z.looseObject({
    state: z.literal("ended"),
    started_ts: epochMs,
    ended_ts: epochMs,
    submission_id: z.optional(z.string()),
    result: z.union([RunResult, z.literal("errored")]),
    cause: z.optional(RunCause),
  }),
]);
export type RunView = z.infer<typeof RunView>;
