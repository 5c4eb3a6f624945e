/**
 * A provider's server-sent events, from bytes.
 *
 * Owns the decoder and the parser (the `eventsource-parser` package), and how much one event may hold: what is not yet
 * whole is kept. What the events mean is `chat-chunks.ts` and `response-events.ts`. Called by `answer-parts.ts`.
 */
import { createParser } from "eventsource-parser";
import { ModelError } from "./model.ts";

/** Most that one event may hold, in UTF-16 code units: an answer as long as is allowed, said whole, several times over. */
export const EVENT_MAX_CHARS = 8_000_000;

/** Most that is kept of what holds no event, in UTF-16 code units. */
const BEGINNING_MAX_CHARS = 64 * 1024;

/** One event: `{"event":"error","data":"{\"message\":\"Overloaded\"}"}`. */
export interface ServerSentEvent {
  /** Undefined where it has no name. */
  readonly event?: string | undefined;
  /** Its lines of data. */
  readonly data: string;
}

/** One body's events. */
export class EventStream {
  readonly #decoder = new TextDecoder();
  #events: ServerSentEvent[] = [];
  #beginning = "";
  #hasEvent = false;
  #isTooLong = false;
  readonly #parser = createParser({
    maxBufferSize: EVENT_MAX_CHARS,
    onEvent: (event) => this.#events.push(event),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") this.#isTooLong = true;
    },
  });

  /** How a body begins in which there is no event so far: it may be a refusal. Empty where there is one. */
  get beginning(): string {
    return this.#hasEvent ? "" : this.#beginning;
  }

  /** The events that end with these bytes, in order. @throws ModelError after them, where the next one is too long */
  *take(bytes: Uint8Array): Generator<ServerSentEvent> {
    yield* this.#read(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The last event, where nothing follows it any more: not even the blank line that ends one. */
  *end(): Generator<ServerSentEvent> {
    yield* this.#read(`${this.#decoder.decode()}\n\n`);
  }

  *#read(text: string): Generator<ServerSentEvent> {
    this.#events = [];
    this.#parser.feed(text);
    if (this.#events.length > 0) this.#hasEvent = true;
    if (!this.#hasEvent && this.#beginning.length < BEGINNING_MAX_CHARS) this.#beginning += text;
    yield* this.#events;
    if (this.#isTooLong) {
      throw new ModelError(
        "provider_malformed",
        `The provider sent an event of more than ${EVENT_MAX_CHARS} characters.`,
      );
    }
  }
}
