/**
 * The relays of a Backend: one per observed Worker.
 *
 * Owns their making on demand, the bounds on viewers over all of them and of each client, and what a viewer is told that
 * can't be let in.
 */
import type { WorkerRef } from "../protocol/id.ts";
import { asProblem, closeCodeOf, ProblemError } from "../protocol/problem.ts";
import type { Clock, Random } from "../runtime/clock.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import type { Span, Tracing } from "../runtime/tracing/tracing.ts";
import type { Backend, Observation, ObservationLoad, ViewRequest, WorkerView } from "./backend.ts";
import { createCursorMints } from "./client-cursor.ts";
import { encodeDiagnostic } from "./encode-frame.ts";
import type { BackendLimits } from "./limits.ts";
import type { ObservationPolicy } from "./policy.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import type { RuntimeRegistry } from "./runtime-registry.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** What relays are made of. */
export interface RelaysOptions {
  readonly registry: RuntimeRegistry;
  /** Seals the cursors; at least 16 bytes. */
  readonly cursorSecret: Uint8Array<ArrayBuffer>;
  readonly limits: BackendLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly tracing: Tracing;
}

/** All relays of one Backend. */
export class Relays implements Pick<Backend, "view" | "observe" | "load"> {
  readonly #options: RelaysOptions;
  readonly #open = new Map<string, Promise<Relay>>();
  readonly #viewersOf = new Map<string, number>();
  #viewerCount = 0;
  #isClosed = false;

  constructor(options: RelaysOptions) {
    this.#options = options;
  }

  /** See `Backend.view`. */
  async view(ref: WorkerRef, policy: ObservationPolicy): Promise<WorkerView> {
    const relay = await this.#relayOf(ref);
    return relay.view(policy);
  }

  /** See `Backend.observe`. */
  observe(ref: WorkerRef, request: ViewRequest, socket: ViewerSocket): Observation {
    const { telemetry, tracing } = this.#options;
    // Of the way in only: a viewer stays for as long as it likes.
    const span = tracing.start("yoi.viewer.join", {
      parent: request.cause ?? null,
      attributes: { "yoi.runtime.id": ref.runtime_id, "yoi.worker.id": ref.worker_id },
    });
    tracing
      .within(span, () => this.#letIn(ref, request, socket, span))
      .catch((error: unknown) => {
        const { code } = asProblem(error);
        span.fail(code);
        telemetry.viewerRefused(code, request.cursor !== undefined);
        refuse(socket, error);
      })
      .finally(() => span.end());
    return new SocketObservation(socket);
  }

  /** See `Backend.load`. */
  async load(): Promise<ObservationLoad> {
    let observedWorkers = 0;
    const lagFrames: number[] = [];
    for (const relay of await Promise.allSettled(this.#open.values())) {
      if (relay.status === "rejected") continue;
      observedWorkers += 1;
      lagFrames.push(...relay.value.lagFrames);
    }
    return { observedWorkers, lagFrames };
  }

  /**
   * Lets go of a Worker that was made just now. A Runtime that has lost its Workers gives their ids anew, and what was kept
   * of the former one is not the new one's.
   */
  async renew(ref: WorkerRef): Promise<void> {
    const relay = await this.#open.get(keyOf(ref));
    relay?.close(new ProblemError("cursor_unknown", "cursor: the Worker was made anew; connect without one."));
  }

  /** A Worker that was given another name just now. */
  async rename(ref: WorkerRef, displayName: string): Promise<void> {
    const relay = await this.#open.get(keyOf(ref));
    relay?.rename(displayName);
  }

  /** Ends every relay and tells its viewers why. */
  async close(problem: ProblemError): Promise<void> {
    this.#isClosed = true;
    for (const relay of await Promise.allSettled(this.#open.values())) {
      if (relay.status === "fulfilled") relay.value.close(problem);
    }
  }

  async #letIn(ref: WorkerRef, request: ViewRequest, socket: ViewerSocket, span: Span): Promise<void> {
    if (socket.closed.aborted) return;
    if (this.#viewerCount >= this.#options.limits.maxViewers) {
      throw new ProblemError("too_many_viewers", "The server has no room for another viewer.");
    }
    this.#count(request.client, socket);
    const relay = await this.#relayOf(ref);
    const joined = await relay.attach(socket, request);
    if (joined === null) return;
    span.set({ "yoi.resume.kind": joined.kind, "yoi.replay.frames": joined.replayedFrames });
  }

  /** Counts a viewer until its socket is closed. @throws ProblemError too_many_viewers */
  #count(client: string | undefined, socket: ViewerSocket): void {
    const ofClient = client === undefined ? 0 : (this.#viewersOf.get(client) ?? 0);
    if (ofClient >= this.#options.limits.maxViewersPerClient) {
      throw new ProblemError("too_many_viewers", "This client has as many viewers as one client may have.");
    }
    this.#viewerCount += 1;
    if (client !== undefined) this.#viewersOf.set(client, ofClient + 1);
    socket.closed.addEventListener("abort", () => this.#release(client), { once: true });
  }

  #release(client: string | undefined): void {
    this.#viewerCount -= 1;
    if (client === undefined) return;
    const others = (this.#viewersOf.get(client) ?? 1) - 1;
    if (others > 0) this.#viewersOf.set(client, others);
    else this.#viewersOf.delete(client);
  }

  async #relayOf(ref: WorkerRef): Promise<Relay> {
    if (this.#isClosed) throw new ProblemError("shutting_down", "The server is shutting down.");
    const key = keyOf(ref);
    const relay = this.#open.get(key) ?? this.#make(ref, key);
    this.#open.set(key, relay);
    relay.catch(() => this.#open.delete(key));
    return relay;
  }

  async #make(ref: WorkerRef, key: string): Promise<Relay> {
    const { registry, cursorSecret, tracing, ...shared } = this.#options;
    const runtime = registry.get(ref.runtime_id);
    const mints = await createCursorMints(cursorSecret, ref);
    const options: RelayOptions = { ...shared, ref, runtime, mints, onEnd: () => this.#open.delete(key) };
    // It outlives the viewer for whom it was made, and is every other one's as much.
    return tracing.within(null, () => new Relay(options));
  }
}

/** What the one who let a viewer in has of it: nothing of its request is kept with its socket. */
class SocketObservation implements Observation {
  readonly #socket: ViewerSocket;

  constructor(socket: ViewerSocket) {
    this.#socket = socket;
  }

  refuseFrame(): void {
    const detail = "This socket takes no frames; commands go by POST.";
    refuse(this.#socket, new ProblemError("observation_only", detail));
  }
}

/** Says why, then closes. */
function refuse(socket: ViewerSocket, error: unknown): void {
  if (socket.closed.aborted) return;
  const problem = asProblem(error);
  socket.send(encodeDiagnostic(problem));
  socket.close(closeCodeOf(problem.code), problem.code);
}

const keyOf = ({ runtime_id, worker_id }: WorkerRef): string => `${runtime_id}/${worker_id}`;
