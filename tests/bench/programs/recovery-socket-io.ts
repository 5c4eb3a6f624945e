/**
 * A peer of the resume: Socket.IO's own recovery of connections, in memory.
 *
 * Owns a server that keeps what it has sent, and sends as many events as it is told.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { listenLocally } from "./listen.ts";

const Emit = z.strictObject({ frames: z.array(z.string()), count: z.number() });
/** Longer than any bench. */
const KEPT_MS = 24 * 3_600_000;

/** Listens on a free port. */
export async function start(): Promise<void> {
  const server = createServer();
  const io = new Server(server, {
    transports: ["websocket"],
    perMessageDeflate: false,
    serveClient: false,
    connectionStateRecovery: { maxDisconnectionDuration: KEPT_MS },
  });
  const url = `${(await listenLocally(server)).replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
  answerRequests({
    address: () => url,
    /** Sends so many events, one frame after the other and again from the first. */
    emit(argument) {
      const { frames, count } = Emit.parse(argument);
      const events = frames.map((frame): unknown => JSON.parse(frame));
      for (let index = 0; index < count; index += 1) io.emit("event", events[index % events.length]);
    },
  });
}
