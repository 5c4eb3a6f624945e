/**
 * The Backend's observation socket to a Runtime process, and that process's end of it.
 *
 * Owns the two views of one connection. The Backend's end is what its WebSocket client would be, the Runtime's what its
 * stream writes to.
 */
import { WorkerId } from "../../../protocol/id.ts";
import { DEFAULT_OBSERVATION_LIMITS, type ObservationLimits } from "../../../runtime/observation/limits.ts";
import { ObserverStream } from "../../../runtime/observation/observer-stream.ts";
import type { ClientSocket, SocketEnd, SocketListener } from "../../../runtime/remote/websocket.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import { Pipe } from "./pipe.ts";
import type { Chance } from "./seeded-chance.ts";
import type { SimulatedProcess } from "./simulated-time.ts";

/** A Runtime that serves, and the process that it is. */
export interface ServingRuntime {
  readonly process: SimulatedProcess;
  readonly runtime: Runtime;
}

/** What a link is made of. */
export interface RuntimeLinkOptions {
  readonly url: URL;
  readonly listener: SocketListener;
  readonly handshakeTimeoutMs: number;
  /** The Backend's process. */
  readonly client: SimulatedProcess;
  readonly chance: Chance;
  readonly maxLatencyMs: number;
  readonly maxSliceBytes: number | null;
  readonly heartbeatIntervalMs: number;
  readonly runtime: () => ServingRuntime | null;
  readonly onAsked: (cursor: string | null) => void;
  readonly onUnexpected: (error: unknown) => void;
  readonly time: ConstructorParameters<typeof Pipe>[0]["time"];
}

/** One connection; `socket` is the Backend's end. */
export class RuntimeLink {
  readonly pipe: Pipe;
  readonly #options: RuntimeLinkOptions;
  readonly #serverClosed = new AbortController();
  #forgetServer = () => {};
  #isOpen = false;
  #isOver = false;
  #isDeaf = false;

  constructor(options: RuntimeLinkOptions) {
    this.#options = options;
    const { time, chance, maxLatencyMs, maxSliceBytes, listener } = options;
    this.pipe = new Pipe({
      time,
      chance,
      maxLatencyMs,
      maxSliceBytes,
      networkBytes: NETWORK_BYTES,
      onFrame: (text) => {
        if (!this.#isOver) listener.onText(text);
      },
      onCut: () => this.cut(),
    });
    this.#later(() => this.#arrive());
    options.client.onEnd(() => this.#drop());
    options.client.plan(options.handshakeTimeoutMs, () => {
      if (this.#isOpen || this.#isOver) return;
      this.#drop();
      listener.onEnd({ kind: "handshake_timeout" });
    });
  }

  get socket(): ClientSocket {
    return {
      ping: () =>
        this.#later(() => {
          if (this.#serverClosed.signal.aborted || this.#isDeaf || !this.#isOpen) return;
          this.#later(() => {
            if (!this.#isOver) this.#options.listener.onSign();
          });
        }),
      pause: () => this.pipe.hold(),
      resume: () => this.pipe.release(),
      discard: () => this.#drop(),
    };
  }

  #later(callback: () => void): void {
    const { client, chance, maxLatencyMs } = this.#options;
    client.plan(chance.between(0, maxLatencyMs), callback);
  }

  #arrive(): void {
    const serving = this.#options.runtime();
    if (serving === null) return this.#end({ kind: "broken", error: refused() });
    if (this.#isOver || this.#serverClosed.signal.aborted) return;
    const { url, chance, heartbeatIntervalMs, onAsked, onUnexpected, listener } = this.#options;
    const { process, runtime } = serving;
    const { pipe } = this;
    const closed = this.#serverClosed;
    this.#forgetServer = process.onEnd(() => this.cutAfter(chance.between(0, CUT_WITHIN_BYTES)));
    const cursor = url.searchParams.get("cursor");
    onAsked(cursor);
    pipe.hold();
    this.#later(() => {
      if (this.#isOver) return;
      this.#isOpen = true;
      listener.onOpen();
      pipe.release();
    });
    const limits: ObservationLimits = { ...DEFAULT_OBSERVATION_LIMITS, heartbeatIntervalMs };
    const send = (text: string) => {
      if (process.isAlive && !closed.signal.aborted) pipe.send(text);
    };
    const stream = new ObserverStream({
      runtime,
      workerId: WorkerId.parse(url.pathname.split("/").at(-3)),
      ...(cursor === null ? {} : { cursor }),
      wantsHeartbeat: true,
      socket: {
        send,
        sendAll({ texts }) {
          texts.forEach(send);
          return pipe.bufferedBytes === 0;
        },
        close: (code) => {
          if (closed.signal.aborted) return;
          closed.abort();
          this.#forgetServer();
          if (process.isAlive) pipe.end(() => this.#end({ kind: "closed", code }));
        },
        get bufferedBytes() {
          return pipe.bufferedBytes;
        },
        closed: closed.signal,
      },
      clock: process,
      limits,
      onUnexpected,
    });
    void stream.run();
  }

  cut(): void {
    this.pipe.drop();
    this.#endServer();
    this.#later(() => this.#end({ kind: "broken", error: null }));
  }

  cutAfter(bytes: number): void {
    this.pipe.cutAfter(bytes);
    this.#options.time.plan(CUT_WITHIN_MS, () => this.cut());
  }

  /** The Runtime believes that the Backend is gone; the Backend hears nothing any more, and is not told. */
  deafen(): void {
    this.#isDeaf = true;
    this.pipe.drop();
    this.#endServer();
  }

  /** The Backend believes that the Runtime is gone; the Runtime goes on writing to nobody. */
  orphan(): void {
    this.pipe.drop();
    this.#end({ kind: "broken", error: null });
  }

  #drop(): void {
    this.#isOver = true;
    this.pipe.drop();
    this.#options.time.plan(0, () => this.#endServer());
  }

  #endServer(): void {
    this.#forgetServer();
    this.#serverClosed.abort();
  }

  #end(end: SocketEnd): void {
    if (this.#isOver || this.#isDeaf) return;
    this.#isOver = true;
    this.#options.listener.onEnd(end);
  }
}

const NETWORK_BYTES = 4_000;
const CUT_WITHIN_BYTES = 2_000;
const CUT_WITHIN_MS = 400;

const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
