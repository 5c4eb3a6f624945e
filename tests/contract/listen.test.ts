/**
 * What listening gives on every engine: `listen()` around small apps, asked byte by byte. Whatever is asked of the whole
 * server or of a Runtime process is in their own tests.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { Hono } from "hono";
import type { WSContext, WSEvents } from "hono/ws";
import { afterEach, expect, test, vi } from "vitest";
import { READ_CONVERSATION_LIMITS } from "../../protocol/read-conversation.ts";
import { REQUEST_TIMEOUT_MS, requestTimeoutOf, SOCKET_PING_INTERVAL_MS } from "../../runtime/edge-limits.ts";
import { peerAddress } from "../../runtime/node-addresses.ts";
import { listen } from "../../runtime/node-listen.ts";
import type { Listening, ListenOptions } from "../../runtime/rest/listener.ts";
import { encodeTextFrames } from "../../runtime/text-frames.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { within } from "../support/within.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of opened.splice(0).toReversed()) await one.close();
});

/** Serves an app until the test is over. */
async function serve(options: Omit<ListenOptions, "host" | "port">, host = "127.0.0.1"): Promise<Served> {
  const listening = await listen({ host, port: 0, ...options });
  opened.push(listening);
  return { ...listening, port: Number(new URL(listening.url).port) };
}

interface Served extends Listening {
  readonly port: number;
}

/** A connection that a test writes to by itself. */
class Peer {
  readonly socket: Socket;
  text = "";
  readonly closed: Promise<unknown>;

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("error", () => {});
    this.socket.setEncoding("latin1").on("data", (text: string) => (this.text += text));
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    opened.push({ close: () => this.socket.destroy() });
  }

  /** What has come back so far. */
  readonly said = (): string => this.text;
}

/** For what takes the time that it takes. */
const SOON = { timeout: 15_000 };

/** An app with one socket, and what the server has of it. */
async function serveSocket(events: WSEvents = {}) {
  const opening = Promise.withResolvers<WSContext>();
  const served = await serve({
    createApp: (upgradeWebSocket) =>
      new Hono().get(
        "/ws",
        upgradeWebSocket(() => ({ ...events, onOpen: (_event, context) => opening.resolve(context) })),
      ),
  });
  const peer = new Peer(served.port);
  peer.socket.write(requestHead("GET", "/ws", WEBSOCKET_HEADERS));
  const context = await within(opening.promise, "the socket");
  await expect.poll(peer.said, SOON).toMatch(/^HTTP\/1\.1 101 /);
  return { served, peer, context };
}

/** A frame of a peer's without words, masked by nothing, e.g. a pong. */
const emptyFrame = (opcode: number) => Uint8Array.of(0x80 | opcode, 0x80, 0, 0, 0, 0);
const PING = "\x89\x00";
const PONG = 0xa;

// --- connections ---------------------------------------------------------------------------------------------------------

test("a connection past the bound is closed, and the next one is served when one of them has gone", async () => {
  const connections = { headTimeoutMs: 60_000, bodyTimeoutMs: 60_000, maxConnections: 2 };
  const { port } = await serve({ connections, createApp: () => new Hono().get("/", ({ text }) => text("served")) });
  const peers = [new Peer(port), new Peer(port)];
  for (const { socket } of peers) socket.write(requestHead("GET", "/", { Connection: "keep-alive" }));
  for (const peer of peers) await expect.poll(peer.said, SOON).toMatch("served");
  const third = new Peer(port);
  third.socket.write(requestHead("GET", "/"));
  await within(third.closed, "the third connection's end");
  expect(third.text).toBe("");
  peers[0]?.socket.destroy();
  await expect.poll(async () => (await sendRaw(port, requestHead("GET", "/"))).body, SOON).toBe("served");
});

/** Not every machine that tests run on has IPv6. */
const LOOPBACKS = Object.values(networkInterfaces()).flatMap((all = []) =>
  all.filter(({ internal }) => internal).map(({ address }) => address),
);

test.each(LOOPBACKS)(
  "the address of a peer that comes to %s is told, over HTTP and to a socket's app",
  async (host) => {
    const told: (string | null)[] = [];
    const { url } = await serve(
      {
        createApp: (upgradeWebSocket) =>
          new Hono()
            .use(async (context, next) => {
              told.push(peerAddress(context));
              await next();
            })
            .get(
              "/ws",
              upgradeWebSocket(() => ({})),
            ),
      },
      host,
    );
    await (await fetch(url)).text();
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    await within(once(socket, "open"), "the socket");
    expect(told).toEqual([host, host]);
    socket.close();
  },
);

