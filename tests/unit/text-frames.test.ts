/** Text frames, read back by a real client. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { expect, test } from "vitest";
import { encodeTextFrames } from "../../runtime/text-frames.ts";

const LAST = "that was all";

/** What a client reads of them behind a real handshake, each alone and all in one write. */
async function readBack(frames: Uint8Array): Promise<unknown[]> {
  const server = createServer();
  const handshakes = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    handshakes.handleUpgrade(request, socket, head, () => socket.write(frames));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // why: a server that listens on a port has an address of this shape.
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const messages: unknown[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      client.onmessage = ({ data }) => (data === LAST ? resolve() : messages.push(data));
      client.onclose = ({ code }) => reject(new Error(`The client closed with ${code}`));
    });
  } finally {
    client.onclose = null;
    client.close();
    server.closeAllConnections();
    server.close();
  }
  return messages;
}

test("encodeTextFrames() makes one frame of each text, of any length and alphabet", async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
  const texts = [...lengths.map((length) => "x".repeat(length)), "日本語🎉", "é".repeat(63), "あ".repeat(21_846)];
  expect(await readBack(encodeTextFrames([...texts, LAST]))).toEqual(texts);
});

test("encodeTextFrames() of nothing is nothing", () => {
  expect(encodeTextFrames([])).toEqual(new Uint8Array());
});
