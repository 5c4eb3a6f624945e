/**
 * One viewer of one Worker.
 *
 * Owns a position in a shown stream's window and the socket that it is written to. It is written while it drains; one
 * that falls behind the window gets a snapshot; one that takes nothing for long is let go. It has no queue of its own.
 */
import { closeCodeOf, type ProblemError } from "../protocol/problem.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import type { RuntimeCursor } from "../protocol/cursor.ts";
import type { ViewerRights } from "./access/viewer-policy.ts";
import { encodeDiagnostic, type ViewerStanding } from "./encode-frame.ts";
import type { FrameWindow, Stretch, WindowFrame } from "./frame-window.ts";
import type { BackendLimits } from "./limits.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** What a viewer asks of the stream that it is shown. */
export interface ViewerFeed {
  readonly window: FrameWindow;
  /** The snapshot at the window's end. */
  snapshotFrame(): WindowFrame & { readonly text: string };
  /** @param cursor The newest position that the viewer has been sent */
  heartbeatFrame(cursor: RuntimeCursor, standing: ViewerStanding): string;
}

/** Where a viewer goes on. */
export interface ViewerStart {
  /** The position that it has. */
  readonly cursor: RuntimeCursor;
  /** Number of the frame that follows it. */
  readonly next: number;
}

/** One socket's place in a stream. */
export class Viewer {
  readonly #rights: Pick<ViewerRights, "policy">;
  readonly #socket: ViewerSocket;
  readonly #clock: Clock;
  readonly #limits: BackendLimits;
  readonly #wantsHeartbeat: boolean;
  readonly #telemetry: Pick<Telemetry, "viewerFellBehind" | "gapSeen">;
  #feed: ViewerFeed;
  /** The newest position that it has been sent; events that it is not shown have none. */
  #cursor: RuntimeCursor | null;
  /** Number of the next frame to write; null: a snapshot is due. */
  #next: number | null;
  /** Number of the frame that has to be written next, unless a snapshot comes first; null: any. */
  #due: number | null = null;
  #isCaughtUp = false;
  /** Whether the network had taken everything when it was written to last: then nobody has to look. */
  #isDrained = false;
  #isReleased = false;
  #drainCheck: Disposable | null = null;
  /** How long it has taken nothing, counted by the looks at it: a machine's clock may be set. */
  #stalledMs = 0;
  #stalledBytes = 0;

  constructor(options: {
    readonly feed: ViewerFeed;
    readonly socket: ViewerSocket;
    readonly clock: Clock;
    readonly limits: BackendLimits;
    readonly rights: Pick<ViewerRights, "policy">;
    readonly wantsHeartbeat: boolean;
    readonly telemetry: Pick<Telemetry, "viewerFellBehind" | "gapSeen">;
    /** Null: a snapshot first. */
    readonly start: ViewerStart | null;
  }) {
    this.#feed = options.feed;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#wantsHeartbeat = options.wantsHeartbeat;
    this.#telemetry = options.telemetry;
    this.#rights = options.rights;
    this.#cursor = options.start?.cursor ?? null;
    this.#next = options.start?.next ?? null;
  }

  /** How many frames it has not been given yet. */
  get lagFrames(): number {
    return this.#next === null ? 0 : this.#feed.window.end - this.#next;
  }

  /** Writes what it has missed, after a word on how much that is. */
  begin(): void {
    this.#tell(this.#next === null ? 0 : this.#feed.window.countShown(this.#next));
    this.pump();
  }

  /** From now on it is shown another stream, which begins with a snapshot. */
  show(feed: ViewerFeed): void {
    this.#feed = feed;
    this.#isCaughtUp = false;
    this.reset();
    this.pump();
  }

  /** Writes what has come, as far as the socket takes it. */
  pump(): void {
    if (this.#isReleased || this.#drainCheck !== null) return;
    const { window } = this.#feed;
    while (this.#next === null || this.#next < window.end) {
      if (!this.#isDrained && this.#socket.bufferedBytes > this.#limits.viewerBufferBytes) {
        this.#waitForDrain();
        return;
      }
      const stretch = this.#next === null ? null : window.stretchFrom(this.#next);
      if (this.#next === null || stretch === null) this.#writeSnapshot(window);
      else this.#write(stretch, this.#next);
    }
    if (!this.#isCaughtUp) {
      this.#isCaughtUp = true;
      this.beat();
    }
  }

  #writeSnapshot(window: FrameWindow): void {
    if (this.#next !== null) this.#telemetry.viewerFellBehind();
    this.#due = window.end;
    this.#next = window.end;
    const { cursor, text } = this.#feed.snapshotFrame();
    this.#cursor = cursor;
    this.#isDrained = false;
    this.#socket.send(text);
  }

  #write({ batch, end, cursor }: Stretch, from: number): void {
    if (this.#due !== null && from !== this.#due) this.#telemetry.gapSeen();
    this.#next = end;
    this.#due = end;
    if (cursor === null) return;
    this.#cursor = cursor;
    this.#isDrained = this.#socket.sendAll(batch);
  }

  /** Tells a viewer that asked for it that its link is alive and that it has everything. */
  beat(): void {
    if (!this.#wantsHeartbeat || !this.#isCaughtUp || this.#drainCheck !== null || this.#cursor === null) return;
    this.#socket.send(this.#feed.heartbeatFrame(this.#cursor, this.#standing(0)));
  }

  #tell(behind: number): void {
    if (!this.#wantsHeartbeat || behind === 0 || this.#cursor === null) return;
    this.#socket.send(this.#feed.heartbeatFrame(this.#cursor, this.#standing(behind)));
  }

  #standing(behind: number): ViewerStanding {
    return { behind, mayCommand: this.#rights.policy.mayCommand };
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

  /** Writes nothing more and forgets its timer; the socket is someone else's. */
  release(): void {
    this.#isReleased = true;
    this.#drainCheck?.[Symbol.dispose]();
    this.#drainCheck = null;
  }

  #waitForDrain(): void {
    const buffered = this.#socket.bufferedBytes;
    if (buffered < this.#stalledBytes) this.#stalledMs = 0;
    this.#stalledBytes = buffered;
    if (this.#stalledMs > this.#limits.viewerStallTimeoutMs) {
      this.#socket.close(closeCodeOf("viewer_too_slow"), "viewer_too_slow");
      return;
    }
    this.#drainCheck = this.#clock.schedule(this.#limits.viewerDrainCheckMs, () => {
      this.#drainCheck = null;
      this.#stalledMs += this.#limits.viewerDrainCheckMs;
      if (this.#socket.bufferedBytes <= this.#limits.viewerBufferBytes) this.#stalledMs = 0;
      this.pump();
    });
  }
}
