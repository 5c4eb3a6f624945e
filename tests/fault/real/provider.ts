/**
 * The provider behind the Workers: a server that speaks OpenAI's chat completions over a real socket.
 *
 * Owns the answers, which follow from the words of a message, so that every piece of an answer can be told from every
 * other; and who waits for an answer to get so far. How the wire to it breaks is the proxy's matter before it.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod/mini";

/** What a message asks for. */
export interface Ask {
  /** Stands in every piece of the answer. */
  readonly id: string;
  readonly pieces: number;
  /** Between two pieces; 0: as fast as the wire takes them. */
  readonly paceMs: number;
  /** How many pieces come at once; one if absent. */
  readonly burst?: number;
  /** How many pieces of thinking come before. */
  readonly thoughts: number;
  /** How many requests are refused with 429 first. */
  readonly refusals: number;
}

const ASK = /say (\S+) pieces=(\d+) pace=(\d+) thoughts=(\d+) refusals=(\d+) burst=(\d+)/g;

/** The words that ask for an answer. */
export function askFor({ id, pieces, paceMs, thoughts, refusals, burst = 1 }: Ask): string {
  return `say ${id} pieces=${pieces} pace=${paceMs} thoughts=${thoughts} refusals=${refusals} burst=${burst}`;
}

/** What an answer is made of. */
export function piecesOf({ id, pieces }: Pick<Ask, "id" | "pieces">): readonly string[] {
  return Array.from({ length: pieces }, (_, index) => `${index === 0 ? "" : " "}${id}.${index}`);
}

const Body = z.looseObject({ messages: z.array(z.looseObject({ content: z.string() })) });

export class Provider implements AsyncDisposable {
  readonly #server: Server;
  readonly #refused = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  /** Told of each piece as it is sent. */
  onPiece: (id: string, index: number) => void = () => {};

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.keepAliveTimeout = 0;
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get port(): number {
    // why: it listens on TCP, so its address has a port.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when so many pieces of an answer have been sent, or when `signal` aborts. */
  async reached(id: string, pieces: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if ((this.#sent.get(id) ?? 0) >= pieces || signal.aborted) resolve();
    };
    this.#waiting.add(look);
    signal.addEventListener("abort", look);
    look();
    await promise;
    this.#waiting.delete(look);
    signal.removeEventListener("abort", look);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const words = Body.parse(JSON.parse(await text(request))).messages.at(-1)?.content ?? "";
    const [, id = "nobody", pieces, pace, thoughts, refusals, burst] = [...words.matchAll(ASK)].at(-1) ?? [];
    const refused = this.#refused.get(id) ?? 0;
    if (refused < Number(refusals)) {
      this.#refused.set(id, refused + 1);
      response.writeHead(429, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "Slow down.", type: "rate_limit", code: "rate_limit" } }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let index = 0; index < Number(thoughts); index += 1) {
      await this.#send(response, { reasoning_content: `thought ${index} ` }, Number(pace));
    }
    for (const [index, content] of piecesOf({ id, pieces: Number(pieces) }).entries()) {
      this.onPiece(id, index);
      await this.#send(response, { content }, (index + 1) % Number(burst) === 0 ? Number(pace) : 0);
      this.#sent.set(id, index + 1);
      for (const look of this.#waiting) look();
      if (response.destroyed) return;
    }
    const usage = { prompt_tokens: 10, completion_tokens: Number(pieces) };
    response.end(`${chunk({}, "stop")}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  }

  /** Sends a piece. At a pace of 0 the wire alone sets the pace. */
  async #send(response: ServerResponse, delta: object, paceMs: number): Promise<void> {
    const hasRoom = response.write(chunk(delta));
    if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
    else if (!hasRoom && !response.destroyed) {
      const room = new AbortController();
      const { signal } = room;
      await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
      room.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices })}\n\n`;
}