// --- requests ------------------------------------------------------------------------------------------------------------

test("a head may be given longer than a whole request has by default", async () => {
  const connections = { headTimeoutMs: 2 * REQUEST_TIMEOUT_MS, bodyTimeoutMs: REQUEST_TIMEOUT_MS, maxConnections: 2 };
  const { port } = await serve({ connections, createApp: () => new Hono().get("/", ({ text }) => text("served")) });
  expect((await sendRaw(port, requestHead("GET", "/"))).body).toBe("served");
});

test("a whole request has the time of its head and of any body after it, also of a conversation's file", () => {
  const fileTimeoutMs = READ_CONVERSATION_LIMITS.timeoutMs;
  for (const headTimeoutMs of [100, 15_000, REQUEST_TIMEOUT_MS - fileTimeoutMs + 1, 3_600_000]) {
    for (const bodyTimeoutMs of [100, fileTimeoutMs, 3_600_000]) {
      const wholeMs = requestTimeoutOf({ headTimeoutMs, bodyTimeoutMs });
      expect(wholeMs).toBeGreaterThanOrEqual(headTimeoutMs + bodyTimeoutMs);
      expect(wholeMs).toBeGreaterThanOrEqual(headTimeoutMs + fileTimeoutMs);
    }
  }
});

test("requests in one write are answered in their order, also where the first one takes longer", async () => {
  const first = Promise.withResolvers<void>();
  const { port } = await serve({
    createApp: () =>
      new Hono()
        .get("/first", async ({ text }) => {
          await first.promise;
          return text("one.");
        })
        .get("/second", ({ text }) => {
          first.resolve();
          return text("two.");
        }),
  });
  const peer = new Peer(port);
  const keep = { Connection: "keep-alive" };
  peer.socket.write(requestHead("GET", "/first", keep) + requestHead("GET", "/second", keep));
  await expect.poll(peer.said, SOON).toMatch(/one\.[^]*two\./);
});

test("HEAD gets the head of what GET would get, and the connection goes on", async () => {
  const { port } = await serve({ createApp: () => new Hono().get("/", ({ text }) => text("words")) });
  const peer = new Peer(port);
  const keep = { Connection: "keep-alive" };
  peer.socket.write(requestHead("HEAD", "/", keep));
  await expect.poll(peer.said, SOON).toMatch(/\r\n\r\n$/);
  peer.socket.write(requestHead("GET", "/", keep));
  await expect.poll(peer.said, SOON).toMatch(/\r\n\r\nHTTP\/1\.1 200 [^]*\r\n\r\nwords$/);
});

test("who asks whether to send a body is told to, and the body is read", async () => {
  const { port } = await serve({
    createApp: () => new Hono().post("/", async ({ req, text }) => text(`${await req.text()} was read`)),
  });
  const peer = new Peer(port);
  peer.socket.write(requestHead("POST", "/", { Expect: "100-continue", "Content-Length": "5" }));
  await expect.poll(peer.said, SOON).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  peer.socket.write("words");
  await expect.poll(peer.said, SOON).toMatch("words was read");
});

test("a handler hears that who asked has gone", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const { port } = await serve({
    createApp: () =>
      new Hono().get("/", async ({ req, text }) => {
        const { signal } = req.raw;
        asked.resolve(signal);
        if (!signal.aborted) await once(signal, "abort");
        return text("nobody reads this");
      }),
  });
  const peer = new Peer(port);
  peer.socket.write(requestHead("GET", "/"));
  const signal = await within(asked.promise, "the request");
  expect(signal.aborted).toBe(false);
  peer.socket.destroy();
  await expect.poll(() => signal.aborted, SOON).toBe(true);
});

test("an answer that nobody reads is not read ahead, and ends where its reader has gone", async () => {
  const PIECE_BYTES = 64 * 1024;
  let pieces = 0;
  const cancelled = Promise.withResolvers<void>();
  const { port } = await serve({
    createApp: () =>
      new Hono().get("/", () => {
        const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
          pieces += 1;
          controller.enqueue(new Uint8Array(PIECE_BYTES));
        };
        return new Response(new ReadableStream({ pull, cancel: () => cancelled.resolve() }));
      }),
  });
  const peer = new Peer(port);
  peer.socket.pause();
  peer.socket.write(requestHead("GET", "/"));
  // Until nothing more is asked of the stream for a while: the system's buffers are full then.
  const lately: number[] = [];
  const isStill = () => {
    lately.push(pieces);
    return pieces > 0 && lately.at(-4) === pieces;
  };
  await expect.poll(isStill, { ...SOON, interval: 100 }).toBe(true);
  expect(pieces * PIECE_BYTES).toBeLessThan(64 * 1024 * 1024);
  peer.socket.destroy();
  await within(cancelled.promise, "the stream to be cancelled");
});

