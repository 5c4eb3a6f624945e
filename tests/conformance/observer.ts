/**
 * One observer of a Worker, as the kit sees it.
 *
 * Owns the socket, every frame that came over it parsed by shape, and waiting with a deadline. It believes nothing: what
 * is no frame of the protocol is kept as the reason why the stream can't be judged.
 */
import { WebSocket } from "ws";
import { Event } from "../../protocol/event.ts";
import { RuntimeFrame } from "../../protocol/frame.ts";
import { connectionFailure } from "../../runtime/remote/connection-failure.ts";
import { canonicalJson } from "../support/same-json.ts";
import { Mismatch, Unreachable } from "./check.ts";
import { parse, parseJson } from "./http.ts";
import type { KitLimits } from "./limits.ts";

/** An event frame as it came. */
export interface SeenEvent {
  readonly cursor: string;
  readonly eventId: string;
  readonly workerId: string;
  readonly event: Event;
  /** The payload with its keys in order, to compare by. */
  readonly payload: string;
}

/** How a stream ended: by a Close with a code, by a drop, or before it began, with the refusal's status. */
export type StreamEnd =
  | { readonly kind: "closed"; readonly code: number }
  | { readonly kind: "dropped" }
  | { readonly kind: "refused"; readonly status: number; readonly text: string };

type Diagnostic = Extract<RuntimeFrame, { kind: "diagnostic" }>["diagnostic"];

/** Where and how to connect. */
export interface ObserverOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: KitLimits;
}

const ABNORMAL = 1006;
const MAX_REFUSAL_CHARS = 8 * 1024;

/** A socket and what came over it. */
export class Observer {
  readonly events: SeenEvent[] = [];
  /** The kinds of the frames, in order, e.g. `["event", "diagnostic"]`. */
  readonly kinds: string[] = [];
  diagnostic: Diagnostic | null = null;
  readonly #socket: WebSocket;
  readonly #limits: KitLimits;
  readonly #waiting = new Set<() => void>();
  #isOpen = false;
  #pongs = 0;
  #end: StreamEnd | null = null;
  #fault: Mismatch | null = null;

