/**
 * A viewer's socket and the Backend's end of it.
 *
 * Owns the two views of one connection, and every way in which they may come to differ: cut, or gone at one end only. The
 * page's end looks like a browser's WebSocket, the Backend's like a platform's.
 */
import { ClientCursor } from "../../../protocol/cursor.ts";
import type { WorkerRef } from "../../../protocol/id.ts";
import type { ViewerRights } from "../../../server/access/viewer-policy.ts";
import type { Backend, ViewRequest } from "../../../server/backend.ts";
import { Pipe } from "./pipe.ts";
import type { Chance } from "./seeded-chance.ts";
import type { SimulatedProcess, SimulatedTime } from "./simulated-time.ts";

/** A Backend that serves, and the process that it is. */
export interface ServingBackend {
  readonly process: SimulatedProcess;
  readonly backend: Backend;
}

/** What a link is made of. */
export interface ViewerLinkOptions {
  readonly time: SimulatedTime;
  readonly chance: Chance;
  readonly ref: WorkerRef;
  /** What the viewer may see. */
  readonly rights: ViewerRights;
  readonly maxLatencyMs: number;
  readonly maxSliceBytes: number | null;
  readonly networkBytes: number;
  /** Who answers now; null while nobody does. */
  readonly backend: () => ServingBackend | null;
  readonly onAsked: (cursor: ClientCursor | null) => void;
  readonly onOpen: () => void;
  readonly onFrame: (text: string) => void;
  readonly onEnd: (code: number | null) => void;
}

/** One connection; `socket` is the page's end. */
export class ViewerLink {
  readonly socket: PageSocket;
  readonly pipe: Pipe;
  /** Whether anything was done to it. */
  isHarmed = false;
  readonly #options: ViewerLinkOptions;
  readonly #serverClosed = new AbortController();
  #forgetServer = () => {};
  /** Whether the page hears of the end when there is one. */
  #isDeaf = false;

  constructor(url: string, options: ViewerLinkOptions) {
    this.#options = options;
    const { time, chance, maxLatencyMs, maxSliceBytes, networkBytes } = options;
    this.pipe = new Pipe({
      time,
      chance,
      maxLatencyMs,
      maxSliceBytes,
      networkBytes,
      onFrame: (text) => {
        if (this.socket.readyState !== OPEN) return;
        options.onFrame(text);
        this.socket.dispatchEvent(new MessageEvent("message", { data: text }));
      },
      onCut: () => this.cut(),
    });
    this.socket = new PageSocket(url, () => this.#closedByPage());
    this.#later(() => this.#arrive(new URL(url)));
  }

  #later(callback: () => void): void {
    const { time, chance, maxLatencyMs } = this.#options;
    time.plan(chance.between(0, maxLatencyMs), callback);
  }

  /** The page's request has reached the server, if there is one. */
  #arrive(url: URL): void {
    const serving = this.#options.backend();
    if (serving === null || this.socket.readyState !== CONNECTING) return this.#endPage(1006);
    const closed = this.#serverClosed;
    if (closed.signal.aborted) return;
    const { process, backend } = serving;
    const { pipe } = this;
    this.#forgetServer = process.onEnd(() => this.cutAfter(this.#options.chance.between(0, CUT_WITHIN_BYTES)));
    const cursor = url.searchParams.get("cursor");
    this.#later(() => {
      if (this.socket.readyState !== CONNECTING) return;
      this.#options.onOpen();
      this.socket.open();
      pipe.release();
    });
    pipe.hold();
    const { rights } = this.#options;
    const request: ViewRequest = { heartbeat: true, rights, ...(cursor === null ? {} : { cursor }) };
    this.#options.onAsked(cursor === null ? null : ClientCursor.parse(cursor));
    const send = (text: string) => {
      if (process.isAlive && !closed.signal.aborted) pipe.send(text);
    };
    backend.observe(this.#options.ref, request, {
      send,
      sendAll({ texts }) {
        texts.forEach(send);
        return pipe.bufferedBytes === 0;
      },
      close: (code) => {
        if (closed.signal.aborted) return;
        closed.abort();
        this.#forgetServer();
        if (process.isAlive) pipe.end(() => this.#endPage(code));
      },
      get bufferedBytes() {
        return pipe.bufferedBytes;
      },
      closed: closed.signal,
    });
  }

  /** The connection breaks, and both ends hear of it. */
  cut(): void {
    this.pipe.drop();
    this.#endServer();
    this.#later(() => this.#endPage(1006));
  }

  /** The connection breaks when so many more bytes have arrived, and in any case soon. */
  cutAfter(bytes: number): void {
    this.pipe.cutAfter(bytes);
    this.#options.time.plan(CUT_WITHIN_MS, () => this.cut());
  }

  /** The server believes that the page is gone; the page hears nothing any more, and is not told. */
  deafen(): void {
    this.#isDeaf = true;
    this.pipe.drop();
    this.#endServer();
  }

  /** The page believes that the server is gone; the server goes on writing to nobody. */
  orphan(): void {
    this.pipe.drop();
    this.#endPage(1006);
  }

  #closedByPage(): void {
    this.pipe.drop();
    this.#isDeaf = false;
    this.#later(() => this.#endServer());
    this.#endPage(1000);
  }

  #endServer(): void {
    this.#forgetServer();
    this.#serverClosed.abort();
  }

  #endPage(code: number): void {
    if (this.#isDeaf || this.socket.readyState === CLOSED) return;
    this.#options.onEnd(code);
    this.socket.end(code);
  }
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
/** A cut takes place somewhere in what is under way, or soon after. */
const CUT_WITHIN_BYTES = 2_000;
const CUT_WITHIN_MS = 400;

/** The page's end: the members of a WebSocket that a page uses. */
class PageSocket extends EventTarget {
  readonly CONNECTING = CONNECTING;
  readonly OPEN = OPEN;
  readonly CLOSING = 2;
  readonly CLOSED = CLOSED;
  readonly url: string;
  binaryType: BinaryType = "blob";
  readyState = CONNECTING;
  readonly #onClose: () => void;

  constructor(url: string, onClose: () => void) {
    super();
    this.url = url;
    this.#onClose = onClose;
  }

  send(): void {
    throw new Error("Cannot send: a page only listens");
  }

  close(): void {
    if (this.readyState !== CLOSED) this.#onClose();
  }

  open(): void {
    this.readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  end(code: number): void {
    this.readyState = CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "", wasClean: code !== 1006 }));
  }
}
