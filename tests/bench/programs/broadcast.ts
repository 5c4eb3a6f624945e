/**
 * The peer of the fan-out case: the `ws` package and nothing around it.
 *
 * Owns a server that encodes each of the frames that it is given once and sends it to everybody, at the provider's pace.
 */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { listenLocally } from "./listen.ts";
import { keepPace } from "./pace.ts";

const Burst = z.strictObject({ frames: z.array(z.string()), intervalMs: z.number() });

/** Listens on a free port, greets viewers with one frame, and sends when it is told. */
export async function start(): Promise<void> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => socket.send("{}"));
  const url = (await listenLocally(server)).replace(/^http/, "ws");
  const sendToAll = (text: string): void => {
    for (const socket of sockets.clients) socket.send(text);
  };
  answerRequests({
    address: () => url,
    async burst(argument) {
      const { frames, intervalMs } = Burst.parse(argument);
      const events = frames.map((frame): unknown => JSON.parse(frame));
      await keepPace(events.length, { intervalMs, offsetMs: 0 }, (index) => sendToAll(JSON.stringify(events[index])));
    },
  });
}
