/**
 * An observer's socket, as its stream needs it.
 *
 * Owns the step from a platform's WebSocket to that: once closed it takes nothing more, and it says how much the network
 * has not taken yet.
 */
import type { WSContext } from "hono/ws";
import type { FrameBatch, FrameWriter } from "../text-frames.ts";

/** What a stream is written to. */
export interface ObserverSocket {
  /** Hands one text frame to the platform. Does nothing once closed. */
  send(text: string): void;
  /** The same for several at once, in one write where the platform can. */
  sendAll(batch: FrameBatch): void;
  close(code: number, reason: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Aborted as soon as the socket is closed, by whichever side. */
  readonly closed: AbortSignal;
}

/** A stream's view of the platform's socket. `closed` is aborted by whoever hears of the close. */
export function observerSocket(socket: WSContext, closed: AbortController): ObserverSocket {
  const { raw } = socket;
  return {
    send(text) {
      if (!closed.signal.aborted) socket.send(text);
    },
    sendAll(batch) {
      if (closed.signal.aborted) return;
      if (takesFrames(raw)) raw.writeFrames(batch.frames);
      else for (const text of batch.texts) socket.send(text);
    },
    close(code, reason) {
      if (closed.signal.aborted) return;
      closed.abort();
      socket.close(code, reason);
    },
    get bufferedBytes() {
      return bufferedBytesOf(raw);
    },
    closed: closed.signal,
  };
}

function takesFrames(raw: unknown): raw is FrameWriter {
  return typeof raw === "object" && raw !== null && "writeFrames" in raw && typeof raw.writeFrames === "function";
}

/** Every platform's WebSocket has `bufferedAmount`; one that has not is taken as always drained. */
function bufferedBytesOf(raw: unknown): number {
  if (typeof raw !== "object" || raw === null || !("bufferedAmount" in raw)) return 0;
  return typeof raw.bufferedAmount === "number" ? raw.bufferedAmount : 0;
}
