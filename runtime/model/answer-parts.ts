/**
 * A provider's answer, from its HTTP response to its parts.
 *
 * Owns the reading of the body: until the answer or the body ends, or the signal aborts, and what becomes of a body that
 * breaks or says what is none of its protocol. One step for each piece of the body, since every step between costs each
 * token. What the events mean is the reducer's (`chat-chunks.ts`, `response-events.ts`). Called by `openai.ts`.
 */
import * as z from "zod/mini";
import type { Clock } from "../clock.ts";
import { parseJson } from "../parse-json.ts";
import { EventStream, type ServerSentEvent } from "./event-stream.ts";
import { ModelError, type ModelPart } from "./model.ts";
import { failureError, toModelError, type FailureFacts } from "./openai-errors.ts";

/** How an interface's events become the parts of an answer. */
export interface AnswerReducer {
  /** The parts that an event adds; after a `finish` nothing is read any more. @throws ModelError */
  take(event: unknown): Iterable<ModelPart>;
  /** Whether the answer has ended by itself: whatever happens to the connection then takes nothing from it. */
  readonly hasEnded: boolean;
  /** Whether no more words are expected, so that nobody need wait for the connection's end. */
  readonly isSaid: boolean;
  /** The last parts. @throws ModelError when the answer is not whole */
  end(): Iterable<ModelPart>;
}

/** What an answer is read with. */
export interface AnswerPartsOptions {
  /** Makes the request. */
  readonly ask: () => Promise<Response>;
  /** @param facts What is known of a failure that an event tells. */
  readonly createReducer: (facts: FailureFacts) => AnswerReducer;
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "schedule">;
}

/** How long a whole answer is read on without a word: what may still come is a count of its tokens, and the end. */
export const AFTER_ANSWER_MS = 2_000;

/** What ends the events where the interface has such a word. */
const DONE = "[DONE]";

/**
 * An event called `error`: its data is the failure, or holds it. So does the whole body of who refuses with 200, as LM
 * Studio does.
 */
const NamedError = z.object({ error: z.optional(z.unknown()) });

/**
 * Asks, and gives the parts as they come. Leaving it closes the connection.
 *
 * @throws ModelError; once the signal is aborted, its reason
 */
export async function* answerParts(options: AnswerPartsOptions): AsyncGenerator<ModelPart> {
  const { ask, createReducer, secrets, signal, clock } = options;
  signal.throwIfAborted();
  try {
    const response = await ask();
    const facts = { status: null, headers: response.headers, secrets };
    const reading = new Reading(createReducer(facts), facts);
    const body = (response.body ?? new Blob().stream()).getReader();
    using connection = new Connection(body, signal);
    while (!reading.isOver) {
      let bytes: Uint8Array | undefined;
      // Some neither say that this was all nor hang up. The answer is whole: its run need not wait for that.
      const ending = reading.isSaid ? clock.schedule(AFTER_ANSWER_MS, () => connection.close()) : null;
      try {
        bytes = (await body.read()).value;
      } catch (error) {
        if (!reading.hasAnswer) throw error;
      } finally {
        ending?.[Symbol.dispose]();
      }
      for (const part of reading.take(bytes)) {
        connection.throwIfAborted();
        yield part;
      }
      connection.throwIfAborted();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toModelError(error, secrets);
  }
}

/** How far the reading of an answer has come. */
class Reading {
  readonly #events = new EventStream();
  readonly #reducer: AnswerReducer;
  readonly #facts: FailureFacts;
  isOver = false;

  constructor(reducer: AnswerReducer, facts: FailureFacts) {
    this.#reducer = reducer;
    this.#facts = facts;
  }

  /** Whether nothing can be lost any more. */
  get hasAnswer(): boolean {
    return this.#reducer.hasEnded;
  }

  /** Whether all its words have come. */
  get isSaid(): boolean {
    return this.#reducer.isSaid;
  }

  /** The parts that come with these bytes. @param bytes Undefined: there are no more. */
  *take(bytes: Uint8Array | undefined): Generator<ModelPart> {
    for (const sent of bytes === undefined ? this.#events.end() : this.#events.take(bytes)) {
      const event = this.#read(sent);
      if (event === undefined) break;
      for (const part of this.#reducer.take(event)) {
        yield part;
        this.isOver = part.kind === "finish";
      }
      if (this.isOver) return;
    }
    if (bytes !== undefined && !this.isOver) return;
    this.isOver = true;
    const refusal = NamedError.safeParse(parseJson(this.#events.beginning)).data?.error;
    if (refusal) throw failureError(refusal, this.#facts);
    yield* this.#reducer.end();
  }

  /** What an event says; undefined: nothing more comes. @throws ModelError */
  #read({ event, data }: ServerSentEvent): unknown {
    if (data === DONE) return this.#stop();
    let said: unknown;
    try {
      said = JSON.parse(data);
    } catch (cause) {
      if (this.#reducer.hasEnded) return this.#stop();
      throw new ModelError("provider_malformed", "The provider sent a chunk that is not JSON.", { cause });
    }
    if (event !== "error") return said;
    if (this.#reducer.hasEnded) return this.#stop();
    throw failureError(NamedError.safeParse(said).data?.error ?? said, this.#facts);
  }

  #stop(): undefined {
    this.isOver = true;
  }
}

/** Closes a body when asked to, once it is disposed of or the signal aborts; who waits for bytes then gets none. */
class Connection implements Disposable {
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  /** Known here: a signal that follows others asks all of them, and each token asks twice. */
  #isAborted = false;

  constructor(body: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal) {
    this.#body = body;
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort, { once: true });
    this.#isAborted = signal.aborted;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#signal.reason;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.close();
  }

  readonly #abort = (): void => {
    this.#isAborted = true;
    this.close();
  };

  close(): void {
    // Whether the provider minds is of no interest.
    this.#body.cancel().catch(() => {});
  }
}
