/**
 * The seam to a WebSocket client.
 *
 * Owns the interface only (`ws-client.ts` fulfils it on every engine that has Node's sockets). It tells what an observer
 * must be able to tell apart: refused before the upgrade and with which status, cut, closed with a code.
 */

/** How to open a socket. */
export interface WebSocketRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly handshakeTimeoutMs: number;
  readonly maxFrameBytes: number;
}

/** Why a socket ended, or why there never was one. */
export type SocketEnd =
  /** The server answered the upgrade with something else, e.g. 401 and a body of at most a few kilobytes. */
  | { readonly kind: "refused"; readonly status: number; readonly body: string }
  | { readonly kind: "handshake_timeout" }
  /** A Close frame came, e.g. 4410. */
  | { readonly kind: "closed"; readonly code: number }
  | { readonly kind: "too_large" }
  /** What came was no WebSocket frame, or no text where text was announced. */
  | { readonly kind: "not_websocket" }
  /** The connection broke or never came about. `error` is for `connectionFailure` only. */
  | { readonly kind: "broken"; readonly error: unknown };

/** What a socket tells. Each is called in the order in which things happened; nothing follows `onEnd`. */
export interface SocketListener {
  onOpen(): void;
  onText(text: string): void;
  onBinary(): void;
  /** The other end answered a ping or sent one. */
  onSign(): void;
  /** A part of a message had come, and not yet its end, when a ping was due. */
  onPart(): void;
  onEnd(end: SocketEnd): void;
}

/** An open or opening socket. */
export interface ClientSocket {
  ping(): void;
  /** Reads no further until `resume`. */
  pause(): void;
  resume(): void;
  /** Lets go of it at once; nothing is called any more. */
  discard(): void;
}

/** Opens a socket. */
export type ConnectWebSocket = (request: WebSocketRequest, listener: SocketListener) => ClientSocket;
