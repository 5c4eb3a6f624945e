/**
 * An observer's socket, as its stream needs it.
 *
 * Owns the step from a platform's WebSocket to that: once closed it takes nothing more, and it says how much the network
 * has not taken yet.
 */
import type { WSContext } from "hono/ws";

/** What a stream is written to. */
export interface ObserverSocket {
  /** Hands one text frame to the platform. Does nothing once closed. */
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Aborted as soon as the socket is closed, by whichever side. */
  readonly closed: AbortSignal;
}

/** A stream's view of the platform's socket. `closed` is aborted by whoever hears of the close. */
export function observerSocket(socket: WSContext, closed: AbortController): ObserverSocket {
  return {
    send(text) {
      if (!closed.signal.aborted) socket.send(text);
    },
    close(code, reason) {
      if (closed.signal.aborted) return;
      closed.abort();
      socket.close(code, reason);
    },
    get bufferedBytes() {
      return bufferedBytesOf(socket.raw);
    },
    closed: closed.signal,
  };
}

/** Every platform's WebSocket has `bufferedAmount`; one that has not is taken as always drained. */
function bufferedBytesOf(raw: unknown): number {
  if (typeof raw !== "object" || raw === null || !("bufferedAmount" in raw)) return 0;
  return typeof raw.bufferedAmount === "number" ? raw.bufferedAmount : 0;
}
