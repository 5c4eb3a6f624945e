/**
 * One observation socket as a stream of decoded frames.
 *
 * Owns the queue between the socket and its reader, with its bound, and the watch over a connection that only seems to
 * be there. The stream ends with a problem, or without one when its signal aborts.
 */
import type { ProblemError } from "../../protocol/problem.ts";
import type { Clock } from "../clock.ts";
import { timedOut } from "./connection-failure.ts";
import { decodeFrame, type DecodedFrame, type FrameContext } from "./decode-frame.ts";
import type { RemoteLimits } from "./limits.ts";
import { malformedFrame, socketEndProblem } from "./stream-end.ts";
import type { ConnectWebSocket } from "./websocket.ts";

/** What a stream is made of. */
export interface FrameStreamOptions extends FrameContext {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: RemoteLimits;
  readonly clock: Clock;
  readonly connect: ConnectWebSocket;
  readonly signal: AbortSignal;
  /** Told when a part of a frame has come, which may take long; absent: nobody is. */
  readonly onPart?: (() => void) | undefined;
}

/** Opens a socket and gives what came, in batches of one or more frames, oldest first. */
export async function* readFrames(
  options: FrameStreamOptions,
  maxBatch: number,
): AsyncGenerator<readonly DecodedFrame[], void, void> {
  const { limits, clock, signal, label } = options;
  if (signal.aborted) return;
  let queue: DecodedFrame[] = [];
  let problem: ProblemError | null = null;
  let isPaused = false;
  let wake = () => {};
  let lastSignMs = clock.now();

  const fail = (reason: unknown): void => {
    // why: everything that is thrown here is one.
    problem ??= reason as ProblemError;
    wake();
  };
  const onSign = (): void => {
    lastSignMs = clock.now();
  };
  const socket = options.connect(
    {
      url: options.url,
      headers: options.headers,
      handshakeTimeoutMs: limits.handshakeTimeoutMs,
      maxFrameBytes: limits.maxFrameBytes,
    },
    {
      onOpen: () => {
        onSign();
        watch();
      },
      onSign,
      onPart() {
        onSign();
        options.onPart?.();
      },
      onText(text) {
        onSign();
        if (problem !== null) return;
        try {
          queue.push(decodeFrame(text, options));
        } catch (error) {
          fail(error);
        }
        if (queue.length >= limits.maxQueuedFrames && !isPaused) {
          isPaused = true;
          socket.pause();
        }
        wake();
      },
      onBinary: () => fail(malformedFrame(label)),
      onEnd: (end) => fail(socketEndProblem(end, label)),
    },
  );

  let ping: Disposable | null = null;
  const watch = (): void => {
    ping = clock.schedule(limits.pingIntervalMs, () => {
      // A paused socket hears nothing, and that is its reader's doing.
      if (isPaused) onSign();
      // Either way: a clock that was set back keeps no dead connection.
      if (Math.abs(clock.now() - lastSignMs) >= limits.silenceTimeoutMs) return fail(timedOut(label));
      socket.ping();
      watch();
    });
  };
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      if (queue.length > 0) {
        const batch = queue.slice(0, maxBatch);
        queue = queue.slice(batch.length);
        if (isPaused && queue.length === 0) {
          isPaused = false;
          onSign();
          socket.resume();
        }
        yield batch;
        continue;
      }
      if (problem !== null) throw problem as ProblemError; // why: closures set it, which the compiler does not follow
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // why: as above.
    (ping as Disposable | null)?.[Symbol.dispose]();
    socket.discard();
  }
}
