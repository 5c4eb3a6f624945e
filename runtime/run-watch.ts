/**
 * One run as its operator sees it: what it reports, and its span.
 *
 * Owns both from the run's start to its end, and the span of each call of the model within. A run outlives the request that
 * began it: its span is the request's child all the same, since it has that one cause, and ends when the run does. One that
 * is gone on with after a restart begins a trace of its own.
 */
import type { SubmissionId, WorkerRef } from "../protocol/id.ts";
import type { ProblemCode, ProblemError } from "../protocol/problem.ts";
import type { Clock } from "./clock.ts";
import { ModelError, type Model, type ModelPart } from "./model/model.ts";
import type { RunOutcome } from "./run.ts";
import { isAskedEnd } from "./run-end.ts";
import type { RunEnd, StartedRun, Telemetry } from "./telemetry.ts";
import { ERROR_TYPE, type Attributes, type Span, type Tracing } from "./tracing/tracing.ts";

/** What a watch is made of. */
export interface RunWatchOptions {
  readonly telemetry: Telemetry;
  readonly tracing: Tracing;
  readonly clock: Pick<Clock, "now">;
  readonly ref: WorkerRef;
  /** Of the event that the run answers, by which it is named. */
  readonly position: number;
  /** Absent: the message had none, or the run goes on after a restart. */
  readonly submissionId?: SubmissionId | undefined;
  readonly model: Pick<Model, "name" | "provider">;
}

/** One run, from its start to its end. */
export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #run: StartedRun;
  readonly #span: Span;
  readonly #startedMs: number;
  #firstTokenMs: number | null = null;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(options: RunWatchOptions) {
    const { ref, position, submissionId, clock, tracing } = options;
    const { runtime_id, worker_id } = ref;
    this.#options = options;
    this.#run = { ref, runId: `${worker_id}:${position}` };
    this.#startedMs = clock.now();
    this.#span = tracing.start("invoke_agent", {
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.id": worker_id,
        "gen_ai.conversation.id": `${runtime_id}/${worker_id}`,
        "yoi.runtime.id": runtime_id,
        "yoi.worker.id": worker_id,
        "yoi.run.id": this.#run.runId,
        ...(submissionId === undefined ? {} : { "yoi.submission.id": submissionId }),
      },
    });
    this.within(() => options.telemetry.runStarted(this.#run));
  }

  /** Runs it, as a part of its span. */
  within<Result>(work: () => Result): Result {
    return this.#options.tracing.within(this.#span, work);
  }

  /** @param attempt Counts from 1. */
  callStarted(attempt: number): CallWatch {
    return new CallWatch(this.#options, attempt, {
      firstPiece: () => {
        this.#firstTokenMs ??= this.#options.clock.now() - this.#startedMs;
      },
      used: (inputTokens, outputTokens) => {
        this.#inputTokens += inputTokens;
        this.#outputTokens += outputTokens;
      },
    });
  }

  /** The model is called again. */
  retrying(failedAttempt: number, waitMs: number, { code }: ProblemError): void {
    this.#span.event("yoi.retry", { "yoi.attempt": failedAttempt, "yoi.wait_ms": waitMs, [ERROR_TYPE]: code });
  }

  /** It has ended. */
  ended(outcome: RunOutcome): void {
    const problem = outcome.kind === "failed" ? outcome.problem : null;
    const end: RunEnd = outcome.kind === "failed" ? outcome.problem.code : outcome.kind;
    const totalMs = this.#options.clock.now() - this.#startedMs;
    this.#span.set({
      "yoi.run.end": end,
      "gen_ai.usage.input_tokens": this.#inputTokens,
      "gen_ai.usage.output_tokens": this.#outputTokens,
      ...(this.#firstTokenMs === null ? {} : { "yoi.first_token_ms": this.#firstTokenMs }),
    });
    if (problem !== null && !isAskedEnd(problem.code)) this.#span.fail(problem.code);
    const firstTokenMs = this.#firstTokenMs;
    this.within(() => this.#options.telemetry.runEnded({ ...this.#run, end, problem, firstTokenMs, totalMs }));
    this.#span.end();
  }
}

/** What a run wants to know of its calls. */
interface CallListener {
  readonly firstPiece: () => void;
  readonly used: (inputTokens: number, outputTokens: number) => void;
}

/** One call of the model, from the request to its last piece. */
export class CallWatch {
  readonly #options: RunWatchOptions;
  readonly #span: Span;
  readonly #startedMs: number;
  readonly #listener: CallListener;
  #hasPiece = false;

  constructor(options: RunWatchOptions, attempt: number, listener: CallListener) {
    const { tracing, model, clock } = options;
    this.#options = options;
    this.#listener = listener;
    this.#startedMs = clock.now();
    this.#span = tracing.start(`chat ${model.name}`, {
      kind: "client",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": model.provider,
        "gen_ai.request.model": model.name,
        "yoi.attempt": attempt,
      },
    });
  }

  within<Result>(work: () => Result): Result {
    return this.#options.tracing.within(this.#span, work);
  }

  took(part: ModelPart): void {
    switch (part.kind) {
      case "text":
      case "thinking":
        if (this.#hasPiece) return;
        this.#hasPiece = true;
        this.#listener.firstPiece();
        this.#span.event("gen_ai.first_token", { "yoi.first_token_ms": this.#options.clock.now() - this.#startedMs });
        return;
      case "usage":
        this.#span.set(usageOf(part));
        this.#listener.used(part.inputTokens ?? 0, part.outputTokens ?? 0);
        return;
      case "finish":
        this.#span.set({ "gen_ai.response.finish_reasons": [part.reason] });
    }
  }

  ended(): void {
    this.#span.end();
  }

  failed(problem: ProblemError): void {
    const { code } = problem;
    if (isProviderFailure(code)) this.#options.telemetry.providerFailed(code);
    if (problem instanceof ModelError && problem.status !== null) {
      this.#span.set({ "http.response.status_code": problem.status });
    }
    if (!isAskedEnd(code)) this.#span.fail(code);
    this.#span.end();
  }
}

function usageOf(part: Extract<ModelPart, { kind: "usage" }>): Attributes {
  const { inputTokens, outputTokens, cacheReadInputTokens } = part;
  return {
    ...(inputTokens === null ? {} : { "gen_ai.usage.input_tokens": inputTokens }),
    ...(outputTokens === null ? {} : { "gen_ai.usage.output_tokens": outputTokens }),
    ...(cacheReadInputTokens === null ? {} : { "gen_ai.usage.cache_read.input_tokens": cacheReadInputTokens }),
  };
}

/** Whether it is the provider's failure, and not the end of a run from outside. */
function isProviderFailure(code: ProblemCode): boolean {
  return code.startsWith("provider_") || code === "first_token_timeout" || code === "between_chunks_timeout";
}