test("a request that is under way when the server closes is answered whole", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const served = await serve({
    createApp: () =>
      new Hono().get("/", async ({ text }) => {
        asked.resolve();
        await answer.promise;
        return text("served");
      }),
  });
  const peer = new Peer(served.port);
  peer.socket.write(requestHead("GET", "/"));
  await within(asked.promise, "the request");
  const closing = served.close();
  // By then a server that waits for nobody has let go of every connection.
  await new Promise((resolve) => setImmediate(resolve));
  answer.resolve();
  await closing;
  await within(peer.closed, "the connection's end");
  expect(peer.text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nserved$/);
});

// --- sockets -------------------------------------------------------------------------------------------------------------

test.each([
  ["send()", (context: WSContext, text: string) => context.send(text)],
  [
    "writeFrames()",
    // why: the adapter's sockets take frames as they are, which Hono's types don't say.
    (context: WSContext, text: string) =>
      (context.raw as { writeFrames(frames: Uint8Array): void }).writeFrames(encodeTextFrames([text])),
  ],
])("bytes that a peer does not take count as buffered until it takes them, by %s", async (_name, send) => {
  const { peer, context } = await serveSocket();
  // why: `ws` has it, which Hono's types don't say.
  const buffered = () => (context.raw as { bufferedAmount: number }).bufferedAmount;
  peer.socket.pause();
  const text = "x".repeat(1024 * 1024);
  let sent = 0;
  while (buffered() < 16 * text.length) {
    send(context, text);
    sent += 1;
    expect(sent).toBeLessThan(64);
    await new Promise((resolve) => setImmediate(resolve));
  }
  peer.socket.resume();
  await expect.poll(buffered, SOON).toBe(0);
  await expect.poll(() => peer.text.length, SOON).toBeGreaterThanOrEqual(sent * text.length);
});

test("an upgrade whose answer fails costs its connection and is told, and the server goes on", async () => {
  const failure = new Error("It breaks off");
  const start = (controller: ReadableStreamDefaultController) => controller.error(failure);
  const told: unknown[] = [];
  const { port } = await serve({
    onUnexpected: (error) => told.push(error),
    createApp: () =>
      new Hono().get("/", ({ text }) => text("served")).get("/ws", () => new Response(new ReadableStream({ start }))),
  });
  const peer = new Peer(port);
  peer.socket.write(requestHead("GET", "/ws", WEBSOCKET_HEADERS));
  await within(peer.closed, "the connection's end");
  expect([peer.text, told]).toEqual(["", [failure]]);
  expect((await sendRaw(port, requestHead("GET", "/"))).body).toBe("served");
});

test("frames that come in one write with the handshake are read", async () => {
  const heard = Promise.withResolvers<unknown>();
  const { port } = await serve({
    createApp: (upgradeWebSocket) =>
      new Hono().get(
        "/ws",
        upgradeWebSocket(() => ({ onMessage: ({ data }) => heard.resolve(data) })),
      ),
  });
  const peer = new Peer(port);
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
  peer.socket.write(Buffer.concat([Buffer.from(requestHead("GET", "/ws", WEBSOCKET_HEADERS)), frame]));
  expect(await within(heard.promise, "the frame")).toBe("hi");
});

test("a peer that answers no ping is let go after another interval; one that answers stays", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const closed = Promise.withResolvers<number>();
  const gone = await serveSocket({ onClose: ({ code }) => closed.resolve(code) });
  const there = await serveSocket();
  vi.advanceTimersByTime(SOCKET_PING_INTERVAL_MS);
  await expect.poll(gone.peer.said, SOON).toMatch(PING);
  await expect.poll(there.peer.said, SOON).toMatch(PING);
  there.peer.socket.write(emptyFrame(PONG));
  // A round trip: the pong before it has been read.
  there.peer.socket.write(emptyFrame(0x9));
  await expect.poll(there.peer.said, SOON).toMatch("\x8a\x00");
  vi.advanceTimersByTime(SOCKET_PING_INTERVAL_MS);
  expect(await within(closed.promise, "the end of who answers nothing")).toBe(1006);
  await within(gone.peer.closed, "the end of its connection");
  await expect.poll(() => there.peer.text.split(PING).length, SOON).toBe(3);
  expect(there.context.readyState).toBe(WebSocket.OPEN);
});
