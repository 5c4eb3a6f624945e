/**
 * A Worker: one long-lived conversation with a model.
 *
 * Owns the Worker's log and its one run at a time. What was said is in `conversation.ts`, what a run does in `run-to-end.ts`; who
 * keeps the Workers, in `embedded.ts`. Nothing here knows who observes.
 */
import { Event, type KnownEvent } from "../protocol/event.ts";
import type { SubmissionId, WorkerRef } from "../protocol/id.ts";
import { ProblemError, type ProblemCode } from "../protocol/problem.ts";
import type {
  WorkerDetail,
  WorkerExecutionResult,
  WorkerInteractionAck,
  WorkerLifecycleAck,
} from "../protocol/runtime-api.ts";
import { textSegment } from "../protocol/segment.ts";
import type { Transcript } from "../protocol/transcript.ts";
import { readCheckpointState } from "./checkpoint-state.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { Clock, Random } from "./clock.ts";
import { Conversation } from "./conversation.ts";
import { EventLog } from "./event-log.ts";
import { checkContent } from "./input-rules.ts";
import { KeptRecord } from "./kept-record.ts";
import type { Limits } from "./limits.ts";
import { greetingOf, type Profile } from "./profile.ts";
import { OrphanedRun } from "./orphaned-run.ts";
import { continuationEvents, continuationsOf, interruptedEvents, isAnswerWhole } from "./recovery.ts";
import { runToEnd } from "./run-to-end.ts";
import type { SendInput } from "./runtime.ts";
import type { RuntimeStore, StoredWorker, SubmissionRecord, WorkerRecord } from "./store/store.ts";
import { contentMark, Submissions } from "./submissions.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { workerDetail } from "./worker-detail.ts";

/** What a Worker is made of. */
export interface WorkerOptions {
  readonly ref: WorkerRef;
  /** As the store has it, or would have it if it were not new. */
  readonly stored: StoredWorker;
  readonly profile: Profile;
  readonly store: RuntimeStore;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of runs; absent: nobody is. */
  readonly telemetry?: Telemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  /** Whether runs outlive their process: they are left open at its end, and gone on with at the next start. */
  readonly continueInterrupted: boolean;
  /**
   * They are gone on with when this resolves, since a process that never comes to serve would use up their attempts;
   * absent: at once. Never rejects.
   */
  readonly served?: Promise<void> | undefined;
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
  /** Without what the store had: its texts would stay beside what they are read into. */
  readonly #options: Omit<WorkerOptions, "stored">;
  readonly #submissions: Submissions;
  readonly #checkpointer: Checkpointer;
  readonly #record: KeptRecord;
  #run: ActiveRun | null = null;
  /** Whether its process is ending: the Worker begins nothing any more. */
  #isEnding = false;
  /** The message that is being committed, or the run that is being gone on with. */
  #beginning: Promise<unknown> | null = null;
  /** Whether a former process left a run that waits to be gone on with. */
  #isLeftOpen = false;
  readonly #orphan: OrphanedRun;
  #lastResult: WorkerExecutionResult = { operation: "spawn", outcome: "accepted", run_state: "idle" };
  #stopping: Promise<WorkerLifecycleAck> | null = null;

