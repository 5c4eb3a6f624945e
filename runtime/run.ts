/**
 * One run: from a committed message to its answer.
 *
 * Owns the attempts, their time-outs and the order of the events that an answer is made of. What it says goes through its
 * outbox; it returns how it ended, and `run-to-end.ts` says that. Text that streamed is always finished with `text_done`,
 * whatever ends the run, so that it stays in the conversation.
 */
import type { KnownEvent } from "../protocol/event.ts";
import { ProblemError } from "../protocol/problem.ts";
import { sleep, type Clock, type Random } from "./clock.ts";
import type { RunLimits } from "./limits.ts";
import { ModelError, type Model, type ModelPart, type ModelRequest } from "./model/model.ts";
import { paceParts } from "./model/pace-parts.ts";
import { backoffMs, isRetryable } from "./model/retry.ts";
import type { RunOutbox } from "./run-outbox.ts";
import type { CallWatch, RunWatch } from "./run-watch.ts";
import { Silence } from "./silence.ts";

/** What a run needs of its Worker. */
export interface RunContext {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RunLimits;
  /** Counts the Worker's turns from 0. */
  readonly turn: number;
  /** Counts the Worker's calls from 0. */
  readonly llmCall: number;
  /** Aborted with a `ProblemError` to end the run from outside. */
  readonly signal: AbortSignal;
  /** Told of every call of the model. */
  readonly watch: Pick<RunWatch, "callStarted" | "retrying">;
  readonly outbox: Pick<RunOutbox, "push" | "say" | "refusal">;
}

/** How a run ended. */
export type RunOutcome =
  | { readonly kind: "finished" }
  | { readonly kind: "limit_reached" }
  | { readonly kind: "failed"; readonly problem: ProblemError };

/**
 * Runs until the answer is whole, or cannot become so.
 *
 * @throws only what the outbox throws; what could not be said waits there for the run's end
 */
export async function executeRun(context: RunContext): Promise<RunOutcome> {
  const { clock, limits, llmCall, turn, outbox, watch } = context;
  const run = new AbortController();
  using _wholeRun = clock.schedule(limits.wholeRunTimeoutMs, () =>
    run.abort(
      new ProblemError("run_timeout", `The answer was not complete after ${seconds(limits.wholeRunTimeoutMs)} s.`),
    ),
  );
  const signal = AbortSignal.any([context.signal, run.signal, outbox.refusal]);
  const startedTs = clock.now();
  await outbox.say({ event: "turn_start", data: { turn } }, { event: "llm_call_start", data: { llm_call: llmCall } });

  for (let attempt = 1; ; attempt += 1) {
    const answer = new Answer();
    const call = watch.callStarted(attempt);
    let end: RunOutcome;
    try {
      end = await call.within(() => streamAnswer(context, answer, signal, call));
      call.ended();
    } catch (error) {
      const problem = problemOf(signal.aborted ? signal.reason : error);
      call.failed(problem);
      await outbox.say(...answer.finish(), ...answer.usage);
      if (signal.aborted || answer.hasOutput || attempt >= limits.maxAttempts || !isRetryable(error)) {
        return { kind: "failed", problem };
      }
      const retryAfterMs = problem instanceof ModelError ? problem.retryAfterMs : null;
      const waitMs = backoffMs(attempt, context.random, retryAfterMs);
      watch.retrying(attempt, waitMs, problem);
      await outbox.say(retryEvent(context, problem, attempt, waitMs, clock.now() - startedTs));
      try {
        await sleep(clock, waitMs, signal);
      } catch (reason) {
        return { kind: "failed", problem: problemOf(reason) };
      }
      continue;
    }
    await outbox.say(...answer.finish(), ...answer.usage, llmCallEnd(llmCall), {
      event: "turn_end",
      data: { turn, result: "finished" },
    });
    return end;
  }
}

/** Why an attempt takes nothing more when nothing was wrong. */
const OVER = "The attempt is over.";

