/**
 * An observer's socket, as its stream needs it.
 *
 * Owns the step from a platform's WebSocket to that: once closed it takes nothing more, and it says how much the network
 * has not taken yet.
 */
import type { WSContext } from "hono/ws";
import type { FrameBatch, FrameWriter } from "../text-frames.ts";

/** Said to nobody. Without a reason the platform makes an error for each socket, with a stack. */
export const SOCKET_CLOSED = "the socket was closed";

/** What a stream is written to. */
export interface ObserverSocket {
  /** Hands one text frame to the platform. Does nothing once closed. */
  send(text: string): void;
  /**
   * The same for several at once, in one write where the platform can.
   *
   * @returns whether the network has taken all that was handed over: then `bufferedBytes` is 0
   */
  sendAll(batch: FrameBatch): boolean;
  close(code: number, reason: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Aborted as soon as the socket is closed, by whichever side. */
  readonly closed: AbortSignal;
}

/** A stream's view of the platform's socket. `closed` is aborted by whoever hears of the close. */
export function observerSocket(socket: WSContext, closed: AbortController): ObserverSocket {
  return new PlatformSocket(socket, closed);
}

/** One object for each of many viewers, and no closures. */
class PlatformSocket implements ObserverSocket {
  readonly closed: AbortSignal;
  readonly #closing: AbortController;
  readonly #socket: WSContext;
  readonly #writer: FrameWriter | null;

  constructor(socket: WSContext, closing: AbortController) {
    this.#socket = socket;
    this.#closing = closing;
    this.#writer = takesFrames(socket.raw) ? socket.raw : null;
    this.closed = closing.signal;
  }

  get bufferedBytes(): number {
    return bufferedBytesOf(this.#socket.raw);
  }

  send(text: string): void {
    if (!this.closed.aborted) this.#socket.send(text);
  }

  sendAll(batch: FrameBatch): boolean {
    // A writer knows by itself when it is closing.
    if (this.#writer !== null) return this.#writer.writeFrames(batch.frames);
    if (this.closed.aborted) return false;
    for (const text of batch.texts) this.#socket.send(text);
    return this.bufferedBytes === 0;
  }

  close(code: number, reason: string): void {
    if (this.closed.aborted) return;
    this.#closing.abort(SOCKET_CLOSED);
    this.#socket.close(code, reason);
  }
}

function takesFrames(raw: unknown): raw is FrameWriter {
  return typeof raw === "object" && raw !== null && "writeFrames" in raw && typeof raw.writeFrames === "function";
}

/** Every platform's WebSocket has `bufferedAmount`; one that has not is taken as always drained. */
function bufferedBytesOf(raw: unknown): number {
  if (typeof raw !== "object" || raw === null || !("bufferedAmount" in raw)) return 0;
  return typeof raw.bufferedAmount === "number" ? raw.bufferedAmount : 0;
}
