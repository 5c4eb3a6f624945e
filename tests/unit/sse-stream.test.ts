/** The body of a stream of server-sent events, as the socket that a viewer is written to. */
import { expect, test } from "vitest";
import { closeCodeOf, ProblemError } from "../../protocol/problem.ts";
import { openSseStream } from "../../server/sse-stream.ts";

const FRAME = '{"kind":"event","envelope":{"cursor":"bo_1","event_id":"bo_1"}}';

async function textOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(body).text();
}

test("counts what nobody has read yet, in bytes, and no more what was read", async () => {
  const { body, socket } = openSseStream();
  const atFirst = socket.bufferedBytes;
  socket.send('{"text":"日本"}');
  expect(socket.bufferedBytes - atFirst).toBe(new TextEncoder().encode('data: {"text":"日本"}\n\n').byteLength);
  const reader = body.getReader();
  await reader.read();
  await reader.read();
  expect(socket.bufferedBytes).toBe(0);
});

test("a frame with a cursor has it as its id; a closed stream takes nothing more", async () => {
  const { body, socket } = openSseStream();
  socket.send(FRAME);
  socket.send('{"kind":"heartbeat","cursor":"bo_1"}');
  socket.close(1001, "");
  socket.send(FRAME);
  const [, ...blocks] = (await textOf(body)).split("\n\n");
  expect(blocks).toEqual([`id: bo_1\ndata: ${FRAME}`, 'data: {"kind":"heartbeat","cursor":"bo_1"}', ""]);
  expect(socket.closed.aborted).toBe(true);
});

test("a reader that goes away closes the socket", async () => {
  const { body, socket } = openSseStream();
  await body.cancel();
  expect(socket.closed.aborted).toBe(true);
  expect(socket.bufferedBytes).toBe(0);
});

test("a viewer that is too slow is broken off, with what still waits for it", async () => {
  const { body, socket } = openSseStream();
  socket.send(FRAME);
  socket.close(closeCodeOf("viewer_too_slow"), "viewer_too_slow");
  await expect(textOf(body)).rejects.toThrow("The viewer was let go.");
});

test("a problem is its last frame", async () => {
  const stream = openSseStream();
  stream.endWith(new ProblemError("login_required", "The login has ended."));
  stream.endWith(new ProblemError("internal", "Too late."));
  expect((await textOf(stream.body)).split("\n\n").slice(1)).toEqual([
    'data: {"kind":"diagnostic","diagnostic":{"code":"backend.websocket_error","message":"The login has ended.","problem":"login_required"}}',
    "",
  ]);
});

test("the word that a cursor is of no use takes back the id with which its reader would come again", async () => {
  const stream = openSseStream();
  stream.socket.send(FRAME);
  stream.endWith(new ProblemError("cursor_expired", "It is gone."));
  expect((await textOf(stream.body)).split("\n\n").slice(1)).toEqual([
    `id: bo_1\ndata: ${FRAME}`,
    'id:\ndata: {"kind":"diagnostic","diagnostic":{"code":"backend.cursor_unknown_or_expired","message":"It is gone.","problem":"cursor_expired"}}',
    "",
  ]);
});
