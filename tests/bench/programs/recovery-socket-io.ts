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

const Emit = z.strictObject({ events: z.number() });
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
  let count = 0;
  answerRequests({
    address: () => url,
    emit(argument) {
      const { events } = Emit.parse(argument);
      for (let left = events; left > 0; left -= 1) {
        count += 1;
        io.emit("event", {
          kind: "event",
          envelope: { event_id: `e${count}`, payload: { event: "text_delta", data: { text: "word " } } },
        });
      }
    },
  });
}
