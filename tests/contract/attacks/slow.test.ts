/** Clients that take their time: heads and bodies that trickle, and connections that nobody closes. Others are served. */
import { connect, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../../support/raw-http.ts";
import { serveWorkspace } from "../../support/served-workspace.ts";
import { within } from "../../support/within.ts";

const TIMEOUT_MS = 1_000;
const TRICKLE_MS = 50;

const workspace = serveWorkspace({
  YOI_HEAD_TIMEOUT_MS: String(TIMEOUT_MS),
  YOI_BODY_TIMEOUT_MS: String(TIMEOUT_MS),
});

const open = new Set<Socket>();
afterAll(() => open.forEach((socket) => socket.destroy()));

/** Sends a beginning, and then one byte after the other; what came back by the time that the server closed. */
async function trickle(beginning: string, more: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: workspace.server.port });
  open.add(socket);
  let answer = "";
  const over = Promise.withResolvers<void>();
  socket.once("close", () => over.resolve());
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  socket.write(beginning);
  const timer = setInterval(() => socket.write(more), TRICKLE_MS);
  try {
    await within(over.promise, () => `the server to close; it said ${answer}`);
  } finally {
    clearInterval(timer);
  }
  return answer;
}

const POST = { "Content-Type": "application/json", Connection: "keep-alive" };
const MESSAGES = "/api/companion/messages";

const SLOW_HEADS: readonly (readonly [what: string, beginning: string])[] = [
  ["the first line", "GET /heal"],
  ["a header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "],
  ["the head of a handshake", requestHead("GET", "/", WEBSOCKET_HEADERS).slice(0, -2)],
];

test.each(SLOW_HEADS)("%s that trickles is cut, and others are served meanwhile", async (_what, beginning) => {
  const slow = Array.from({ length: 20 }, () => trickle(beginning, "a"));
  expect((await workspace.client.get("/healthz")).status).toBe(200);
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
});

test.each([
  ["of a known length", requestHead("POST", MESSAGES, { ...POST, "Content-Length": "5000" }), "a"],
  ["in chunks", requestHead("POST", MESSAGES, { ...POST, "Transfer-Encoding": "chunked" }), "1\r\na\r\n"],
])("a body %s that trickles is refused by type, and others are served meanwhile", async (_what, head, more) => {
  const slow = Array.from({ length: 20 }, () => trickle(head, more));
  expect((await workspace.client.get("/healthz")).status).toBe(200);
  for (const answer of await Promise.all(slow)) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request_too_slow"');
    expect(answer.toLowerCase()).toContain("x-content-type-options: nosniff");
  }
});

test("a refused upgrade's connection is closed though nobody else closes it", async () => {
  const head = requestHead("GET", "/api/runtimes/nobody/workers/nobody/events/ws", WEBSOCKET_HEADERS);
  const socket = connect({ host: "127.0.0.1", port: workspace.server.port, allowHalfOpen: true });
  open.add(socket);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  socket.on("error", () => {});
  socket.write(head);
  const timer = setInterval(() => socket.write("a"), TRICKLE_MS);
  try {
    await within(closed, () => `the server to close; it said ${answer}`);
  } finally {
    clearInterval(timer);
  }
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
});

test.each([20_000, 500_000])("a head of %s characters is past its bound, and refused on its own", async (length) => {
  const head = requestHead("GET", "/healthz", { "X-Large": "x".repeat(length) });
  expect((await sendRaw(workspace.server.port, head)).status).toBe(431);
});

test("after all of this the server serves, and has printed no failure", async () => {
  await using observer = await workspace.client.converse(await workspace.client.createWorker(), "Hello");
  expect(observer.names).toContain("text_done");
  expect(workspace.server.output).not.toMatch(/\bat .*:\d+:\d+/);
});
