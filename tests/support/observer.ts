/**
 * A viewer without a page: a plain WebSocket that writes down what it gets.
 *
 * Owns the parsing of every frame by the wire's schema, conditions that tests wait for, and the fold of what was
 * received. A socket that ends stays ended; `resume` opens the next one from the last cursor.
 */
import { sseSockets } from "../../client/sse-socket.ts";
import { Event, type KnownEvent } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { ClientFrame } from "../../protocol/frame.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";
import { DEADLINE_MS, within } from "./within.ts";

/** How frames come: by a WebSocket, or by server-sent events as the console reads them. */
export type Transport = "socket" | "sse";

/** How to observe. */
export interface ObserverOptions {
  readonly cursor?: string;
  readonly heartbeat?: boolean;
  /** Sent with the handshake; for WebSockets only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How frames come; a WebSocket unless said. */
  readonly transport?: Transport;
  /** By which a demo knows the socket. */
  readonly viewerId?: string;
  /** What the viewer knew before; the fold goes on from there. */
  readonly transcript?: Transcript;
}

/** An event as it was received. */
export interface ReceivedEvent {
  readonly cursor: string;
  readonly eventId: string;
  readonly ts: number;
  readonly event: Event;
}

/** The words that a socket ended with. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

type Diagnostic = Extract<ClientFrame, { kind: "diagnostic" }>["diagnostic"];

/** Whether a frame says that its viewer has everything. */
export function isCaughtUp(frame: ClientFrame): boolean {
  return frame.kind === "heartbeat" && frame.behind === undefined;
}

/** The path of a Worker's stream. */
export function observationPath({ runtime_id, worker_id }: WorkerRef): string {
  return `/api/runtimes/${runtime_id}/workers/${worker_id}/events/ws`;
}

/** One observation socket. */
export class Observer implements AsyncDisposable {
  /** Every frame as it came. */
  readonly texts: string[] = [];
  readonly frames: ClientFrame[] = [];
  readonly received: ReceivedEvent[] = [];
  /** Settles with the close, clean or not. */
  readonly closed: Promise<Closed>;
  readonly #url: string;
  readonly #ref: WorkerRef;
  readonly #startCursor: string | undefined;
  readonly #transport: Transport;
  readonly #socket: Pick<WebSocket, "addEventListener" | "send" | "close">;
  readonly #waiting = new Set<() => void>();
  #transcript: Transcript;
  #ended: Closed | null = null;
  #broken: unknown = null;

