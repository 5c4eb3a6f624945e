/**
 * One observation socket, read frame by frame.
 *
 * Owns a single attempt: the handshake's time-out, the watch over a silent link, and the frames that wait to be read. When
 * to try again, and from where, is `follow.ts`'s matter.
 */
import type { ClientFrame } from "../protocol/frame.ts";
import { parseFrame } from "./parse-frame.ts";
import { credentials } from "./requests.ts";

/** What a link gives next. `closed` is the last. */
export type LinkStep =
  | { readonly kind: "frame"; readonly frame: ClientFrame }
  /** `gotThrough`: it opened, and was not silent from its start until it was given up. */
  | { readonly kind: "closed"; readonly code: number; readonly gotThrough: boolean };

const HANDSHAKE_TIMEOUT_MS = 8_000;
/** How long an open link may be silent before its first heartbeat has told its pace. */
const FIRST_FRAME_MS = 10_000;
const SILENT_INTERVALS = 2.5;
/** Frames that may wait for a slow reader; past this the link is given up, and taken up again where the reader is. */
const MAX_WAITING_FRAMES = 4_096;
const CLIENT_CLOSE_CODE = 3000;
const NO_CODE = 1006;

/** How a socket is opened. */
export interface LinkOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly WebSocket: typeof WebSocket;
  readonly signal: AbortSignal;
}

/** An attempt under way. Disposing of it closes the socket. */
export interface Link extends Disposable {
  /** Waits for what comes next; `null` when the signal was aborted. */
  next(): Promise<LinkStep | null>;
}

/** Opens a socket. @throws TypeError where the platform's sockets can't carry the token */
export function openLink({ url, token, signal, WebSocket: Socket }: LinkOptions): Link {
  const waiting: LinkStep[] = [];
  let wake = () => {};
  let isOpen = false;
  let isHeard = false;
  let isOver = false;
  let silenceAllowedMs = FIRST_FRAME_MS;
  let watchdog: ReturnType<typeof setTimeout>;
  const socket = openSocket(Socket, url, token);

  const push = (step: LinkStep) => {
    waiting.push(step);
    wake();
  };
  const end = (code: number, gotThrough = isOpen) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(watchdog);
    push({ kind: "closed", code, gotThrough });
  };
  const giveUp = (gotThrough = isOpen) => {
    end(NO_CODE, gotThrough);
    socket.close(CLIENT_CLOSE_CODE);
  };
  const watch = (ms: number) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => giveUp(isHeard), ms);
  };

  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  watch(HANDSHAKE_TIMEOUT_MS);
  socket.addEventListener("open", () => {
    if (isOver) return;
    isOpen = true;
    watch(silenceAllowedMs);
  });
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (isOver) return;
    isHeard = true;
    const frame = parseFrame(data);
    if (frame === undefined) return watch(silenceAllowedMs);
    if (frame.kind === "heartbeat") silenceAllowedMs = Math.max(1_000, frame.interval_ms * SILENT_INTERVALS);
    watch(silenceAllowedMs);
    push({ kind: "frame", frame });
    if (waiting.length >= MAX_WAITING_FRAMES) giveUp();
  });
  // A stream in a socket's place tells of the pieces of a frame.
  socket.addEventListener("progress", () => {
    if (!isOver) watch(silenceAllowedMs);
  });
  socket.addEventListener("close", ({ code }) => end(code));
  // A close follows, soon or after a long wait for the other side; it says no more than this.
  socket.addEventListener("error", () => giveUp());

  return {
    async next() {
      while (!signal.aborted) {
        const step = waiting.shift();
        if (step !== undefined) return step;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return null;
    },
    [Symbol.dispose]() {
      signal.removeEventListener("abort", onAbort);
      waiting.length = 0;
      if (!isOver) giveUp();
    },
  };
}

function openSocket(Socket: typeof WebSocket, url: string, token: string | undefined): WebSocket {
  if (token === undefined) return new Socket(url);
  // why: the standard's second argument is the protocols; Node and Deno take an object with headers there.
  const options = { headers: credentials(token) } as unknown as string[];
  try {
    return new Socket(url, options);
  } catch (cause) {
    throw new TypeError("Cannot send a token with a socket here: in a browser, log in and leave `token` out.", {
      cause,
    });
  }
}
