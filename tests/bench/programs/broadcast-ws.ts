/**
 * A peer of the fan-out: the `ws` package and nothing around it.
 *
 * Owns a server that encodes each event once and sends it to everybody of the topic.
 */
import { createServer } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { listenLocally } from "./listen.ts";
import { control, topicOf } from "./publisher.ts";

/** Listens on a free port and greets viewers with one frame. */
export async function start(): Promise<void> {
  const server = createServer();
  const topics = new Map<string, Set<WebSocket>>();
  const acceptor = new WebSocketServer({ server, perMessageDeflate: false });
  acceptor.on("connection", (socket, { url }) => {
    const topic = topicOf(url);
    const sockets = topics.get(topic) ?? new Set();
    topics.set(topic, sockets.add(socket));
    socket.on("close", () => sockets.delete(socket));
    socket.send("{}");
  });
  control({
    url: `${(await listenLocally(server)).replace(/^http/, "ws")}/`,
    publish(topic, event) {
      const text = JSON.stringify(event);
      for (const socket of topics.get(topic) ?? []) socket.send(text);
    },
  });
}
