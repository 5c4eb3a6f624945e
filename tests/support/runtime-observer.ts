/**
 * An observer of a Runtime over a real socket.
 *
 * Owns the socket, what came over it, and waiting for that. Frames are kept as they came.
 */
import { WebSocket } from "ws";
import { RuntimeFrame } from "../../protocol/frame.ts";
import { within } from "./within.ts";

/** How to connect. */
export interface RuntimeObserverOptions {
  readonly cursor?: string;
  readonly heartbeat?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

type EventFrame = Extract<RuntimeFrame, { kind: "event" }>;

/** A connection to `/v1/workers/{id}/events/ws`. */
export class RuntimeObserver implements AsyncDisposable {
  readonly texts: string[] = [];
  readonly frames: RuntimeFrame[] = [];
  /** How the socket ended, e.g. `{code: 4503, reason: "shutting_down"}`. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #opened: Promise<void>;
  readonly #socket: WebSocket;
  #look = () => {};

  constructor(url: string, workerId: string, { cursor, heartbeat, headers }: RuntimeObserverOptions = {}) {
    const address = new URL(`/v1/workers/${workerId}/events/ws`, url);
    address.protocol = "ws:";
    if (cursor !== undefined) address.searchParams.set("cursor", cursor);
    if (heartbeat) address.searchParams.set("heartbeat", "1");
    this.#socket = new WebSocket(address, { headers: { ...headers }, perMessageDeflate: false });
    const opened = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    this.#opened = opened.promise;
    this.#opened.catch(() => {});
    this.closed = closed.promise;
    this.#socket.on("open", opened.resolve);
    this.#socket.on("error", opened.reject);
    this.#socket.on("message", (data: Buffer) => {
      const text = data.toString();
      this.texts.push(text);
      this.frames.push(RuntimeFrame.parse(JSON.parse(text)));
      this.#look();
    });
    this.#socket.on("close", (code, reason) => closed.resolve({ code, reason: reason.toString() }));
  }

  /** Resolves when the upgrade has succeeded. */
  async open(): Promise<this> {
    await within(this.#opened, "the socket to open");
    return this;
  }

  /** The frames of events and snapshots. */
  get events(): readonly EventFrame[] {
    return this.frames.filter((frame) => frame.kind === "event");
  }

  /** The names of the events, e.g. `["snapshot", "invoke_start"]`. */
  get names(): readonly unknown[] {
    // why: the payload is whatever the Worker published; tests look at its name only.
    return this.events.map(({ envelope }) => (envelope.payload as { event: unknown }).event);
  }

  /** Resolves when what came satisfies the test. */
  async until(isEnough: (observer: this) => boolean, what: string): Promise<void> {
    const found = Promise.withResolvers<void>();
    this.#look = () => {
      if (isEnough(this)) found.resolve();
    };
    this.#look();
    await within(found.promise, () => `${what}; there came ${this.texts.join("\n")}`);
  }

  /** How the socket ends, waited for. */
  end(): Promise<{ readonly code: number; readonly reason: string }> {
    return within(this.closed, () => `the socket to be closed; there came ${this.texts.join("\n")}`);
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Stops reading, as an observer that hangs does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.catch(() => {});
    this.#socket.terminate();
  }
}
