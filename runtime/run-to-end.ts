/**
 * A Worker's run, from what the model is asked to the events of its end in the log.
 *
 * Owns that a run ends whatever happens to it, and that it is watched throughout. What it does meanwhile is in `run.ts`; that
 * there is one at a time, in `worker.ts`.
 */
import type { KnownEvent } from "../protocol/event.ts";
import type { SubmissionId, WorkerRef } from "../protocol/id.ts";
import { asProblem } from "../protocol/problem.ts";
import type { Clock, Random } from "./clock.ts";
import type { Conversation } from "./conversation.ts";
import type { Limits } from "./limits.ts";
import { modelRequest } from "./model-request.ts";
import type { Profile } from "./profile.ts";
import { executeRun, type RunContext, type RunOutcome } from "./run.ts";
import { endEvents, isProcessEnd } from "./run-end.ts";
import { RunOutbox } from "./run-outbox.ts";
import { RunWatch } from "./run-watch.ts";
import { NO_TELEMETRY, type Telemetry } from "./telemetry.ts";
import { NO_TRACING, type Tracing } from "./tracing/tracing.ts";

/** The largest write, as a share of the events that the log keeps. */
const WRITE_SHARE = 0.25;

/** What a run needs to come to its end. */
export interface RunToEndOptions {
  readonly ref: WorkerRef;
  readonly profile: Profile;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry?: Telemetry;
  readonly tracing?: Tracing;
  /** Whether a run that its process's end cuts off is left open. */
  readonly continueInterrupted: boolean;
  readonly conversation: Pick<Conversation, "transcript" | "turns" | "llmCalls">;
  /** Of the event that it answers, by which the run is named. */
  readonly position: number;
  /** Absent: the message had none, or the run goes on after a restart. */
  readonly submissionId: SubmissionId | undefined;
  /** Aborted with a `ProblemError` to end it from outside. */
  readonly signal: AbortSignal;
  /** Resolves when the events are in the log. */
  readonly publish: (...events: KnownEvent[]) => Promise<unknown>;
}

/** Runs it. @throws only what `publish` throws: then its end is not in the log */
export async function runToEnd(options: RunToEndOptions): Promise<void> {
  const { ref, profile, limits, clock, random, conversation, position, submissionId, signal, publish } = options;
  const { telemetry = NO_TELEMETRY, tracing = NO_TRACING } = options;
  const { model } = profile;
  const watch = new RunWatch({ telemetry, tracing, clock, ref, position, submissionId, model });
  const maxWriteEvents = Math.ceil(limits.worker.retentionEvents * WRITE_SHARE);
  const outbox = new RunOutbox({ maxWriteEvents, clock, publish });
  let outcome: RunOutcome;
  try {
    const request = modelRequest(conversation.transcript.entries, profile, limits.run, clock.now());
    const context: RunContext = {
      request,
      model,
      clock,
      random,
      limits: limits.run,
      turn: conversation.turns,
      llmCall: conversation.llmCalls,
      signal,
      watch,
      outbox,
    };
    outcome = await watch.within(() => executeRun(context));
  } catch (error) {
    // Whatever it was, the run has ended: nobody may be left waiting for it.
    outcome = { kind: "failed", problem: asProblem(error) };
  }
  watch.ended(outcome);
  if (options.continueInterrupted && isProcessEnd(outcome)) return;
  await outbox.end(...endEvents(outcome), { event: "status", data: { status: "idle" } });
}
