/**
 * A peer of the fan-out: Socket.IO by WebSocket alone, without compression.
 *
 * Owns a server whose topics are rooms.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { listenLocally } from "./listen.ts";
import { control, topicOf } from "./publisher.ts";

/** Listens on a free port; its greeting is Socket.IO's own. */
export async function start(): Promise<void> {
  const server = createServer();
  const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
  io.on("connection", (socket) => void socket.join(topicOf(socket.request.url)));
  control({
    url: `${(await listenLocally(server)).replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`,
    publish: (topic, event) => void io.to(topic).emit("event", event),
  });
}
