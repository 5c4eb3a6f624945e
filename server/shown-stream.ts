/**
 * A Worker's stream as one policy shows it, to any number of viewers.
 *
 * Owns the window of encoded frames, the snapshot for late joiners, and the viewers who are shown this. Each event is
 * encoded once for all of them. One who comes back from further than the window reaches makes it read that stretch again,
 * once for all who need it.
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import type { SnapshotEvent } from "../protocol/event.ts";
import type { WorkerRef } from "../protocol/id.ts";
import type { ProblemError } from "../protocol/problem.ts";
import { boundTranscript, snapshotEvent } from "../protocol/transcript.ts";
import type { Clock } from "../runtime/clock.ts";
import type { WorkerView } from "./backend.ts";
import type { CursorMint } from "./client-cursor.ts";
import { encodeEvent, encodeHeartbeat, encodeSnapshot, type ViewerStanding } from "./encode-frame.ts";
import { FrameWindow, type WindowFrame } from "./frame-window.ts";
import type { BackendLimits } from "./limits.ts";
import type { ObservationPolicy } from "./policy.ts";
import type { Viewer, ViewerFeed } from "./viewer.ts";
import { cursorExpired, type HeardEvent, type WorkerUpstream } from "./worker-upstream.ts";

/** What a shown stream is made of. */
export interface ShownStreamOptions {
  readonly ref: WorkerRef;
  readonly upstream: WorkerUpstream;
  readonly policy: ObservationPolicy;
  /** Of the cursors that its viewers are given; they open no other policy's stream. */
  readonly mint: CursorMint;
  readonly limits: BackendLimits;
  readonly clock: Clock;
  /** Called when nobody has been shown anything for a while. */
  readonly onIdle: () => void;
}

const pumpViewer = (viewer: Viewer): void => viewer.pump();

/** One policy's view of a Worker. To be made once the upstream stands somewhere. */
export class ShownStream implements ViewerFeed {
  readonly policy: ObservationPolicy;
  readonly #options: ShownStreamOptions;
  readonly #viewers = new Set<Viewer>();
  #window: FrameWindow;
  #snapshot: { readonly number: number; readonly frame: string } | null = null;
  /** Of the event that is about to be shown. */
  #prepared: WindowFrame | null = null;
  #catchUp: Promise<void> | null = null;
  #grace: Disposable | null = null;
  #heartbeat: Disposable | null = null;
  /** Viewers that are being let in. */
  #arriving = 0;
  #isClosed = false;

  constructor(options: ShownStreamOptions) {
    this.#options = options;
    this.policy = options.policy;
    this.#window = new FrameWindow(options.upstream.head, options.limits);
    // Whoever it is made for may not be let in after all.
    this.#keepForGrace();
  }

