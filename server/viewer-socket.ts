/**
 * A viewer's socket, as the relay needs it.
 *
 * Owns the interface only; the app makes one from the platform's WebSocket.
 */
export interface ViewerSocket {
  /** Hands one text frame to the platform. Does nothing once closed. */
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Aborted as soon as the socket is closed, by whichever side. */
  readonly closed: AbortSignal;
}