const seconds = (ms: number): number => Math.round(ms / 1_000);

const llmCallEnd = (llmCall: number): KnownEvent => ({ event: "llm_call_end", data: { llm_call: llmCall } });

function retryEvent(
  { llmCall, limits }: RunContext,
  problem: ProblemError,
  attempt: number,
  waitMs: number,
  elapsedMs: number,
): KnownEvent {
  const status = problem instanceof ModelError ? problem.status : null;
  return {
    event: "llm_retry",
    data: {
      llm_call: llmCall,
      failed_attempt: attempt,
      max_attempts: limits.maxAttempts,
      wait_ms: Math.round(waitMs),
      // Where the clock was set back meanwhile: no event has a negative time, and nobody could read this one.
      elapsed_ms: Math.max(0, Math.round(elapsedMs)),
      error: problem.detail,
      ...(status === null ? {} : { status }),
    },
  };
}

function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError("internal", "The run met an unexpected condition.", { cause: error });
}

/** Streams one attempt into `answer`. */
async function streamAnswer(
  context: RunContext,
  answer: Answer,
  signal: AbortSignal,
  call: CallWatch,
): Promise<RunOutcome> {
  const { clock, limits, model, request, outbox } = context;
  const attempt = new AbortController();
  using silence = new Silence(clock, limits, (problem) => attempt.abort(problem));
  try {
    const pieces = model.stream(request, { signal: AbortSignal.any([signal, attempt.signal]) });
    const parts = paceParts(pieces, limits, clock);
    for await (const part of parts) {
      silence.heard();
      call.took(part);
      if (part.kind === "finish") return { kind: part.reason === "length" ? "limit_reached" : "finished" };
      const room = outbox.push(answer.take(part));
      if (room !== null) await silence.outside(room);
      if (answer.chars > limits.maxAnswerChars) {
        attempt.abort(new ProblemError("cancelled", "The answer reached its limit."));
        return { kind: "limit_reached" };
      }
    }
    throw new ModelError("provider_stream_cut", "The provider's answer broke off before its end.");
  } catch (error) {
    throw attempt.signal.aborted && !signal.aborted ? attempt.signal.reason : error;
  } finally {
    // Nobody reads on, whatever is still to come. Without a reason one is made, with a stack.
    attempt.abort(OVER);
  }
}

/** The answer of one attempt, as far as it has streamed. */
class Answer {
  readonly usage: KnownEvent[] = [];
  #open: "text" | "thinking" | null = null;
  #text = "";
  #chars = 0;

  /** Whether anything was streamed: then no other attempt may follow, or it would be seen twice. */
  get hasOutput(): boolean {
    return this.#chars > 0;
  }

  /** Length so far, thinking included, in UTF-16 code units. */
  get chars(): number {
    return this.#chars;
  }

  /** The events of a part. */
  take(part: Exclude<ModelPart, { kind: "finish" }>): KnownEvent[] {
    if (part.kind === "usage") {
      this.usage.push({
        event: "usage",
        data: {
          input_tokens: part.inputTokens,
          output_tokens: part.outputTokens,
          ...(part.cacheReadInputTokens === null ? {} : { cache_read_input_tokens: part.cacheReadInputTokens }),
        },
      });
      return [];
    }
    const events: KnownEvent[] = this.#open === part.kind ? [] : this.finish();
    if (this.#open === null && part.kind === "thinking") events.push({ event: "thinking_start" });
    this.#open = part.kind;
    this.#text += part.text;
    this.#chars += part.text.length;
    events.push({ event: part.kind === "text" ? "text_delta" : "thinking_delta", data: { text: part.text } });
    return events;
  }

  /** The event that ends the block that is open. */
  finish(): KnownEvent[] {
    if (this.#open === null) return [];
    const event = this.#open === "text" ? "text_done" : "thinking_done";
    const text = this.#text;
    this.#open = null;
    this.#text = "";
    return [{ event, data: { text } }];
  }
}