  constructor({ url, headers, limits }: ObserverOptions) {
    this.#limits = limits;
    this.#socket = new WebSocket(url, {
      headers: { ...headers },
      handshakeTimeout: limits.requestTimeoutMs,
      maxPayload: limits.maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#socket.on("open", () => this.#note(() => (this.#isOpen = true)));
    this.#socket.on("pong", () => this.#note(() => (this.#pongs += 1)));
    this.#socket.on("message", (data, isBinary) => this.#note(() => this.#take(data, isBinary)));
    this.#socket.on("unexpected-response", (request, response) => {
      let text = "";
      const refuse = () => {
        this.#note(() => (this.#end ??= { kind: "refused", status: response.statusCode ?? 0, text }));
        request.destroy();
      };
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk.slice(0, MAX_REFUSAL_CHARS - text.length);
        if (text.length >= MAX_REFUSAL_CHARS) refuse();
      });
      for (const end of ["end", "error", "close"]) response.on(end, refuse);
    });
    this.#socket.on("error", (error) => {
      const { detail } = connectionFailure(error, "a Runtime that");
      this.#note(() => (this.#fault ??= new Unreachable("a WebSocket", `${detail} (${error.message})`)));
      this.#socket.terminate();
    });
    this.#socket.on("close", (code) => {
      this.#note(() => (this.#end ??= code === ABNORMAL ? { kind: "dropped" } : { kind: "closed", code }));
    });
  }

  #note(change: () => unknown): void {
    try {
      change();
    } catch (error) {
      // why: `#take` throws nothing else.
      this.#fault ??= error as Mismatch;
    }
    for (const look of this.#waiting) look();
  }

  #take(data: unknown, isBinary: boolean): void {
    if (this.#fault !== null) return;
    if (isBinary) throw new Mismatch("text frames only", "a binary frame");
    if (this.kinds.length >= this.#limits.maxFramesPerSocket) {
      throw new Mismatch(`at most ${this.#limits.maxFramesPerSocket} frames`, "more");
    }
    const frame = parse(RuntimeFrame, parseJson(String(data)), "a frame of the protocol");
    this.kinds.push(frame.kind);
    if (frame.kind === "diagnostic") this.diagnostic ??= frame.diagnostic;
    if (frame.kind !== "event") return;
    const { cursor, event_id: eventId, worker_id: workerId, payload } = frame.envelope;
    const event = parse(Event, payload, "an event of the protocol");
    this.events.push({ cursor, eventId, workerId, event, payload: canonicalJson(payload) });
  }

  /** How the stream ended, if it did. */
  get end(): StreamEnd | null {
    return this.#end;
  }

  /** The names of the events in order; deltas that follow each other count once. */
  get names(): readonly string[] {
    return this.events.map(({ event }) => event.event).filter((name, index, all) => name !== all[index - 1]);
  }

  /**
   * Waits until a condition holds.
   *
   * @throws Mismatch with what was waited for: when the stream ends, can't be read, or `timeoutMs` have passed
   */
  async until(
    expected: string,
    condition: (observer: this) => boolean,
    timeoutMs = this.#limits.requestTimeoutMs,
  ): Promise<void> {
    const found = Promise.withResolvers<void>();
    const look = () => {
      if (this.#fault !== null) return found.reject(this.#fault);
      if (condition(this)) return found.resolve();
      if (this.#end !== null) found.reject(new Mismatch(expected, `the end of the stream: ${this.summary()}`));
    };
    const timer = setTimeout(() => {
      found.reject(new Mismatch(expected, `none within ${timeoutMs} ms: ${this.summary()}`));
    }, timeoutMs);
    this.#waiting.add(look);
    try {
      look();
      await found.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** Waits for the upgrade. @throws Mismatch where it is refused */
  opened(): Promise<void> {
    return this.until("an upgrade to a WebSocket", () => this.#isOpen);
  }

  /** Waits until the upgrade is refused, or is not: then null. */
  async refusal(): Promise<StreamEnd | null> {
    await this.until("an answer to the upgrade", () => this.#isOpen || this.#end !== null);
    return this.#isOpen ? null : this.#end;
  }

  /** Waits for the end. A connection that never came about ends by being thrown. */
  async ended(expected: string): Promise<StreamEnd> {
    await this.until(expected, () => this.#end !== null);
    // why: just waited for.
    return this.#end as StreamEnd;
  }

  /** Sends a ping and waits for the answer. */
  async ping(timeoutMs = this.#limits.requestTimeoutMs): Promise<void> {
    const pongs = this.#pongs;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
    await this.until("a pong", () => this.#pongs > pongs, timeoutMs);
  }

  /** Waits until all that was on its way has come: the answer to a ping, or where none comes, a moment. */
  async fence(): Promise<void> {
    await this.ping(this.#limits.fenceTimeoutMs).catch(() => {});
    if (this.#fault !== null) throw this.#fault;
  }

  /** Sends what no observer may send. */
  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Lets go of it. */
  discard(): void {
    this.#socket.terminate();
  }

  /** What came, in a report. */
  summary(): string {
    const end = this.#end === null ? [] : [describeEnd(this.#end)];
    const reason = this.diagnostic === null ? [] : [`diagnostic ${this.diagnostic.code}`];
    return [...this.names, ...reason, ...end].join(", ") || "no frame";
  }
}

/** The end of a stream, in a report. */
function describeEnd(end: StreamEnd): string {
  switch (end.kind) {
    case "closed":
      return `Close ${end.code}`;
    case "dropped":
      return "no Close";
    case "refused":
      return `refused with ${end.status} ${end.text}`.trim();
  }
}
