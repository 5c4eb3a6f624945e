/**
 * A provider that tells everybody what it was told: the key it was called with and where it is.
 *
 * Owns the wire of an OpenAI-compatible server, good and bad; the newest message of a conversation says which. It stands
 * for every server, proxy and gateway that writes secrets into its errors.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a message can ask for. */
export const LEAKS = [
  "status 400",
  "status 401",
  "status 403",
  "status 404",
  "status 413",
  "status 429",
  "status 500",
  "status 503",
  "web page",
  "bare text",
  "redirect",
  "error in the stream",
  "malformed chunk",
  "cut",
  "refusal",
  "reset",
] as const;

/** One of them. */
export type Leak = (typeof LEAKS)[number];

/** A provider on a port of this machine. */
export class LeakyProvider implements AsyncDisposable {
  readonly #server: Server;
  /** Keys that it was called with. */
  readonly keys = new Set<string>();
  /** What it was told of traces. */
  readonly traceparents: (string | undefined)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<LeakyProvider> {
    const provider = new LeakyProvider();
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get port(): number {
    // why: it listens on TCP, so its address has a port.
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const key = request.headers.authorization ?? "";
    this.keys.add(key);
    const { traceparent } = request.headers;
    this.traceparents.push(Array.isArray(traceparent) ? traceparent.join() : traceparent);
    const where = `http://${request.headers.host}${request.url}`;
    const confession = `Incorrect API key provided: ${key} (${key.slice(7)}) for ${where}, see ${where}/help or /etc/keys/${key.slice(7)}.pem`;
    const messages: { content: string }[] = JSON.parse(text).messages;
    const leak = LEAKS.find((name) => messages.at(-1)?.content.includes(name)) ?? null;
    respond(response, leak, confession);
  }
}

function respond(response: ServerResponse, leak: Leak | null, confession: string): void {
  const headers = { "x-request-id": confession.replaceAll(/[^ -~]/g, ""), "content-type": "application/json" };
  const error = JSON.stringify({ error: { message: confession, type: "leak", code: confession } });
  switch (leak) {
    case "web page":
      response.writeHead(502, { ...headers, "content-type": "text/html" }).end(`<html><h1>${confession}</h1></html>`);
      return;
    case "bare text":
      response.writeHead(500, { ...headers, "content-type": "text/plain" }).end(confession);
      return;
    case "redirect":
      response.writeHead(302, { ...headers, location: "http://127.0.0.1:1/" }).end();
      return;
    case "reset":
      response.destroy();
      return;
    case "refusal":
      response.writeHead(200, headers).end(error);
      return;
    case "error in the stream":
    case "malformed chunk":
    case "cut":
    case null:
      stream(response, leak, error);
      return;
    default:
      response.writeHead(Number(leak.slice("status ".length)), headers).end(error);
  }
}

function stream(response: ServerResponse, leak: Leak | null, error: string): void {
  const chunk = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: "c-1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chunk({ role: "assistant", content: "An answer" }));
  if (leak === "error in the stream") response.end(`data: ${error}\n\n`);
  else if (leak === "malformed chunk") response.end(`data: {"choices": ${error.slice(0, -1)}\n\n`);
  else if (leak === "cut") response.write(chunk({ content: " that ends here" }), () => response.destroy());
  else response.end(`${chunk({ content: "." })}${chunk({}, "stop")}data: [DONE]\n\n`);
}
