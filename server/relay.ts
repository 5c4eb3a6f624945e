/**
 * The relay of one Worker: observed once, shown to any number of viewers, to each as its policy has it.
 *
 * Owns which viewer is shown which stream, also when that changes while its socket is open, and the bound on viewers.
 * Viewers keep their sockets while the upstream is away.
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { asProblem, ProblemError } from "../protocol/problem.ts";
import { NO_TELEMETRY, type JoinKind } from "../runtime/telemetry.ts";
import type { ViewRequest, WorkerView } from "./backend.ts";
import type { CursorMints } from "./client-cursor.ts";
import type { ObservationPolicy } from "./policy.ts";
import { ShownStream } from "./shown-stream.ts";
import { Viewer } from "./viewer.ts";
import type { ViewerSocket } from "./viewer-socket.ts";
import { cursorExpired, WorkerUpstream, type WorkerUpstreamOptions } from "./worker-upstream.ts";

/** What a relay is made of. */
export interface RelayOptions extends WorkerUpstreamOptions {
  readonly ref: WorkerRef;
  readonly mints: CursorMints;
  /** Called once, when the relay has ended for whatever reason and nobody may use it any more. */
  readonly onEnd: () => void;
}

/** How a viewer came in. */
export interface JoinedViewer {
  readonly kind: JoinKind;
  /** Frames that it had missed. */
  readonly replayedFrames: number;
}

/** One Worker's relay. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #upstream: WorkerUpstream;
  /** By policy; one that nobody has been shown for a while is let go. */
  readonly #streams = new Map<ObservationPolicy, ShownStream>();
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<void>();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {});
    this.#upstream = new WorkerUpstream(options, {
      restarted: () => this.#restart(),
      // Each stream encodes before any of them goes on.
      prepare: (heard) => this.#forEach((stream) => stream.prepare(heard)),
      show: () => this.#forEach((stream) => stream.push()),
      stepTaken: () => this.#forEach((stream) => stream.pump()),
      troubleChanged: () => this.#forEach((stream) => stream.beat()),
      ended: (problem) => this.close(problem),
    });
  }

  /** How many frames each viewer is behind. */
  get lagFrames(): readonly number[] {
    return Array.from(this.#streams.values(), ({ viewers }) =>
      Array.from(viewers, ({ lagFrames }) => lagFrames),
    ).flat();
  }

  get #viewerCount(): number {
    return [...this.#streams.values()].reduce((count, { viewers }) => count + viewers.size, 0);
  }

  /** Where the Worker stands, as a policy shows it. */
  async view(policy: ObservationPolicy): Promise<WorkerView> {
    await this.#ready.promise;
    this.#closing.signal.throwIfAborted();
    return this.#streamOf(policy).view();
  }

  /**
   * Attaches a viewer from a cursor, or from a snapshot without one; null where it has gone meanwhile.
   *
   * @throws ProblemError when the cursor, the upstream or the number of viewers does not allow it; the socket is untouched
   * then
   */
  async attach(socket: ViewerSocket, request: ViewRequest): Promise<JoinedViewer | null> {
    const { rights, cursor } = request;
    const policy = rights.policy.observation;
    await this.#ready.promise;
    this.#closing.signal.throwIfAborted();
    const stream = this.#streamOf(policy);
    using _hold = stream.hold();
    // Not before there is a stream, which lets go of the Worker again where nobody is let in.
    const from = cursor === undefined ? null : this.#options.mints(policy).unwrap(cursor);
    if (from !== null) await stream.reach(from, socket.closed);
    if (socket.closed.aborted) return null;
    this.#closing.signal.throwIfAborted();
    if (rights.policy.observation === policy) return this.#join(stream, socket, request, from);
    // It may see something else since it came: what it has is no part of that.
    return this.#join(this.#streamOf(rights.policy.observation), socket, request, null);
  }

  /** Nothing in here waits: the position is read and the viewer joins in one step. */
  #join(stream: ShownStream, socket: ViewerSocket, request: ViewRequest, from: RuntimeCursor | null): JoinedViewer {
    const { clock, limits, telemetry = NO_TELEMETRY } = this.#options;
    if (this.#viewerCount >= limits.maxViewersPerWorker) {
      throw new ProblemError("too_many_viewers", "The Worker has no room for another viewer.");
    }
    const next = from === null ? null : stream.window.after(from);
    if (from !== null && next === null) throw cursorExpired();
    const { rights, heartbeat: wantsHeartbeat } = request;
    const start = from === null || next === null ? null : { cursor: from, next };
    const viewer = new Viewer({ feed: stream, socket, clock, limits, rights, wantsHeartbeat, telemetry, start });
    stream.add(viewer);
    const joined: JoinedViewer = { kind: start === null ? "snapshot" : "resumed", replayedFrames: viewer.lagFrames };
    telemetry.viewerJoined(joined.kind, joined.replayedFrames);
    let present = stream;
    rights.onChange(() => (present = this.#reconsider(viewer, present, rights.policy.observation)), socket.closed);
    socket.closed.addEventListener(
      "abort",
      () => {
        viewer.release();
        present.delete(viewer);
      },
      { once: true },
    );
    viewer.begin();
    return joined;
  }

  /** What a viewer may see or do has changed. @returns the stream that it is shown from now on */
  #reconsider(viewer: Viewer, present: ShownStream, policy: ObservationPolicy): ShownStream {
    if (this.#closing.signal.aborted) return present;
    if (present.policy === policy) {
      viewer.beat();
      return present;
    }
    // Whatever goes wrong from here on, it is shown no more of what it saw before.
    present.delete(viewer);
    try {
      const stream = this.#streamOf(policy);
      stream.add(viewer);
      viewer.show(stream);
      return stream;
    } catch (error) {
      viewer.end(asProblem(error));
      return present;
    }
  }

  /** The Worker has another name, which no event tells: the next snapshot does. */
  rename(displayName: string): void {
    this.#upstream.rename(displayName);
    this.#forEach((stream) => stream.forgetSnapshot());
  }

  /** Ends the observation and tells every viewer why. */
  close(problem: ProblemError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(problem);
    this.#upstream[Symbol.dispose]();
    this.#ready.reject(problem);
    this.#forEach((stream) => stream.close(problem));
    this.#streams.clear();
    this.#options.onEnd();
  }

  #streamOf(policy: ObservationPolicy): ShownStream {
    const known = this.#streams.get(policy);
    if (known !== undefined) return known;
    const { ref, limits, clock, mints } = this.#options;
    const upstream = this.#upstream;
    const onIdle = () => this.#letGo(policy);
    const stream = new ShownStream({ ref, upstream, policy, mint: mints(policy), limits, clock, onIdle });
    this.#streams.set(policy, stream);
    return stream;
  }

  /** The last stream takes the relay with it. */
  #letGo(policy: ObservationPolicy): void {
    const nobody = new ProblemError("shutting_down", "Nobody observes the Worker any more.");
    if (this.#streams.size === 1) return this.close(nobody);
    this.#streams.get(policy)?.close(nobody);
    this.#streams.delete(policy);
  }

  // --- upstream ----------------------------------------------------------------------------------------------------

  #restart(): void {
    this.#forEach((stream) => stream.restart());
    this.#ready.resolve();
  }

  #forEach(act: (stream: ShownStream) => void): void {
    for (const stream of this.#streams.values()) act(stream);
  }
}
