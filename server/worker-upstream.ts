/**
 * A Worker as its relay hears it: one observation, whatever the number of viewers and of policies.
 *
 * Owns where the observation stands, the transcript that its events fold to, and the reading of older stretches. What
 * viewers see of it is made by `shown-stream.ts`.
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import { Event } from "../protocol/event.ts";
import { fold } from "../protocol/fold.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import { boundTranscript, emptyTranscript, type Transcript } from "../protocol/transcript.ts";
import type { Clock, Random } from "../runtime/clock.ts";
import type { ObservedEvent, Runtime } from "../runtime/runtime.ts";
import { NO_TELEMETRY, type Telemetry } from "../runtime/telemetry.ts";
import type { UpstreamTrouble } from "./encode-frame.ts";
import { followUpstream } from "./follow-upstream.ts";
import type { BackendLimits } from "./limits.ts";

/** What an upstream is made of. */
export interface WorkerUpstreamOptions {
  readonly ref: WorkerRef;
  readonly runtime: Pick<Runtime, "kind" | "observe">;
  readonly limits: BackendLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: nobody is told. */
  readonly telemetry?: Telemetry | undefined;
}

/** An event as it came, and as it reads. */
export interface HeardEvent {
  readonly observed: ObservedEvent;
  readonly event: Event;
}

/** Who is told what is heard. */
export interface UpstreamListener {
  /** A snapshot came: whatever there was before is replaced. */
  restarted(): void;
  /** Makes ready what is shown of an event; nothing has gone on past it while this throws. */
  prepare(heard: HeardEvent): void;
  /** The event that was made ready last is to be shown: the transcript stands at it. */
  show(): void;
  /** All events of a step have been shown. */
  stepTaken(): void;
  /** What keeps the Runtime away is another thing now, or nothing. */
  troubleChanged(): void;
  /** Observing any longer is pointless. */
  ended(problem: ProblemError): void;
}

/** How many entries the folded transcript may grow past a snapshot's bound before it is bounded again. */
const BOUND_SLACK_FACTOR = 2;

/** One Worker's observation, until it is disposed of. */
export class WorkerUpstream implements Disposable {
  readonly #options: WorkerUpstreamOptions;
  readonly #listener: UpstreamListener;
  readonly #closing = new AbortController();
  #transcript: Transcript = emptyTranscript();
  /** Position of the newest event that the transcript has folded. */
  #head: RuntimeCursor | null = null;
  #headTs = 0;
  #trouble: UpstreamTrouble | null = null;

  constructor(options: WorkerUpstreamOptions, listener: UpstreamListener) {
    this.#options = options;
    this.#listener = listener;
    void this.#follow();
  }

  /** Where the transcript stands. */
  get head(): RuntimeCursor {
    if (this.#head === null) throw new Error("Cannot name an upstream's position before its first snapshot");
    return this.#head;
  }

  /** When the newest event was published. */
  get headTs(): number {
    return this.#headTs;
  }

  /** The newest part of the conversation, more than a snapshot holds. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** What keeps the Runtime away; null while it is heard. */
  get trouble(): UpstreamTrouble | null {
    return this.#trouble;
  }

  /** The Worker has another name, which no event tells. */
  rename(displayName: string): void {
    const greeting = { ...this.#transcript.greeting, worker_name: displayName };
    this.#transcript = { ...this.#transcript, greeting };
  }

  /**
   * Reads what followed a position, on to the present and beyond, until the reader has enough.
   *
   * @throws ProblemError cursor_expired where it is not kept, or does not come in time
   */
  async *readFrom(from: RuntimeCursor): AsyncGenerator<readonly HeardEvent[], void, void> {
    const { runtime, ref, limits, clock } = this.#options;
    const reading = new AbortController();
    const signal = AbortSignal.any([reading.signal, this.#closing.signal]);
    using _timeout = clock.schedule(limits.catchUpTimeoutMs, () => reading.abort());
    try {
      for await (const step of runtime.observe(ref.worker_id, { cursor: from, signal })) {
        if (step.kind === "snapshot") throw cursorExpired();
        yield step.events.map(heard);
      }
    } finally {
      reading.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  async #follow(): Promise<void> {
    const problem = await followUpstream({
      ...this.#options,
      signal: this.#closing.signal,
      position: () => this.#head,
      take: (step) => {
        this.#noteTrouble(null);
        if (step.kind === "snapshot") this.#restart(step.event);
        else this.#take(step.events);
      },
      noteTrouble: (trouble) => this.#noteTrouble(trouble),
    });
    if (problem !== null) this.#listener.ended(problem);
  }

  /** Told as soon as it changes. */
  #noteTrouble(problem: ProblemError | null): void {
    if (this.#trouble?.problem.code === problem?.code) return;
    const { clock, ref, telemetry = NO_TELEMETRY } = this.#options;
    const sinceTs = this.#trouble?.sinceTs ?? clock.now();
    if (problem === null) telemetry.upstreamBack(ref, clock.now() - sinceTs);
    else if (this.#trouble === null) telemetry.upstreamLost(ref, problem);
    this.#trouble = problem === null ? null : { problem, sinceTs };
    this.#listener.troubleChanged();
  }

  #restart(observed: ObservedEvent): void {
    const { event } = heard(observed);
    this.#head = observed.cursor;
    this.#headTs = observed.ts;
    this.#transcript = fold(this.#transcript, event, observed.ts);
    this.#listener.restarted();
  }

  #take(events: readonly ObservedEvent[]): void {
    const { limits } = this.#options;
    if (this.#head === null && events.length > 0) {
      throw new ProblemError("malformed_frame", "The Runtime sent events before it said where the Worker stands.");
    }
    for (const observed of events) {
      const next = heard(observed);
      // What can't be shown is asked for again: nothing may have gone on past it.
      this.#listener.prepare(next);
      this.#transcript = fold(this.#transcript, next.event, observed.ts);
      this.#head = observed.cursor;
      this.#headTs = observed.ts;
      this.#listener.show();
    }
    if (this.#transcript.entries.length > limits.snapshotEntries * BOUND_SLACK_FACTOR) {
      const bounds = { maxEntries: limits.snapshotEntries, maxChars: Number.POSITIVE_INFINITY };
      this.#transcript = boundTranscript(this.#transcript, bounds);
    }
    this.#listener.stepTaken();
  }
}

function heard(observed: ObservedEvent): HeardEvent {
  return { observed, event: observed.event ?? Event.parse(JSON.parse(observed.payload)) };
}

/** What a viewer is told whose position is not kept. */
export const cursorExpired = () =>
  new ProblemError("cursor_expired", "cursor: what followed it is no longer kept; connect without one.");
