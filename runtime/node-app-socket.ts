/**
 * A WebSocket of the `ws` package, as the app has it.
 *
 * Owns what is kept for each socket besides the package's own, and the step from the package's events to the app's.
 * `node-websocket.ts` makes one of each connection that the app has accepted.
 */
import type { Duplex } from "node:stream";
import { WSContext, type WSContextInit, type WSEvents } from "hono/ws";
import type { WebSocket } from "ws";
import type { SocketWatch } from "./node-socket-watch.ts";
import type { FrameWriter } from "./text-frames.ts";

/** What a socket is made of. */
export interface AppSocketOptions {
  readonly socket: WebSocket;
  readonly connection: Duplex;
  readonly events: WSEvents<AppSocket>;
  /** Has its peer asked until it is closed. */
  readonly watch: SocketWatch<AppSocket>;
}

/** One object for each of many viewers: it is the context's socket, and what stands behind the context too. */
export class AppSocket implements WSContextInit<AppSocket>, FrameWriter {
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  #isHeard = true;

  constructor({ socket, connection, events, watch }: AppSocketOptions) {
    this.#socket = socket;
    this.#connection = connection;
    const context = new WSContext<AppSocket>(this);
    socket.on("message", (data, isBinary) => {
      const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
      const content = isBinary ? new Uint8Array(bytes).buffer : new TextDecoder().decode(bytes);
      events.onMessage?.(new MessageEvent("message", { data: content }), context);
    });
    socket.on("close", (code, reason) => {
      watch.delete(this);
      events.onClose?.(new CloseEvent("close", { code, reason: reason.toString() }), context);
    });
    socket.on("error", () => events.onError?.(new Event("error"), context));
    socket.on("pong", () => (this.#isHeard = true));
    watch.add(this);
    events.onOpen?.(new Event("open"), context);
  }

  get raw(): this {
    return this;
  }

  get readyState(): WebSocket["readyState"] {
    return this.#socket.readyState;
  }

  /** Bytes handed over that the network has not taken yet. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | ArrayBuffer | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(data);
  }

  /** See `FrameWriter`. Between frames of its own: `ws` writes each at once and whole, since nothing is compressed. */
  writeFrames(frames: Uint8Array): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    this.#connection.write(frames);
    return this.#connection.writableLength === 0;
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** Lets go of the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Asks the peer whether it is there; lets go of one that has said nothing since it was asked last. */
  askPeer(): void {
    if (!this.#isHeard) return this.terminate();
    this.#isHeard = false;
    this.#socket.ping();
  }

  /** Resolves when it has been closed by both sides. */
  untilClosed(): Promise<void> {
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }
}
