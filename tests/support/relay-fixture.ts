/**
 * A relay with viewers whose sockets a test controls.
 *
 * Owns the making of relays, one at a time as the Backend does, and the viewers. The socket is a stand-in: it takes or
 * does not take what it is given, and it can be cut.
 */
import type { ClientCursor } from "../../protocol/cursor.ts";
import { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { ClientFrame } from "../../protocol/frame.ts";
import { RuntimeId, type WorkerRef, type WorkerId } from "../../protocol/id.ts";
import { asProblem, closeCodeOf, type ProblemCode } from "../../protocol/problem.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { NO_TELEMETRY, type Telemetry } from "../../runtime/telemetry.ts";
import { createCursorMint, createCursorMints, type CursorMint, type CursorMints } from "../../server/client-cursor.ts";
import type { WorkerView } from "../../server/backend.ts";
import { encodeDiagnostic } from "../../server/encode-frame.ts";
import { DEFAULT_BACKEND_LIMITS, type BackendLimits } from "../../server/limits.ts";
import { FULL_RIGHTS, type ViewerRights } from "../../server/access/viewer-policy.ts";
import type { ObservationPolicy } from "../../server/policy.ts";
import { Relay } from "../../server/relay.ts";
import type { ViewerSocket } from "../../server/viewer-socket.ts";
import type { FrameBatch } from "../../runtime/text-frames.ts";
import type { ManualClock } from "./manual-clock.ts";
import { createSeededRandom } from "./seeded-random.ts";

type EventFrame = Extract<ClientFrame, { kind: "event" }>;

/** A socket that a test fills, drains and cuts. */
export class FakeSocket implements ViewerSocket {
  readonly texts: string[] = [];
  /** Whether the network takes nothing: then what is sent stays buffered. */
  isStalled = false;
  bufferedBytes = 0;
  closeCode: number | null = null;
  closeReason = "";
  readonly #closing = new AbortController();
  readonly closed = this.#closing.signal;

  send(text: string): void {
    if (this.closed.aborted) return;
    this.texts.push(text);
    if (this.isStalled) this.bufferedBytes += text.length;
  }

  sendAll({ texts }: FrameBatch): boolean {
    for (const text of texts) this.send(text);
    return this.bufferedBytes === 0;
  }

  close(code: number, reason: string): void {
    if (this.closed.aborted) return;
    this.closeCode = code;
    this.closeReason = reason;
    this.#closing.abort();
  }

  /** The network takes everything again. */
  drain(): void {
    this.isStalled = false;
    this.bufferedBytes = 0;
  }

  /** The link is gone, without a word from the server. What it had buffered, all of it or some, is lost. */
  cut(lostFrames = 0): void {
    if (lostFrames > 0) this.texts.splice(-lostFrames);
    this.#closing.abort();
  }

  get frames(): readonly ClientFrame[] {
    return this.texts.map((text) => ClientFrame.parse(JSON.parse(text)));
  }

  /** The frames that carry an event or a snapshot. */
  get events(): readonly EventFrame["envelope"][] {
    return this.frames.flatMap((frame) => (frame.kind === "event" ? [frame.envelope] : []));
  }

  /** The problem that its diagnostic frame names, if it got one. */
  get problem(): string | null {
    const diagnostic = this.frames.find((frame) => frame.kind === "diagnostic");
    return diagnostic?.kind === "diagnostic" ? (diagnostic.diagnostic.problem ?? null) : null;
  }

  get heartbeats(): number {
    return this.frames.filter(({ kind }) => kind === "heartbeat").length;
  }

  /** The cursor of the newest event that it has got. */
  get cursor(): ClientCursor | undefined {
    return this.events.at(-1)?.cursor;
  }
}

/** What a viewer knows after frames. */
export function foldEnvelopes(envelopes: readonly EventFrame["envelope"][], start = emptyTranscript()): Transcript {
  return envelopes.reduce((state, { payload, ts }) => fold(state, Event.parse(payload), ts ?? 0), start);
}

/** What a relay is made of in a test. */
export interface RelayFixtureOptions {
  readonly runtime: Pick<Runtime, "kind" | "observe">;
  readonly workerId: WorkerId;
  readonly clock: ManualClock;
  readonly limits?: Partial<BackendLimits>;
  /** What viewers see who come with no rights of their own. */
  readonly policy?: ObservationPolicy;
  readonly mint?: CursorMint;
  readonly telemetry?: Telemetry;
}

/** A secret for tests. */
export const SECRET = new Uint8Array(32).fill(7);

export const refTo = (workerId: WorkerId): WorkerRef => ({
  runtime_id: RuntimeId.parse("runtime"),
  worker_id: workerId,
});

/** Relays of one Worker. */
export class RelayFixture {
  readonly mint: CursorMint;
  /** Of every policy of the server. */
  readonly mints: CursorMints;
  readonly ref: WorkerRef;
  readonly limits: BackendLimits;
  /** How many relays there have been. */
  relayCount = 0;
  readonly #options: RelayFixtureOptions;
  #relay: Relay | null = null;

  constructor(options: RelayFixtureOptions & { readonly mint: CursorMint; readonly mints: CursorMints }) {
    this.#options = options;
    this.mint = options.mint;
    this.mints = options.mints;
    this.ref = refTo(options.workerId);
    this.limits = { ...DEFAULT_BACKEND_LIMITS, ...options.limits };
  }

  static async create(options: RelayFixtureOptions): Promise<RelayFixture> {
    const mint = options.mint ?? (await createCursorMint(SECRET, refTo(options.workerId)));
    return new RelayFixture({ ...options, mint, mints: await createCursorMints(SECRET, refTo(options.workerId)) });
  }

  /** The relay, made anew if the one before has ended. */
  get relay(): Relay {
    if (this.#relay !== null) return this.#relay;
    const { runtime, clock, telemetry = NO_TELEMETRY } = this.#options;
    this.relayCount += 1;
    const relay = new Relay({
      ref: this.ref,
      runtime,
      mints: (policy) => (policy === this.rights.policy.observation ? this.mint : this.mints(policy)),
      limits: this.limits,
      clock,
      random: createSeededRandom(3),
      telemetry,
      onEnd: () => {
        this.#relay = null;
      },
    });
    this.#relay = relay;
    return relay;
  }

  /** Of viewers who come with none of their own. */
  get rights(): ViewerRights {
    const { policy } = this.#options;
    return policy === undefined ? FULL_RIGHTS : { ...FULL_RIGHTS, policy: { observation: policy, mayCommand: true } };
  }

  /** Where the Worker stands, as such a viewer sees it. */
  view(): Promise<WorkerView> {
    return this.relay.view(this.rights.policy.observation);
  }

  /** Whether a relay is observing. */
  get isOpen(): boolean {
    return this.#relay !== null;
  }

  /** Attaches a socket; a refusal is told to it, as the Backend does. */
  attach(
    request: { readonly cursor?: string; readonly heartbeat?: boolean; readonly rights?: ViewerRights } = {},
    socket: FakeSocket = new FakeSocket(),
  ): FakeSocket {
    const { cursor, heartbeat = false, rights = this.rights } = request;
    this.relay
      .attach(socket, { heartbeat, rights, ...(cursor === undefined ? {} : { cursor }) })
      .catch((error: unknown) => {
        const problem = asProblem(error);
        if (problem.code === "internal") throw error;
        socket.send(encodeDiagnostic(problem));
        socket.close(closeCodeOf(problem.code), problem.code);
      });
    return socket;
  }

  /** The Worker's position that a viewer's cursor names. */
  positionOf(cursor: ClientCursor): number {
    return Number.parseInt(this.mint.unwrap(cursor).slice(-8), 16);
  }
}

/** The close code of a problem and its name, as `FakeSocket` keeps them. */
export const closedBy = (code: ProblemCode) => ({ closeCode: closeCodeOf(code), closeReason: code });
