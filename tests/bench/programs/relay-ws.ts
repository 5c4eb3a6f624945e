/**
 * A hop of bare `ws`: whoever comes is connected to the same topic of the server behind it.
 *
 * Owns nothing but the passing on; what goes through is neither read nor kept.
 */
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { listenLocally } from "./listen.ts";

const Upstream = z.strictObject({ url: z.url() });

/** Listens on a free port; passes on what the server sends of which it is told. */
export async function start(): Promise<void> {
  const server = createServer();
  let upstream = "";
  const acceptor = new WebSocketServer({ server, perMessageDeflate: false });
  acceptor.on("connection", (viewer, request) => {
    const source = new WebSocket(new URL(request.url ?? "/", upstream), { perMessageDeflate: false });
    source.on("message", (data, isBinary) => viewer.send(data, { binary: isBinary }));
    viewer.on("close", () => source.terminate());
    source.on("close", () => viewer.terminate());
    source.on("error", () => viewer.terminate());
  });
  const url = `${(await listenLocally(server)).replace(/^http/, "ws")}/`;
  answerRequests({
    address: () => url,
    /** The server behind it. */
    follow(argument) {
      upstream = Upstream.parse(argument).url;
    },
  });
}
