/**
 * One observation of a Worker elsewhere: one socket, from its beginning to its end.
 *
 * Owns how frames become steps, and what a Runtime is forgiven that knows the protocol in its older form: a snapshot that
 * repeats the cursor it was given, and one that is empty. It does not connect again; who observes has the cursor for that.
 */
import { RuntimeCursor } from "../../protocol/cursor.ts";
import type { WorkerId } from "../../protocol/id.ts";
import type { TranscriptPage, WorkerDetail } from "../../protocol/runtime-api.ts";
import type { Clock } from "../clock.ts";
import type { ObservationStep, ObservedEvent } from "../runtime.ts";
import { timedOut } from "./connection-failure.ts";
import type { DecodedFrame } from "./decode-frame.ts";
import type { RuntimeEndpoint } from "./endpoint.ts";
import { readFrames } from "./frame-stream.ts";
import type { RemoteLimits } from "./limits.ts";
import { isStub, seedSnapshot } from "./reference-seed.ts";
import type { ConnectWebSocket } from "./websocket.ts";

/** What an observation is made of. */
export interface RemoteObservation {
  readonly endpoint: RuntimeEndpoint;
  readonly workerId: WorkerId;
  /** Names the Runtime in problems. */
  readonly label: string;
  readonly limits: RemoteLimits;
  readonly clock: Clock;
  readonly connect: ConnectWebSocket;
  readonly signal: AbortSignal;
  /** Sent besides those that let the Backend in. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads what an empty snapshot lacks. */
  readonly readWorker: () => Promise<{ readonly worker: WorkerDetail; readonly page: TranscriptPage }>;
}

/** Everything that a Runtime still keeps, in the reference's syntax and in ours. */
const OLDEST = RuntimeCursor.parse("wo_0000000000000000");
const MAX_BATCH = 256;

/** Follows a Worker from a cursor, or from a snapshot without one. Ends with a problem, or silently by its signal. */
export async function* observeRemote(
  observation: RemoteObservation,
  cursor: RuntimeCursor | undefined,
): AsyncGenerator<ObservationStep, void, void> {
  const head = yield* observeFrames(observation, cursor);
  if (head !== null) yield* observeSeeded(observation, head);
}

/**
 * Follows a Worker by what its Runtime sends.
 *
 * @returns where the Worker stands, as soon as the Runtime begins with an empty snapshot: then this socket is let go of
 */
async function* observeFrames(
  observation: RemoteObservation,
  cursor: RuntimeCursor | undefined,
): AsyncGenerator<ObservationStep, RuntimeCursor | null, void> {
  const { label, limits, clock } = observation;
  let isFirst = true;
  /** Whether who observes knows that the observation stands. */
  let isTold = false;
  const expiry = new AbortController();
  // Whoever has no position waits for the snapshot, whatever else comes whole. The handshake has its own time-out.
  using timeout = new Patience(() =>
    clock.schedule(limits.handshakeTimeoutMs + limits.requestTimeoutMs, () => expiry.abort()),
  );
  if (cursor !== undefined) timeout[Symbol.dispose]();
  const signal = AbortSignal.any([observation.signal, expiry.signal]);
  // A long snapshot over a slow link comes in parts.
  for await (const batch of open({ ...observation, signal }, cursor, () => timeout.beginAnew())) {
    const events: ObservedEvent[] = [];
    let stands = false;
    for (const frame of batch) {
      if (frame.kind === "heartbeat") stands = true;
      if (frame.kind === "event") events.push(frame.observed);
      if (frame.kind === "snapshot") {
        timeout[Symbol.dispose]();
        const isEcho = isFirst && frame.observed.cursor === cursor;
        if (!isEcho && isFirst && isStub(frame.event)) return frame.observed.cursor;
        stands ||= isEcho;
        if (!isEcho) {
          isTold = true;
          if (events.length > 0) yield { kind: "events", events: events.splice(0) };
          yield { kind: "snapshot", event: frame.observed };
        }
      }
      isFirst = false;
    }
    if (events.length > 0 || (stands && !isTold)) {
      isTold = true;
      yield { kind: "events", events };
    }
  }
  if (expiry.signal.aborted && !observation.signal.aborted) throw timedOut(label);
  return null;
}

/**
 * Follows a Worker whose Runtime sends an empty snapshot, from one that is put together here.
 *
 * @param head Where the Runtime says that the Worker stands.
 */
async function* observeSeeded(
  observation: RemoteObservation,
  head: RuntimeCursor,
): AsyncGenerator<ObservationStep, void, void> {
  const { label, limits, clock, readWorker } = observation;
  const kept: DecodedFrame[] = [];
  let isSeeded = false;
  const expiry = new AbortController();
  using timeout = clock.schedule(limits.requestTimeoutMs, () => expiry.abort());
  const signal = AbortSignal.any([observation.signal, expiry.signal]);
  for await (const batch of open({ ...observation, signal }, OLDEST)) {
    const events: ObservedEvent[] = [];
    for (const frame of batch) {
      if (isSeeded) {
        if (frame.kind === "event") events.push(frame.observed);
        continue;
      }
      if (frame.kind === "event") kept.push(frame);
      // The empty snapshot comes first; behind it everything that is kept, of which `head` is the newest.
      if (frame.kind === "heartbeat" || (frame.kind === "snapshot" ? head !== OLDEST : frame.observed.cursor < head)) {
        continue;
      }
      const seed = seedSnapshot({ ...(await readWorker()), kept: kept.flatMap(timed), now: clock.now() });
      isSeeded = true;
      timeout[Symbol.dispose]();
      const newest = kept.findLast((known) => known.kind === "event")?.observed.cursor ?? head;
      yield { kind: "snapshot", event: { cursor: newest, ts: clock.now(), payload: JSON.stringify(seed) } };
    }
    if (events.length > 0) yield { kind: "events", events };
  }
  if (expiry.signal.aborted && !observation.signal.aborted) throw timedOut(label);
}

const timed = (frame: DecodedFrame) => (frame.kind === "event" ? [{ event: frame.event, ts: frame.observed.ts }] : []);

/** A time-out that may begin anew until it is disposed of. */
class Patience implements Disposable {
  readonly #begin: () => Disposable;
  #timer: Disposable | null;

  constructor(begin: () => Disposable) {
    this.#begin = begin;
    this.#timer = begin();
  }

  beginAnew(): void {
    if (this.#timer === null) return;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#begin();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }
}

function open(
  { endpoint, workerId, label, limits, clock, connect, signal, headers }: RemoteObservation,
  cursor: RuntimeCursor | undefined,
  onPart?: () => void,
): AsyncGenerator<readonly DecodedFrame[], void, void> {
  const query = { heartbeat: "1", ...(cursor === undefined ? {} : { cursor }) };
  return readFrames(
    {
      url: endpoint.webSocketUrl(["v1", "workers", workerId, "events", "ws"], query),
      headers: { ...endpoint.headers, ...headers },
      workerId,
      label,
      now: () => clock.now(),
      limits,
      clock,
      connect,
      signal,
      onPart,
    },
    MAX_BATCH,
  );
}
