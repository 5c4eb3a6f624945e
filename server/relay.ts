/**
 * The relay of one Worker: observed once, shown to any number of viewers.
 *
 * Owns the one upstream observation, the window of encoded frames, and the transcript from which late joiners get their
 * snapshot. A viewer that comes back from further than the window reaches makes the relay read that stretch again, once
 * for all who need it. Viewers keep their sockets while the upstream is away.
 */
import type { ClientCursor, RuntimeCursor } from "../protocol/cursor.ts";
import { Event } from "../protocol/event.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import { fold } from "../protocol/fold.ts";
import { boundTranscript, emptyTranscript, snapshotEvent, type Transcript } from "../protocol/transcript.ts";
import type { Clock, Random } from "../runtime/clock.ts";
import type { ObservedEvent, Runtime } from "../runtime/runtime.ts";
import { NO_TELEMETRY, type Telemetry } from "../runtime/telemetry.ts";
import type { WorkerView } from "./backend.ts";
import type { CursorMint } from "./client-cursor.ts";
import { encodeEvent, encodeHeartbeat, encodeSnapshot, type UpstreamTrouble } from "./encode-frame.ts";
import { followUpstream } from "./follow-upstream.ts";
import { FrameWindow, type WindowFrame } from "./frame-window.ts";
import type { BackendLimits } from "./limits.ts";
import { passThrough, showSnapshot, type ObservationPolicy } from "./policy.ts";
import { Viewer, type ViewerFeed } from "./viewer.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** What a relay is made of. */
export interface RelayOptions {
  readonly ref: WorkerRef;
  readonly runtime: Pick<Runtime, "kind" | "observe">;
  readonly mint: CursorMint;
  readonly policy: ObservationPolicy;
  readonly limits: BackendLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: nobody is told. */
  readonly telemetry?: Telemetry;
  /** Called once, when the relay has ended for whatever reason and nobody may use it any more. */
  readonly onEnd: () => void;
}

/** How many entries the folded transcript may grow past a snapshot's bound before it is bounded again. */
const BOUND_SLACK_FACTOR = 2;

