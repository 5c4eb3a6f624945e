/**
 * A viewer's socket, as the relay needs it.
 *
 * Owns the interface only; the app makes one from the platform's WebSocket.
 */
import type { FrameBatch } from "../runtime/text-frames.ts";

/** See above. */
export interface ViewerSocket {
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
