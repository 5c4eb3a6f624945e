/**
 * One viewer of one Worker.
 *
 * Owns a position in the relay's window and the socket that it is written to. It is written while it drains; one that
 * falls behind the window gets a snapshot; one that takes nothing for long is let go. It has no queue of its own.
 */
import { closeCodeOf, type ProblemError } from "../protocol/problem.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import { encodeDiagnostic } from "./encode-frame.ts";
import type { FrameWindow } from "./frame-window.ts";
import type { BackendLimits } from "./limits.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** What a viewer asks of its relay. */
export interface ViewerFeed {
  readonly window: FrameWindow;
  /** The snapshot frame at the window's end. */
  snapshotFrame(): string;
  heartbeatFrame(): string;
}

/** One socket's place in a stream. */
export class Viewer {
  readonly #feed: ViewerFeed;
  readonly #socket: ViewerSocket;
  readonly #clock: Clock;
  readonly #limits: BackendLimits;
  readonly #wantsHeartbeat: boolean;
  readonly #telemetry: Pick<Telemetry, "viewerFellBehind" | "gapSeen">;
  /** Number of the next frame to write; null: a snapshot is due. */
  #next: number | null;
  /** Number of the frame that has to be written next, unless a snapshot comes first; null: any. */
  #due: number | null = null;
  #isCaughtUp = false;
  #drainCheck: Disposable | null = null;
  #stalledSince: number | null = null;
  #stalledBytes = 0;

  constructor(options: {
    readonly feed: ViewerFeed;
    readonly socket: ViewerSocket;
    readonly clock: Clock;
    readonly limits: BackendLimits;
    readonly wantsHeartbeat: boolean;
    readonly telemetry: Pick<Telemetry, "viewerFellBehind" | "gapSeen">;
    /** Number of the first frame to write; null: a snapshot first. */
    readonly next: number | null;
  }) {
    this.#feed = options.feed;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#wantsHeartbeat = options.wantsHeartbeat;
    this.#telemetry = options.telemetry;
    this.#next = options.next;
  }

  /** How many frames it has not been given yet. */
  get lagFrames(): number {
    return this.#next === null ? 0 : this.#feed.window.end - this.#next;
  }

  /** Writes what has come, as far as the socket takes it. */
  pump(): void {
    if (this.#socket.closed.aborted || this.#drainCheck !== null) return;
    const { window } = this.#feed;
    while (this.#next === null || this.#next < window.end) {
      if (this.#socket.bufferedBytes > this.#limits.viewerBufferBytes) {
        this.#waitForDrain();
        return;
      }
      this.#writeNext(window);
    }
    if (!this.#isCaughtUp) {
      this.#isCaughtUp = true;
      this.beat();
    }
  }

  #writeNext(window: FrameWindow): void {
    const frame = this.#next === null ? undefined : window.at(this.#next);
    if (this.#next === null || frame === undefined) {
      if (this.#next !== null) this.#telemetry.viewerFellBehind();
      this.#due = window.end;
      this.#next = window.end;
      this.#socket.send(this.#feed.snapshotFrame());
      return;
    }
    if (this.#due !== null && this.#next !== this.#due) this.#telemetry.gapSeen();
    this.#next += 1;
    this.#due = this.#next;
    if (frame.text !== null) this.#socket.send(frame.text);
  }

  /** Tells a viewer that asked for it that its link is alive and that it has everything. */
  beat(): void {
    if (this.#wantsHeartbeat && this.#isCaughtUp && this.#drainCheck === null) {
      this.#socket.send(this.#feed.heartbeatFrame());
    }
  }

  /** The stream started over: a snapshot is due. */
  reset(): void {
    this.#next = null;
    this.#due = null;
  }

  /** Says why, then closes. */
  end(problem: ProblemError): void {
    this.#socket.send(encodeDiagnostic(problem));
    this.#socket.close(closeCodeOf(problem.code), problem.code);
    this.release();
  }

  /** Forgets its timer; the socket is someone else's. */
  release(): void {
    this.#drainCheck?.[Symbol.dispose]();
    this.#drainCheck = null;
  }

  #waitForDrain(): void {
    const buffered = this.#socket.bufferedBytes;
    const now = this.#clock.now();
    if (this.#stalledSince === null || buffered < this.#stalledBytes) this.#stalledSince = now;
    this.#stalledBytes = buffered;
    if (now - this.#stalledSince > this.#limits.viewerStallTimeoutMs) {
      this.#socket.close(closeCodeOf("viewer_too_slow"), "viewer_too_slow");
      return;
    }
    this.#drainCheck = this.#clock.schedule(this.#limits.viewerDrainCheckMs, () => {
      this.#drainCheck = null;
      if (this.#socket.bufferedBytes <= this.#limits.viewerBufferBytes) this.#stalledSince = null;
      this.pump();
    });
  }
}