  constructor(options: WorkerOptions) {
    const { stored, ...kept } = options;
    const { ref, profile, store, limits, clock, random } = kept;
    const { record, checkpoint, entries, events, head, submissions } = stored;
    this.ref = ref;
    this.#options = kept;
    this.#record = new KeptRecord(stored, random);
    this.#submissions = new Submissions(limits.worker.retentionSubmissions);
    this.#orphan = new OrphanedRun({
      clock,
      retryMs: limits.runtime.storeRetryMs,
      end: (cause) => this.#publish(...interruptedEvents(this.transcript, cause)),
    });
    this.conversation = new Conversation(greetingOf(record.displayName, profile), limits.worker);
    const state = checkpoint === null ? null : readCheckpointState(checkpoint.state);
    this.conversation.restore(state, entries);
    // Without a state that can be read, the entries tell how far the conversation had come.
    const told = entries.reduce((newest, { position }) => Math.max(newest, position), 0);
    const saved = state === null ? told : (checkpoint?.position ?? 0);
    for (const event of events) {
      if (event.position > saved) this.conversation.take(Event.parse(JSON.parse(event.payload)), event);
    }
    this.log = new EventLog({
      workerId: ref.worker_id,
      store,
      limits: limits.worker,
      kept: events,
      head,
      oldest: state?.oldest_position ?? events[0]?.position ?? head + 1,
      renewal: () => this.#record.renewal(),
      onRenewed: (renewed) => this.#record.renewed(renewed),
    });
    this.#checkpointer = new Checkpointer({
      workerId: ref.worker_id,
      store,
      log: this.log,
      conversation: this.conversation,
      maxSubmissions: limits.worker.retentionSubmissions,
      saved: state && { head: saved, oldestPosition: state.oldest_position },
      isQuiet: () => !this.#isBusy && this.transcript.in_flight.blocks.length === 0,
      onStoreFailed: kept.onStoreFailed,
    });
    for (const submission of submissions) {
      const ack = Promise.resolve(this.#inputAck(submission));
      this.#submissions.remember(submission.submissionId, submission.contentMark, ack);
    }
    this.log.onPublish((published) => {
      for (const { event, record: kept } of published) this.conversation.take(event, kept);
    });
    this.log.retain(clock.now());
  }

  /** Where the conversation stands at the log's head. */
  get transcript(): Transcript {
    return this.conversation.transcript;
  }

  /** The epochs of its log. */
  get epochs(): Pick<WorkerRecord, "epoch" | "formerEpochs"> {
    return this.#record.value;
  }

  get #isBusy(): boolean {
    return this.#beginning !== null || this.#run !== null || this.transcript.run.state === "active";
  }

  get #isStopped(): boolean {
    return this.#stopping !== null || this.#lifecycle === "stopped";
  }

  /** By the log as well: a process may die between the `shutdown` event and the record. */
  get #lifecycle(): WorkerRecord["lifecycle"] {
    return this.transcript.shut_down ? "stopped" : this.#record.value.lifecycle;
  }

  detail(): WorkerDetail {
    return workerDetail({
      ref: this.ref,
      record: this.#record.value,
      lifecycle: this.#lifecycle,
      runState: this.#isStopped ? "stopped" : this.#isBusy ? "busy" : "idle",
      lastResult: this.#lastResult,
      lineCount: this.conversation.lineCount,
      head: this.log.head,
      model: this.#options.profile.model.name,
    });
  }

  /** See `Runtime.sendInput`. */
  async sendInput(input: SendInput): Promise<WorkerInteractionAck> {
    const { content, submissionId } = input;
    // A run whose end the store refused ends now, or says why it can't; what is kept already does not depend on that.
    if (this.#orphan.isKnown && this.#earlier(input) === null) await this.recover();
    const earlier = this.#earlier(input);
    if (earlier) return earlier;
    this.#checkInput(content);
    const ack = this.#accept(input).finally(() => {
      this.#beginning = null;
    });
    this.#beginning = ack;
    if (submissionId !== undefined) this.#submissions.remember(submissionId, contentMark(content), ack);
    return ack;
  }

  /** See `Runtime.cancelRun`. Resolves when the run's end is in the log. */
  async cancel(reason: string, runStartedTs?: number): Promise<WorkerLifecycleAck> {
    const { run } = this.transcript;
    const isAnother = run.state !== "active" || run.started_ts !== runStartedTs;
    if (runStartedTs !== undefined && isAnother) return this.#lifecycleAck("cancel");
    await this.#endRun("cancelled", reason);
    // Where the end of the process came first, the run may have been left open, to be gone on with: not against this wish.
    if (this.#isEnding) await this.recover();
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

  /** See `Runtime.renameWorker`. */
  async rename(displayName: string): Promise<void> {
    await this.#change({ displayName });
    this.conversation.rename(this.#record.value.displayName);
  }

  /** Ends a run that nobody runs, with the text that it had streamed: its process died, or the store refused its end. */
  async recover(): Promise<void> {
    await this.#orphan.end();
    await this.#checkpointer.save();
  }

  /**
   * Puts right what a former process left: goes on with its run where that is chosen, but not for ever; else ends it. A
   * store that refuses that is asked again later: the Worker can be read meanwhile.
   */
  resume(): Promise<void> {
    const resumed = isAnswerWhole(this.transcript) ? this.recover() : this.#resume();
    return resumed.catch((error: unknown) => this.#noteOrphan(error));
  }

  /** Lets go of what has become too old. */
  async retain(): Promise<void> {
    if (this.log.retain(this.#options.clock.now())) await this.#checkpointer.save();
  }

  /** Ends the run because its process ends; the Worker itself is kept as it is. */
  async interrupt(): Promise<void> {
    this.#isEnding = true;
    this.#orphan.leave();
    await this.#endRun("interrupted", "The Runtime is shutting down.");
    await this.#checkpointer.save();
  }

  async #resume(): Promise<void> {
    const { transcript } = this;
    const {
      continueInterrupted,
      served,
      limits: {
        run: { maxContinuations },
      },
    } = this.#options;
    const attempt = continuationsOf(transcript.entries) + 1;
    if (!continueInterrupted || transcript.run.state !== "active" || attempt > maxContinuations) return this.recover();
    this.#isLeftOpen = true;
    if (served === undefined) return this.#goOn(attempt, maxContinuations);
    void served.then(() => this.#goOn(attempt, maxContinuations)).catch((error: unknown) => this.#noteOrphan(error));
  }

  /** Goes on with the run that was left open, unless somebody has ended it meanwhile, or its process ends. */
  async #goOn(attempt: number, maxAttempts: number): Promise<void> {
    if (!this.#isLeftOpen || this.#isEnding) return;
    this.#isLeftOpen = false;
    const events = continuationEvents(this.transcript, this.conversation.llmCalls, attempt, maxAttempts);
    const begun = this.#publish(...events)
      .then(() => this.#startRun(this.log.head))
      .finally(() => {
        this.#beginning = null;
      });
    this.#beginning = begun;
    await begun;
  }

  /** Waits for the run, if there is one, to end by itself. */
  async idle(): Promise<void> {
    await this.#beginning?.catch(() => {});
    await this.#run?.ended.catch(() => {});
  }

  /** The acknowledgement of this very message, where it was taken before. @throws ProblemError submission_conflict */
  #earlier({ content, submissionId }: SendInput): Promise<WorkerInteractionAck> | null {
    return submissionId === undefined ? null : this.#submissions.find(submissionId, content);
  }

  #checkInput(content: string): void {
    if (this.#isStopped)
      throw new ProblemError("worker_stopped", "This Worker has been stopped and takes no messages.");
    if (this.#isEnding) throw new ProblemError("runtime_stopped", "The Worker's Runtime has been stopped.");
    checkContent(content, this.#options.limits.worker.maxInputChars);
    if (this.#isBusy) {
      this.#lastResult = { operation: "input", outcome: "busy", run_state: "busy" };
      throw new ProblemError("worker_busy", "The Worker is answering another message; send this one when it is done.");
    }
  }

  /** Commits the message and starts its run. */
  async #accept({ content, submissionId }: SendInput): Promise<WorkerInteractionAck> {
    const submission = submissionId === undefined ? {} : { submission_id: submissionId };
    // The message is the second of its events, and one line more.
    const sequence = this.conversation.lineCount + 1;
    const recordAt = (first: number) => ({ contentMark: contentMark(content), sequence, position: first + 1 });
    const last = await this.log.append(
      [
        { event: "invoke_start", data: { kind: "user_send" } },
        { event: "user_message", data: { segments: [textSegment(content)], ...submission } },
        { event: "status", data: { status: "running" } },
      ],
      this.#options.clock.now(),
      submissionId === undefined ? undefined : (first) => ({ submissionId, ...recordAt(first) }),
    );
    this.#lastResult = { operation: "input", outcome: "accepted", run_state: "busy" };
    this.#startRun(last - 1, submissionId);
    return this.#inputAck({ sequence, position: last - 1 });
  }

  #inputAck({ sequence, position }: Pick<SubmissionRecord, "sequence" | "position">): WorkerInteractionAck {
    return { worker_ref: this.ref, status: "running", transcript_sequence: sequence, event_id: position };
  }

  /** @param position Of the event that it answers, by which the run is named. */
  #startRun(position: number, submissionId?: SubmissionId): void {
    const controller = new AbortController();
    const ended = runToEnd({
      ...this.#options,
      conversation: this.conversation,
      position,
      submissionId,
      signal: controller.signal,
      publish: (...events) => this.#publish(...events),
    }).finally(() => {
      this.#run = null;
    });
    this.#run = { controller, ended };
    ended.then(
      () => void this.#checkpointer.save(),
      (error: unknown) => {
        this.#orphan.refused(error);
        this.#noteOrphan(error);
      },
    );
  }

  #noteOrphan(error: unknown): void {
    this.#options.onStoreFailed(error);
    this.#orphan.endLater(() => this.recover());
  }

  async #endRun(
    code: Extract<ProblemCode, "cancelled" | "interrupted" | "worker_stopped">,
    reason: string,
  ): Promise<void> {
    await this.#beginning?.catch(() => {});
    const run = this.#run;
    if (run === null) {
      // The next process finds it as this one did.
      if (code === "interrupted" && this.#isLeftOpen) return;
      this.#isLeftOpen = false;
      return this.recover();
    }
    run.controller.abort(new ProblemError(code, reason));
    await run.ended;
  }

  async #stop(reason: string): Promise<WorkerLifecycleAck> {
    await this.#endRun("worker_stopped", reason);
    const isShutDown = this.transcript.shut_down;
    if (!isShutDown || this.#record.value.lifecycle !== "stopped") {
      await this.#change({ lifecycle: "stopped" }, ...(isShutDown ? [] : [{ event: "shutdown" } as const]));
    }
    void this.#checkpointer.save();
    return this.#lifecycleAck("stop");
  }

  #lifecycleAck(operation: "stop" | "cancel"): WorkerLifecycleAck {
    this.#lastResult = { operation, outcome: "accepted", run_state: "idle" };
    return { worker_ref: this.ref, status: this.#lifecycle, event_id: this.log.head };
  }

  /** Changes the record, with the events that go with that. */
  async #change(change: Partial<WorkerRecord>, ...events: readonly KnownEvent[]): Promise<void> {
    this.#record.change(change);
    await this.log.append(events, this.#options.clock.now());
  }

  #publish(...events: KnownEvent[]): Promise<number> {
    if (events.length === 0) return Promise.resolve(this.log.head);
    return this.log.append(events, this.#options.clock.now());
  }
}