/** One Worker's relay. */
export class Relay implements ViewerFeed {
  readonly #options: RelayOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #window: FrameWindow | null = null;
  #transcript: Transcript = emptyTranscript();
  /** Position of the newest event that the transcript has folded. */
  #head: RuntimeCursor | null = null;
  #headTs = 0;
  #snapshot: { readonly number: number; readonly frame: string } | null = null;
  #catchUp: Promise<void> | null = null;
  #grace: Disposable | null = null;
  #heartbeat: Disposable | null = null;
  #trouble: UpstreamTrouble | null = null;
  /** Viewers that are being let in. */
  #arriving = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {});
    void this.#follow();
  }

  get window(): FrameWindow {
    if (this.#window === null) throw new Error("Cannot read a relay's window before its first snapshot");
    return this.#window;
  }

  /** How many viewers there are, and how far behind the slowest of them is. */
  get load(): { readonly viewers: number; readonly maxLagFrames: number } {
    let maxLagFrames = 0;
    for (const { lagFrames } of this.#viewers) maxLagFrames = Math.max(maxLagFrames, lagFrames);
    return { viewers: this.#viewers.size, maxLagFrames };
  }

  get #telemetry(): Telemetry {
    return this.#options.telemetry ?? NO_TELEMETRY;
  }

  /** Where the Worker stands. */
  async view(): Promise<WorkerView> {
    await this.#ready.promise;
    this.#keepForGrace();
    const event = this.#projectedSnapshot();
    return { snapshot: event.data, cursor: this.#cursor };
  }

  /**
   * Attaches a viewer from a cursor, or from a snapshot without one.
   *
   * @throws ProblemError when the cursor, the upstream or the number of viewers does not allow it; the socket is untouched
   * then
   */
  async attach(
    socket: ViewerSocket,
    request: { readonly cursor?: string; readonly heartbeat: boolean },
  ): Promise<void> {
    const from = request.cursor === undefined ? null : this.#options.mint.unwrap(request.cursor);
    this.#arriving += 1;
    this.#endGrace();
    try {
      await this.#ready.promise;
      if (from !== null) await this.#reach(from, socket.closed);
      if (!socket.closed.aborted) this.#join(socket, from, request.heartbeat);
    } finally {
      this.#arriving -= 1;
      this.#keepForGrace();
    }
  }

  /** Nothing in here waits: the position is read and the viewer joins in one step. */
  #join(socket: ViewerSocket, from: RuntimeCursor | null, wantsHeartbeat: boolean): void {
    this.#closing.signal.throwIfAborted();
    const { clock, limits } = this.#options;
    if (this.#viewers.size >= limits.maxViewersPerWorker) {
      throw new ProblemError("too_many_viewers", "The Worker has no room for another viewer.");
    }
    const next = from === null ? null : this.window.after(from);
    if (from !== null && next === null) throw expired();
    const telemetry = this.#telemetry;
    const viewer = new Viewer({ feed: this, socket, clock, limits, wantsHeartbeat, telemetry, next });
    this.#viewers.add(viewer);
    telemetry.viewerJoined(next === null ? "snapshot" : "resumed", viewer.lagFrames);
    this.#scheduleHeartbeat();
    socket.closed.addEventListener("abort", () => this.#detach(viewer), { once: true });
    viewer.pump();
  }

  /** The Worker has another name, which no event tells: the next snapshot does. */
  rename(displayName: string): void {
    const greeting = { ...this.#transcript.greeting, worker_name: displayName };
    this.#transcript = { ...this.#transcript, greeting };
    this.#snapshot = null;
  }

  /** Ends the observation and tells every viewer why. */
  close(problem: ProblemError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(problem);
    this.#ready.reject(problem);
    this.#endGrace();
    this.#heartbeat?.[Symbol.dispose]();
    for (const viewer of this.#viewers) viewer.end(problem);
    this.#viewers.clear();
    this.#options.onEnd();
  }

  snapshotFrame(): string {
    const number = this.window.end;
    if (this.#snapshot?.number !== number) {
      const payload = JSON.stringify(this.#projectedSnapshot());
      const frame = encodeSnapshot(this.#options.ref, this.#cursor, this.#headTs, payload);
      this.#snapshot = { number, frame };
    }
    return this.#snapshot.frame;
  }

  heartbeatFrame(): string {
    const { clock, limits } = this.#options;
    return encodeHeartbeat(this.#cursor, clock.now(), limits.heartbeatIntervalMs, this.#trouble);
  }

  get #cursor(): ClientCursor {
    if (this.#head === null) throw new Error("Cannot name a relay's position before its first snapshot");
    return this.#options.mint.wrap(this.#head);
  }

  #projectedSnapshot() {
    const { limits, policy, ref } = this.#options;
    const bounds = { maxEntries: limits.snapshotEntries, maxChars: limits.snapshotChars };
    return showSnapshot(policy, snapshotEvent(boundTranscript(this.#transcript, bounds)), ref);
  }

  // --- upstream ----------------------------------------------------------------------------------------------------

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
    if (problem !== null) this.close(problem);
  }

  /** Tells the viewers that listen for it, as soon as it changes; their sockets stay open. */
  #noteTrouble(problem: ProblemError | null): void {
    if (this.#trouble?.problem.code === problem?.code) return;
    const { clock, ref } = this.#options;
    const sinceTs = this.#trouble?.sinceTs ?? clock.now();
    if (problem === null) this.#telemetry.upstreamBack(ref, clock.now() - sinceTs);
    else if (this.#trouble === null) this.#telemetry.upstreamLost(ref, problem);
    this.#trouble = problem === null ? null : { problem, sinceTs };
    for (const viewer of this.#viewers) viewer.beat();
  }

  /** A snapshot from upstream: whatever came before is replaced, for the viewers too. */
  #restart(event: ObservedEvent): void {
    this.#window = new FrameWindow(event.cursor, this.#options.limits);
    this.#snapshot = null;
    this.#head = event.cursor;
    this.#headTs = event.ts;
    this.#transcript = fold(this.#transcript, Event.parse(JSON.parse(event.payload)), event.ts);
    this.#ready.resolve();
    for (const viewer of this.#viewers) {
      viewer.reset();
      viewer.pump();
    }
    if (this.#viewers.size === 0) this.#keepForGrace();
  }

  #take(events: readonly ObservedEvent[]): void {
    const { limits } = this.#options;
    for (const observed of events) {
      const event = Event.parse(JSON.parse(observed.payload));
      // What can't be shown is asked for again: nothing may have gone on past it.
      const frame = this.#encode(observed, event);
      this.#transcript = fold(this.#transcript, event, observed.ts);
      this.#head = observed.cursor;
      this.#headTs = observed.ts;
      this.window.push(frame);
    }
    if (this.#transcript.entries.length > limits.snapshotEntries * BOUND_SLACK_FACTOR) {
      const bounds = { maxEntries: limits.snapshotEntries, maxChars: Number.POSITIVE_INFINITY };
      this.#transcript = boundTranscript(this.#transcript, bounds);
    }
    for (const viewer of this.#viewers) viewer.pump();
  }

  #encode({ cursor, ts, payload }: ObservedEvent, event: Event): WindowFrame {
    const { policy, ref, mint } = this.#options;
    const wrapped = mint.wrap(cursor);
    if (policy === passThrough) return { cursor, text: encodeEvent(ref, wrapped, ts, payload) };
    const projected = policy(event, ref);
    const text = projected === null ? null : encodeEvent(ref, wrapped, ts, JSON.stringify(projected));
    return { cursor, text };
  }

  // --- viewers from further back -----------------------------------------------------------------------------------

  /** Extends the window backwards until it knows the cursor. Whoever comes meanwhile waits and looks again. */
  async #reach(from: RuntimeCursor, signal: AbortSignal): Promise<void> {
    while (this.window.after(from) === null && !signal.aborted) {
      if (this.#catchUp !== null) {
        await this.#catchUp.catch(() => {});
        continue;
      }
      this.#catchUp = this.#readBack(from);
      try {
        await this.#catchUp;
      } finally {
        this.#catchUp = null;
      }
      if (this.window.after(from) === null) {
        this.#closing.signal.throwIfAborted();
        throw expired();
      }
    }
  }

  /** Reads from a cursor up to where the window begins, and puts that in front of it. */
  async #readBack(from: RuntimeCursor): Promise<void> {
    const { runtime, ref, limits, clock } = this.#options;
    const reading = new AbortController();
    const signal = AbortSignal.any([reading.signal, this.#closing.signal]);
    using _timeout = clock.schedule(limits.catchUpTimeoutMs, () => reading.abort());
    const frames: WindowFrame[] = [];
    let chars = 0;
    try {
      for await (const step of runtime.observe(ref.worker_id, { cursor: from, signal })) {
        if (step.kind === "snapshot") throw expired();
        for (const observed of step.events) {
          const { window } = this;
          // Not only the oldest one: events at the window's start may be compacted away where they are read from.
          const number = window.numberOf(observed.cursor);
          if (number === null) {
            const frame = this.#encode(observed, Event.parse(JSON.parse(observed.payload)));
            frames.push(frame);
            chars += frame.text?.length ?? 0;
          } else if (frames.length === 0 && number > window.start) return window.noteFollowing(from, number);
          if (number !== null || observed.cursor === window.before) return window.prepend(frames, from);
        }
        if (frames.length > limits.windowFrames || chars > limits.windowChars) throw expired();
      }
    } finally {
      reading.abort();
    }
  }

  #detach(viewer: Viewer): void {
    viewer.release();
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#keepForGrace();
  }

  #keepForGrace(): void {
    if (this.#viewers.size > 0 || this.#arriving > 0 || this.#closing.signal.aborted) return;
    this.#heartbeat?.[Symbol.dispose]();
    this.#heartbeat = null;
    this.#endGrace();
    this.#grace = this.#options.clock.schedule(this.#options.limits.relayGraceMs, () =>
      this.close(new ProblemError("shutting_down", "Nobody observes the Worker any more.")),
    );
  }

  #endGrace(): void {
    this.#grace?.[Symbol.dispose]();
    this.#grace = null;
  }

  /** One timer for all viewers. */
  #scheduleHeartbeat(): void {
    this.#heartbeat ??= this.#options.clock.schedule(this.#options.limits.heartbeatIntervalMs, () => {
      this.#heartbeat = null;
      for (const viewer of this.#viewers) viewer.beat();
      if (this.#viewers.size > 0) this.#scheduleHeartbeat();
    });
  }
}

const expired = () =>
  new ProblemError("cursor_expired", "cursor: what followed it is no longer kept; connect without one.");