  get window(): FrameWindow {
    return this.#window;
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  // --- what is shown -----------------------------------------------------------------------------------------------

  /** Where the Worker stands. */
  view(): WorkerView {
    this.#keepForGrace();
    const { upstream, mint } = this.#options;
    return { snapshot: this.#shownSnapshot().data, cursor: mint.wrap(upstream.head) };
  }

  /** See `ViewerFeed`. */
  snapshotFrame(): WindowFrame & { readonly text: string } {
    const { ref, upstream, mint } = this.#options;
    const number = this.window.end;
    if (this.#snapshot?.number !== number) {
      const payload = JSON.stringify(this.#shownSnapshot());
      const frame = encodeSnapshot(ref, mint.wrap(upstream.head), upstream.headTs, payload);
      this.#snapshot = { number, frame };
    }
    return { cursor: upstream.head, text: this.#snapshot.frame };
  }

  /** See `ViewerFeed`. */
  heartbeatFrame(cursor: RuntimeCursor, standing: ViewerStanding): string {
    const { clock, limits, mint, upstream } = this.#options;
    const intervalMs = limits.heartbeatIntervalMs;
    return encodeHeartbeat(
      { cursor: mint.wrap(cursor), ts: clock.now(), intervalMs, trouble: upstream.trouble },
      standing,
    );
  }

  #shownSnapshot(): SnapshotEvent {
    const { limits, upstream } = this.#options;
    const bounds = { maxEntries: limits.snapshotEntries, maxChars: limits.snapshotChars };
    return snapshotEvent(this.policy.showTranscript(boundTranscript(upstream.transcript, bounds)));
  }

  /** An event's frame. What is shown as it came is spliced through, byte for byte. */
  #encode({ observed: { cursor, ts, payload }, event }: HeardEvent): WindowFrame {
    const { ref, mint } = this.#options;
    const shown = this.policy.showEvent(event);
    if (shown === null) return { cursor, text: null };
    return { cursor, text: encodeEvent(ref, mint.wrap(cursor), ts, shown === event ? payload : JSON.stringify(shown)) };
  }

  /** Makes the next event's frame ready. Without `push` it is as if it had never come. */
  prepare(heard: HeardEvent): void {
    this.#prepared = this.#encode(heard);
  }

  /** Takes the frame that was made ready into the window; viewers get it with the next `pump`. */
  push(): void {
    const frame = this.#prepared;
    if (frame === null) return;
    this.#prepared = null;
    this.window.push(frame);
  }

  /** Nothing is made here for a viewer, not even an iterator's step: `relay-allocations.test.ts` counts. */
  pump(): void {
    this.#viewers.forEach(pumpViewer);
  }

  beat(): void {
    for (const viewer of this.#viewers) viewer.beat();
  }

  /** What no event tells has changed: the next snapshot is made anew. */
  forgetSnapshot(): void {
    this.#snapshot = null;
  }

  /** The upstream starts over, and so do all viewers. */
  restart(): void {
    const { upstream, limits } = this.#options;
    this.#window = new FrameWindow(upstream.head, limits);
    this.#snapshot = null;
    for (const viewer of this.#viewers) {
      viewer.reset();
      viewer.pump();
    }
    this.#keepForGrace();
  }

  // --- who is shown it ---------------------------------------------------------------------------------------------

  /** Keeps the stream while somebody is being let in. */
  hold(): Disposable {
    this.#arriving += 1;
    this.#endGrace();
    return {
      [Symbol.dispose]: () => {
        this.#arriving -= 1;
        this.#keepForGrace();
      },
    };
  }

  /** Lets a viewer in who stands in this stream's window. */
  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    this.#endGrace();
    this.#scheduleHeartbeat();
  }

  /** Lets go of a viewer, who may be shown something else from now on. */
  delete(viewer: Viewer): void {
    if (this.#viewers.delete(viewer)) this.#keepForGrace();
  }

  /** Tells every viewer why it ends. */
  close(problem: ProblemError): void {
    this.#isClosed = true;
    this.#endGrace();
    this.#heartbeat?.[Symbol.dispose]();
    for (const viewer of this.#viewers) viewer.end(problem);
    this.#viewers.clear();
  }

  #keepForGrace(): void {
    if (this.#viewers.size > 0 || this.#arriving > 0 || this.#isClosed) return;
    const { clock, limits, onIdle } = this.#options;
    this.#heartbeat?.[Symbol.dispose]();
    this.#heartbeat = null;
    this.#endGrace();
    this.#grace = clock.schedule(limits.relayGraceMs, onIdle);
  }

  #endGrace(): void {
    this.#grace?.[Symbol.dispose]();
    this.#grace = null;
  }

  /** One timer for all viewers. */
  #scheduleHeartbeat(): void {
    const { clock, limits } = this.#options;
    this.#heartbeat ??= clock.schedule(limits.heartbeatIntervalMs, () => {
      this.#heartbeat = null;
      this.beat();
      if (this.#viewers.size > 0) this.#scheduleHeartbeat();
    });
  }

  // --- viewers from further back -----------------------------------------------------------------------------------

  /**
   * Extends the window backwards until it knows the cursor. Whoever comes meanwhile waits and looks again.
   *
   * @throws ProblemError cursor_expired and what the Runtime says to it
   */
  async reach(from: RuntimeCursor, signal: AbortSignal): Promise<void> {
    while (this.window.after(from) === null && !signal.aborted && !this.#isClosed) {
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
      if (this.window.after(from) === null && !this.#isClosed) throw cursorExpired();
    }
  }

  /** Reads from a cursor up to where the window begins, and puts that in front of it. */
  async #readBack(from: RuntimeCursor): Promise<void> {
    const { limits, upstream } = this.#options;
    const { end } = this.window;
    const frames: WindowFrame[] = [];
    let chars = 0;
    for await (const events of upstream.readFrom(from)) {
      for (const heard of events) {
        const { window } = this;
        const { cursor } = heard.observed;
        // A window that lagged behind what is read here has come to the position by itself.
        if (window.after(from) !== null) return;
        if (window.numberOf(cursor) === null) {
          const frame = this.#encode(heard);
          frames.push(frame);
          chars += frame.text?.length ?? 0;
          if (cursor !== window.before) continue;
        }
        // Or to some of what was read, which stays behind what it has.
        const own = frames.find((frame) => window.numberOf(frame.cursor) !== null);
        if (own !== undefined) frames.length = frames.indexOf(own);
        // Not only the oldest one: events at the window's start may be compacted away where they are read from.
        const number = window.numberOf((own ?? heard.observed).cursor);
        if (frames.length === 0 && number !== null && number > window.start) return window.noteFollowing(from, number);
        // Where they meet only in what has come since, what the window had stands before all that was read: it lagged, and
        // came to the pieces that were read here when they had been compacted away.
        if (number !== null && number >= end && window.start < end) throw cursorExpired();
        return window.prepend(frames, from);
      }
      if (frames.length > limits.windowFrames || chars > limits.windowChars) throw cursorExpired();
    }
  }
}
