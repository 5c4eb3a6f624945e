/**
 * Viewers that come: all at once, or one after another.
 *
 * Owns their sockets and what tells that one has arrived. It parses nothing, so that it is never what the others wait for.
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { keepPace } from "./pace.ts";

const Rush = z.strictObject({ url: z.url(), viewers: z.number(), missed: z.number() });
const Join = z.strictObject({ url: z.url(), joins: z.number(), intervalMs: z.number() });

/** How long it took until all had everything, in milliseconds. */
export const RushResult = z.strictObject({ elapsedMs: z.number() });
/** Sizes of the first frames, in bytes. */
export const JoinResult = z.strictObject({ firstFrameBytes: z.array(z.number()) });

const HEARTBEAT = '"kind":"heartbeat"';
const BEHIND = '"behind":';

/** Comes and goes as it is told. */
export function start(): void {
  answerRequests({
    /** All at once, each until it is told that it has everything; then all leave. */
    async rush(argument): Promise<z.infer<typeof RushResult>> {
      const { url, viewers, missed } = Rush.parse(argument);
      const startedMs = performance.now();
      const sockets = await Promise.all(Array.from({ length: viewers }, () => arrive(url, missed)));
      const elapsedMs = performance.now() - startedMs;
      await Promise.all(sockets.map(leave));
      return { elapsedMs };
    },
    /** One after another at a pace, each until its first frame. */
    async join(argument): Promise<z.infer<typeof JoinResult>> {
      const { url, joins, intervalMs } = Join.parse(argument);
      const sizes: Promise<number>[] = [];
      await keepPace(joins, { intervalMs, offsetMs: 0 }, () => sizes.push(firstFrameBytes(url)));
      return { firstFrameBytes: await Promise.all(sizes) };
    },
  });
}

/** Opens a socket and waits for the word that all has been sent. @throws Error when other events came than were missed */
async function arrive(url: string, missed: number): Promise<WebSocket> {
  const socket = open(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let events = 0;
  socket.on("error", reject);
  socket.on("close", (code) => reject(new Error(`Cannot observe ${url}: closed with ${code}`)));
  socket.on("message", (frame: Buffer) => {
    if (!frame.includes(HEARTBEAT)) events += 1;
    else if (!frame.includes(BEHIND)) {
      if (events === missed) resolve();
      else reject(new Error(`Cannot count: ${events} events came of ${missed}`));
    }
  });
  await promise;
  return socket;
}

async function firstFrameBytes(url: string): Promise<number> {
  const socket = open(url);
  const [frame]: unknown[] = await once(socket, "message");
  await leave(socket);
  if (!Buffer.isBuffer(frame)) throw new TypeError("Cannot weigh a first frame: it is not one piece");
  return frame.length;
}

async function leave(socket: WebSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.terminate();
  await closed;
}

function open(url: string): WebSocket {
  return new WebSocket(url, { perMessageDeflate: false });
}
