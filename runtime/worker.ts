/**
 * A Worker: one long-lived conversation with a model.
 *
 * Owns the Worker's log and its one run at a time. What was said is in `conversation.ts`, what a run does in `run.ts`; who
 * keeps the Workers, in `embedded.ts`. Nothing here knows who observes.
 */
import { Event, isKnownEvent, type Greeting, type KnownEvent } from "../protocol/event.ts";
import { SubmissionId, type WorkerRef } from "../protocol/id.ts";
import { asProblem, ProblemError, type ProblemCode } from "../protocol/problem.ts";
import type {
  WorkerDetail,
  WorkerExecutionResult,
  WorkerInteractionAck,
  WorkerLifecycleAck,
} from "../protocol/runtime-api.ts";
import { flattenSegments, textSegment } from "../protocol/segment.ts";
import type { Transcript } from "../protocol/transcript.ts";
import type { Clock, Random } from "./clock.ts";
import { Conversation } from "./conversation.ts";
import { EventLog } from "./event-log.ts";
import type { Limits } from "./limits.ts";
import { boundHistory } from "./model/history.ts";
import { modelMessages } from "./transcript-line.ts";
import type { Profile } from "./profile.ts";
import { executeRun, type RunOutcome } from "./run.ts";
import { endEvents } from "./run-end.ts";
import type { SendInput } from "./runtime.ts";
import type { EventRecord, RuntimeStore, WorkerRecord } from "./store/store.ts";
import { Submissions } from "./submissions.ts";

/** What a Worker is made of. */
export interface WorkerOptions {
  readonly ref: WorkerRef;
  readonly record: WorkerRecord;
  readonly profile: Profile;
  /** Events that the store has of it; empty for a new Worker. */
  readonly kept: readonly EventRecord[];
  readonly store: RuntimeStore;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  /** Told when the store fails and no caller is there to tell. */
  readonly onStoreFailed: (error: unknown) => void;
}

interface ActiveRun {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** One Worker of the embedded Runtime. */
export class Worker {
  readonly ref: WorkerRef;
  readonly log: EventLog;
  readonly conversation: Conversation;
  readonly #options: WorkerOptions;
  readonly #submissions: Submissions;
  #record: WorkerRecord;
  #run: ActiveRun | null = null;
  /** The message that is being committed. */
  #accepting: Promise<WorkerInteractionAck> | null = null;
  #turns = 0;
  #llmCalls = 0;
  #lastResult: WorkerExecutionResult = { operation: "spawn", outcome: "accepted", run_state: "idle" };
  #stopping: Promise<WorkerLifecycleAck> | null = null;

  constructor(options: WorkerOptions) {
    const { ref, record, profile, store, limits } = options;
    this.ref = ref;
    this.#options = options;
    this.#record = record;
    this.#submissions = new Submissions(limits.worker.retentionSubmissions);
    this.conversation = new Conversation(greetingOf(record, profile), limits.worker);
    this.log = new EventLog({
      workerId: ref.worker_id,
      epoch: record.epoch,
      store,
      limits: limits.worker,
      kept: options.kept,
      onTrimFailed: options.onStoreFailed,
    });
    for (const kept of options.kept) {
      const event = Event.parse(JSON.parse(kept.payload));
      this.conversation.take(event, kept);
      this.#recall(event, kept.position);
    }
    this.log.onPublish((published) => {
      for (const { event, record: kept } of published) this.conversation.take(event, kept);
    });
  }

  /** Where the conversation stands at the log's head. */
  get transcript(): Transcript {
    return this.conversation.transcript;
  }

  get #isBusy(): boolean {
    return this.#accepting !== null || this.#run !== null || this.transcript.run.state === "active";
  }

