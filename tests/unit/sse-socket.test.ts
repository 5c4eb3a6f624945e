/** A stream in a socket's place: what it tells of a frame that comes in pieces. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { sseSockets } from "../../client/sse-socket.ts";

test("tells of each piece, and of the frame once it is whole", async () => {
  const body = new TransformStream<string, string>();
  const headers = { "Content-Type": "text/event-stream" };
  const Socket = sseSockets(async () => new Response(body.readable.pipeThrough(new TextEncoderStream()), { headers }));
  const socket = new Socket("ws://here/api/worker/events/ws");
  const told: string[] = [];
  for (const kind of ["open", "progress", "message"]) socket.addEventListener(kind, () => told.push(kind));
  const writer = body.writable.getWriter();
  for (const piece of ['data: {"kind":', '"heart', 'beat"}\n\n']) {
    const progress = once(socket, "progress");
    await writer.write(piece);
    await progress;
  }
  expect(told).toEqual(["open", "progress", "progress", "progress", "message"]);
  socket.close();
});
