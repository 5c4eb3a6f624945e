/**
 * A stream of server-sent events that behaves as a WebSocket does, for where WebSockets don't get through.
 *
 * Owns the request and the reading of its events; each piece that comes is a `progress` event. It is made with the
 * socket's own address, so whoever keeps sockets up keeps this up as well, with the same cursors: the client, and the
 * console, which loads it on demand.
 */
import { closeCodeOf, isProblemCode, ProblemBody } from "../protocol/problem.ts";

/** Largest event; a snapshot with all that it may hold stays far below. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;
/** A stream that ended without saying why, as a broken socket does. */
const BROKEN_CODE = 1006;
const CLOSE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/** What goes with the request. */
interface SseSocketOptions {
  /** Headers of one's own, as Node and Deno have them for sockets. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

/** The part of a WebSocket that a viewer needs; it never sends. */
class SseSocket extends EventTarget {
  static readonly CONNECTING = CLOSE.CONNECTING;
  static readonly OPEN = CLOSE.OPEN;
  static readonly CLOSING = CLOSE.CLOSING;
  static readonly CLOSED = CLOSE.CLOSED;
  readonly CONNECTING = CLOSE.CONNECTING;
  readonly OPEN = CLOSE.OPEN;
  readonly CLOSING = CLOSE.CLOSING;
  readonly CLOSED = CLOSE.CLOSED;
  readonly bufferedAmount = 0;
  binaryType: BinaryType = "blob";
  readyState: number = CLOSE.CONNECTING;
  readonly url: string;
  readonly #request = new AbortController();
  /** What a diagnostic has announced: the code that a socket would close with. */
  #endCode = BROKEN_CODE;
  #endReason = "";

  /** @param address The socket's, e.g. `wss://host/api/…/events/ws?heartbeat=1&cursor=…`. */
  constructor(address: string | URL, options: SseSocketOptions = {}) {
    super();
    this.url = streamUrl(address);
    void this.#read(options);
  }

  /** Does nothing: observation takes no input. */
  send(): void {}

  close(code = 1000, reason = ""): void {
    if (this.readyState >= CLOSE.CLOSING) return;
    this.#request.abort();
    this.#end(code, reason);
  }

  async #read(options: SseSocketOptions): Promise<void> {
    const { signal } = this.#request;
    try {
      const send = options.fetch ?? fetch;
      const response = await send(this.url, {
        headers: { ...options.headers, Accept: "text/event-stream" },
        signal,
        cache: "no-store",
        credentials: "same-origin",
        // Nor does a socket follow one; a header of one's own is not to go along.
        redirect: "error",
      });
      const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
      if (!response.ok || !isStream || response.body === null) {
        const problem = ProblemBody.safeParse(await response.json());
        if (problem.success) this.#announce(problem.data.code);
      } else {
        this.readyState = CLOSE.OPEN;
        this.dispatchEvent(new Event("open"));
        await this.#takeAll(response.body);
      }
    } catch {
      // Broken off, by whichever side: that is what the close says.
    }
    if (!signal.aborted) this.#request.abort();
    this.#end(this.#endCode, this.#endReason);
  }

  async #takeAll(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // What a socket can't tell: over a slow network a large frame is long on its way.
      this.dispatchEvent(new Event("progress"));
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_EVENT_CHARS) return;
      // Each frame is one line: what else an event has is for other readers.
      for (const line of lines) if (line.startsWith("data: ")) this.#take(line.slice(6));
    }
  }

  #take(data: string): void {
    if (this.readyState !== CLOSE.OPEN) return;
    if (data.startsWith('{"kind":"diagnostic"')) {
      this.#announce(/"problem":"(\w+)"/.exec(data)?.[1] ?? "");
    }
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  #announce(problem: string): void {
    if (!isProblemCode(problem)) return;
    this.#endCode = closeCodeOf(problem);
    this.#endReason = problem;
  }

  #end(code: number, reason: string): void {
    if (this.readyState === CLOSE.CLOSED) return;
    this.readyState = CLOSE.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: code !== BROKEN_CODE }));
  }
}

/** The class for whoever makes sockets, with a `fetch` of one's own where there is one. */
export function sseSockets(send?: typeof fetch): typeof WebSocket {
  const options = send === undefined ? {} : { fetch: send };
  const Socket = class extends SseSocket {
    constructor(address: string | URL, given: SseSocketOptions = {}) {
      super(address, { ...given, ...options });
    }
  };
  // why: it has the members that a viewer uses, not all of a WebSocket's.
  return Socket as unknown as typeof WebSocket;
}

/** The stream beside a socket; heartbeats come only where the socket would have them. */
function streamUrl(address: string | URL): string {
  const url = new URL(address);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  url.pathname = url.pathname.replace(/\/ws$/, "");
  if (!url.searchParams.has("heartbeat")) url.searchParams.set("heartbeat", "0");
  return url.href;
}