  /** @param url Where the server is, e.g. `http://127.0.0.1:8787`, with its base if it has one. */
  constructor(url: string, ref: WorkerRef, options: ObserverOptions = {}) {
    this.#url = url;
    this.#ref = ref;
    this.#startCursor = options.cursor;
    this.#transcript = options.transcript ?? emptyTranscript();
    const address = new URL(url.replace(/\/$/, "") + observationPath(ref));
    address.protocol = "ws:";
    if (options.cursor !== undefined) address.searchParams.set("cursor", options.cursor);
    if (options.heartbeat === true) address.searchParams.set("heartbeat", "1");
    if (options.viewerId !== undefined) address.searchParams.set("viewer_id", options.viewerId);
    this.#transport = options.transport ?? "socket";
    const { headers } = options;
    // why: the standard's second argument is the protocols; Node and Deno take an object with headers there.
    const second = headers === undefined ? undefined : ({ headers } as unknown as string[]);
    this.#socket = this.#transport === "sse" ? new (sseSockets())(address) : new WebSocket(address, second);
    this.#socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#take(data));
    const closed = Promise.withResolvers<Closed>();
    this.closed = closed.promise;
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#ended = { code, reason };
      closed.resolve(this.#ended);
      this.#wake();
    });
  }

  #take(data: unknown): void {
    try {
      if (typeof data !== "string") throw new TypeError("Cannot read a frame that is not text");
      const frame = ClientFrame.parse(JSON.parse(data));
      this.texts.push(data);
      this.frames.push(frame);
      if (frame.kind === "event") {
        const { cursor, event_id: eventId, ts = 0, payload } = frame.envelope;
        const event = Event.parse(payload);
        this.received.push({ cursor, eventId, ts, event });
        this.#transcript = fold(this.#transcript, event, ts);
      }
    } catch (error) {
      this.#broken = error;
    }
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  /** What this viewer knows of the Worker. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** From where another socket would go on: behind the newest event, or where this one began. */
  get cursor(): string {
    const cursor = this.received.at(-1)?.cursor ?? this.#startCursor;
    if (cursor === undefined) throw new Error("Cannot name a cursor: nothing was received");
    return cursor;
  }

  /** The names of the events in order; deltas that follow each other count once. */
  get names(): readonly string[] {
    return this.received.map(({ event }) => event.event).filter((name, index, all) => name !== all[index - 1]);
  }

  /** All events of a name. */
  eventsOf<Name extends KnownEvent["event"]>(name: Name): readonly Extract<KnownEvent, { event: Name }>[] {
    // why: an event of a known name has been parsed as such.
    return this.received.map(({ event }) => event).filter(({ event }) => event === name) as Extract<
      KnownEvent,
      { event: Name }
    >[];
  }

  /** Why the server ended the stream, if it said so. */
  get diagnostic(): Diagnostic | undefined {
    return this.frames.find((frame) => frame.kind === "diagnostic")?.diagnostic;
  }

  /** Waits until a condition holds, looking again at every frame and at the end of the socket. */
  async until<Value>(
    what: string,
    condition: (observer: this) => Value | undefined | null | false,
    deadlineMs: number = DEADLINE_MS,
  ): Promise<Value> {
    const found = Promise.withResolvers<Value>();
    const look = () => {
      if (this.#broken !== null) return found.reject(this.#broken);
      const value = condition(this);
      if (value !== undefined && value !== null && value !== false) return found.resolve(value);
      if (this.#ended !== null) found.reject(new Error(`The socket ended with ${this.#ended.code} before ${what}`));
    };
    this.#waiting.add(look);
    try {
      look();
      return await within(found.promise, () => `${what}; received ${this.names.join(" ")}`, deadlineMs);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Waits for the first frame of a stream that began without a cursor. */
  snapshot(): Promise<ReceivedEvent> {
    return this.until("a snapshot", ({ received }) => received.find(({ event }) => event.event === "snapshot"));
  }

  /** Waits until the Worker is idle again after `runs` runs that this viewer saw end. */
  async idle(runs = 1): Promise<void> {
    await this.until(`the end of run ${runs}`, ({ received }) => {
      const ends = received.flatMap(({ event }, index) => (event.event === "run_end" ? [index] : []));
      const end = ends[runs - 1];
      return end !== undefined && received.slice(end).some(({ event }) => event.event === "status");
    });
  }

  /** Waits for the close and gives it with the diagnostic before it. */
  async end(): Promise<Closed & { readonly diagnostic: Diagnostic | undefined }> {
    const closed = await within(this.closed, () => `the end of a socket; received ${this.names.join(" ")}`);
    if (this.#broken !== null) throw new Error("A frame was malformed", { cause: this.#broken });
    return { ...closed, diagnostic: this.diagnostic };
  }

  /** Sends what no viewer may send. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Closes from this side, without waiting. */
  cut(): void {
    this.#socket.close();
  }

  /** Another socket that goes on where this one is; through `url` if another way is to be taken. */
  resume(url: string = this.#url, options: Pick<ObserverOptions, "heartbeat"> = {}): Observer {
    return new Observer(url, this.#ref, {
      transport: this.#transport,
      ...options,
      cursor: this.cursor,
      transcript: this.#transcript,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    // A link that is half-open answers no goodbye: nothing waits for it.
    await Promise.resolve();
  }
}
