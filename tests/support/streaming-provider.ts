/**
 * A provider that answers whatever it is asked with a text of a test's, piece by piece, or refuses to.
 *
 * Owns the wire of an OpenAI-compatible server, as far as one answer, or one refusal, needs it.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";

/** Between two pieces of an answer that lasts: something comes all the time, and fills no memory. */
const PIECE_MS = 5;

/** A provider on a port of this machine. */
export class StreamingProvider implements AsyncDisposable {
  readonly #server: Server;
  /** The next answer, in its pieces. */
  pieces: readonly string[] = [];
  /** The pieces come again and again until it is settled: so an answer lasts as long as a test needs it. */
  lastsUntil: Promise<void> | undefined;
  /** Instead of an answer: for how many seconds nobody is to ask again. */
  refusedForS: number | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume().once("end", () => void this.#answer(response));
    });
  }

  static async start(): Promise<StreamingProvider> {
    const provider = new StreamingProvider();
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  /** Where it is, with the version's path. */
  get url(): string {
    // why: it listens on TCP, so its address has a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(response: ServerResponse): Promise<void> {
    if (this.refusedForS !== undefined) {
      const error = { message: "Rate limit reached.", type: "requests", code: "rate_limit_exceeded", param: null };
      response.writeHead(429, { "Content-Type": "application/json", "Retry-After": String(this.refusedForS) });
      response.end(JSON.stringify({ error }));
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (choice: object) =>
      response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [choice] })}\n\n`);
    let isLast = this.lastsUntil === undefined;
    void this.lastsUntil?.then(() => (isLast = true));
    do {
      for (const content of this.pieces) {
        send({ index: 0, delta: { content }, finish_reason: null });
        await (isLast ? setImmediate() : setTimeout(PIECE_MS));
      }
    } while (!isLast && !response.destroyed);
    send({ index: 0, delta: {}, finish_reason: "stop" });
    response.end("data: [DONE]\n\n");
  }
}