  get #isStopped(): boolean {
    return this.#stopping !== null || this.#lifecycle === "stopped";
  }

  /** By the log as well: a process may die between the `shutdown` event and the record. */
  get #lifecycle(): WorkerRecord["lifecycle"] {
    return this.transcript.shut_down ? "stopped" : this.#record.lifecycle;
  }

  detail(): WorkerDetail {
    const { ref } = this;
    const runState = this.#isStopped ? "stopped" : this.#isBusy ? "busy" : "idle";
    return {
      worker_ref: ref,
      runtime_id: ref.runtime_id,
      worker_id: ref.worker_id,
      status: this.#lifecycle,
      execution: {
        backend: "connected",
        run_state: runState,
        binding: { backend_id: "workspace" },
        last_result: { ...this.#lastResult, run_state: runState },
      },
      profile: this.#record.profile,
      ...(this.#record.configBundle === undefined ? {} : { config_bundle: this.#record.configBundle }),
      transcript_len: this.conversation.lineCount,
      last_event_id: this.log.head,
      display_name: this.#record.displayName,
      model: this.#options.profile.model.name,
    };
  }

  /** See `Runtime.sendInput`. */
  async sendInput(input: SendInput): Promise<WorkerInteractionAck> {
    const { content, submissionId } = input;
    const earlier = submissionId === undefined ? null : this.#submissions.find(submissionId, content);
    if (earlier) return earlier;
    this.#checkInput(content);
    const ack = this.#accept(input).finally(() => {
      this.#accepting = null;
    });
    this.#accepting = ack;
    if (submissionId !== undefined) this.#submissions.remember(submissionId, content, ack);
    return ack;
  }

  /** See `Runtime.cancelRun`. Resolves when the run's end is in the log. */
  async cancel(reason: string): Promise<WorkerLifecycleAck> {
    await this.#endRun("cancelled", reason);
    return this.#lifecycleAck("cancel");
  }

  /** See `Runtime.stopWorker`. */
  stop(reason: string): Promise<WorkerLifecycleAck> {
    this.#stopping ??= this.#stop(reason).catch((error: unknown) => {
      this.#stopping = null;
      throw error;
    });
    return this.#stopping;
  }

  /** Ends a run that nobody runs, with the text that it had streamed: its process died, or the store refused its end. */
  async recover(): Promise<void> {
    const { run, status } = this.transcript;
    if (run.state !== "active" && status !== "running") return;
    const problem = new ProblemError("interrupted", "The Runtime was restarted while it answered.");
    const ends = run.state === "active" ? endEvents({ kind: "failed", problem }) : [];
    await this.#publish(...ends, { event: "status", data: { status: "idle" } });
  }

  /** Ends the run because its process ends; the Worker itself is kept as it is. */
  async interrupt(): Promise<void> {
    await this.#endRun("interrupted", "The Runtime is shutting down.");
  }

  #checkInput(content: string): void {
    if (this.#isStopped)
      throw new ProblemError("worker_stopped", "This Worker has been stopped and takes no messages.");
    if (content.trim() === "")
      throw new ProblemError("input_empty", "content: a message needs at least one visible character.");
    const { maxInputChars } = this.#options.limits.worker;
    if (content.length > maxInputChars) {
      throw new ProblemError(
        "input_too_large",
        `content: ${content.length} characters are more than the ${maxInputChars} that a message may have.`,
      );
    }
    if (this.#isBusy) {
      this.#lastResult = { operation: "input", outcome: "busy", run_state: "busy" };
      throw new ProblemError("worker_busy", "The Worker is answering another message; send this one when it is done.");
    }
  }

  /** Commits the message and starts its run. */
  async #accept({ content, submissionId }: SendInput): Promise<WorkerInteractionAck> {
    const submission = submissionId === undefined ? {} : { submission_id: submissionId };
    const position = await this.#publish(
      { event: "invoke_start", data: { kind: "user_send" } },
      { event: "user_message", data: { segments: [textSegment(content)], ...submission } },
      { event: "status", data: { status: "running" } },
    );
    this.#lastResult = { operation: "input", outcome: "accepted", run_state: "busy" };
    const ack = this.#inputAck(position - 1);
    this.#startRun();
    return ack;
  }

  #inputAck(position: number): WorkerInteractionAck {
    return {
      worker_ref: this.ref,
      status: "running",
      transcript_sequence: this.conversation.lineCount,
      event_id: position,
    };
  }

  /** Remembers a message that a former process has acknowledged. */
  #recall(event: Event, position: number): void {
    if (!isKnownEvent(event) || event.event !== "user_message") return;
    const id = SubmissionId.safeParse(event.data.submission_id);
    if (!id.success) return;
    const ack = Promise.resolve(this.#inputAck(position));
    this.#submissions.remember(id.data, flattenSegments(event.data.segments), ack);
  }

  #startRun(): void {
    const controller = new AbortController();
    const ended = this.#execute(controller.signal).finally(() => {
      this.#run = null;
    });
    this.#run = { controller, ended };
    ended.catch((error: unknown) => this.#options.onStoreFailed(error));
  }

  async #execute(signal: AbortSignal): Promise<void> {
    const { profile, limits, clock, random } = this.#options;
    let outcome: RunOutcome;
    try {
      const system = { role: "system", content: profile.systemPrompt(clock.now()) } as const;
      const messages = boundHistory([system, ...modelMessages(this.transcript.entries)], {
        contextWindowTokens: profile.model.contextWindowTokens,
        reservedOutputTokens: limits.run.reservedOutputTokens,
      });
      outcome = await executeRun({
        model: profile.model,
        request: { messages },
        clock,
        random,
        limits: limits.run,
        turn: this.#turns++,
        llmCall: this.#llmCalls++,
        signal,
        publish: async (...events) => {
          await this.#publish(...events);
        },
      });
    } catch (error) {
      // Whatever it was, the run has ended: nobody may be left waiting for it.
      outcome = { kind: "failed", problem: asProblem(error) };
    }
    await this.#publish(...endEvents(outcome), { event: "status", data: { status: "idle" } });
  }

  async #endRun(
    code: Extract<ProblemCode, "cancelled" | "interrupted" | "worker_stopped">,
    reason: string,
  ): Promise<void> {
    await this.#accepting?.catch(() => {});
    const run = this.#run;
    if (run === null) return this.recover();
    run.controller.abort(new ProblemError(code, reason));
    await run.ended;
  }

  async #stop(reason: string): Promise<WorkerLifecycleAck> {
    await this.#endRun("worker_stopped", reason);
    if (!this.transcript.shut_down) await this.#publish({ event: "shutdown" });
    if (this.#record.lifecycle !== "stopped") {
      const record = { ...this.#record, lifecycle: "stopped" } as const;
      await this.#options.store.putWorker(record);
      this.#record = record;
    }
    return this.#lifecycleAck("stop");
  }

  #lifecycleAck(operation: "stop" | "cancel"): WorkerLifecycleAck {
    this.#lastResult = { operation, outcome: "accepted", run_state: "idle" };
    return { worker_ref: this.ref, status: this.#lifecycle, event_id: this.log.head };
  }

  #publish(...events: KnownEvent[]): Promise<number> {
    if (events.length === 0) return Promise.resolve(this.log.head);
    return this.log.append(events, this.#options.clock.now());
  }
}

function greetingOf(record: WorkerRecord, { model, tools }: Profile): Greeting {
  return {
    worker_name: record.displayName,
    cwd: "",
    provider: model.provider,
    model: model.name,
    scope_summary: "",
    tools: [...tools],
    context_window: model.contextWindowTokens,
    context_tokens: 0,
  };
}
