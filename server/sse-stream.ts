/**
 * A viewer's stream over plain HTTP: server-sent events, for where WebSockets don't get through.
 *
 * Owns the step from a response's body to the socket that a viewer is written to: the same frames, one event each, with
 * the frame's cursor as its id. What the network has not taken yet is counted, so that one who stalls is let go like any
 * other. What is observed is the relay's matter.
 */
import { closeCodeOf, type ProblemError } from "../protocol/problem.ts";
import { encodeDiagnostic } from "./encode-frame.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** A stream that has been opened. */
export interface SseStream {
  /** The response's body. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly socket: ViewerSocket;
  /** Says why, then closes. */
  endWith(problem: ProblemError): void;
  /** Breaks it off without a word. */
  cut(): void;
}

/** A proxy may hold back the first bytes until so many have come. */
const PADDING_BYTES = 2_048;
/** How long a browser's own reader waits before it comes back. */
const RETRY_MS = 2_000;
/** Every event's frame begins so (`encode-frame.ts`); its cursor needs no escape. */
const CURSOR = /^\{"kind":"event","envelope":\{"cursor":"([^"]+)"/;
/** And so does the word that a cursor is of no use. */
const CURSOR_REFUSED = /^\{"kind":"diagnostic","diagnostic":\{"code":"backend\.cursor_/;
const TOO_SLOW = closeCodeOf("viewer_too_slow");

/** Opens a stream. Its body must be read or cancelled, which closes the socket. */
export function openSseStream(): SseStream {
  const encoder = new TextEncoder();
  const closed = new AbortController();
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(started) {
        controller = started;
        controller.enqueue(encoder.encode(`:${" ".repeat(PADDING_BYTES)}\nretry: ${RETRY_MS}\n\n`));
      },
      cancel: () => closed.abort(),
    },
    { highWaterMark: 0, size: ({ byteLength }) => byteLength },
  );
  /** Ends it on this side; `false` where it has ended. */
  const end = (): boolean => {
    if (closed.signal.aborted) return false;
    closed.abort();
    return true;
  };
  const cut = () => {
    // What waits for a reader that does not come is dropped with the connection.
    if (end()) controller.error(new DOMException("The viewer was let go.", "AbortError"));
  };
  const socket: ViewerSocket = {
    send(text) {
      if (closed.signal.aborted) return;
      controller.enqueue(encoder.encode(`${idLine(text)}data: ${text}\n\n`));
    },
    sendAll({ texts }) {
      for (const text of texts) socket.send(text);
      return socket.bufferedBytes === 0;
    },
    close(code) {
      if (code === TOO_SLOW) cut();
      else if (end()) controller.close();
    },
    get bufferedBytes() {
      return closed.signal.aborted ? 0 : Math.abs(controller.desiredSize ?? 0);
    },
    closed: closed.signal,
  };
  return {
    body,
    socket,
    endWith(problem) {
      socket.send(encodeDiagnostic(problem));
      socket.close(closeCodeOf(problem.code), problem.code);
    },
    cut,
  };
}

function idLine(frame: string): string {
  // A browser's own reader would come back with that cursor for ever; without an id it begins anew.
  if (CURSOR_REFUSED.test(frame)) return "id:\n";
  const cursor = CURSOR.exec(frame)?.[1];
  return cursor === undefined ? "" : `id: ${cursor}\n`;
}
