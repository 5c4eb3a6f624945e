/** Requests to a provider by Node's HTTP client: what is sent, and every way in which an answer can come or break off. */
import dns from "node:dns";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CONNECT_TIMEOUT_MS, httpFetch } from "../../runtime/node-provider-fetch.ts";
import { holdClosedPort } from "../support/closed-port.ts";
import { HostileServer } from "../support/hostile-server.ts";
import { testEngine } from "../support/server-process.ts";
import { within } from "../support/within.ts";

const BODY = '{"text":"日本語"}';
const PIECE_BYTES = 64 * 1024;
/** Many times what sockets and readers hold together. */
const ENDLESS_BYTES = 256 * 1024 * 1024;
const LOOK_AGAIN_MS = 50;
/** In the place of an agent's five seconds. */
const AGENT_TIMEOUT_MS = 100;

const post = (port: number, path = "/v1", more: RequestInit = {}) =>
  httpFetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: "Bearer k" },
    body: BODY,
    ...more,
  });
const serving = (answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>) =>
  HostileServer.start({ http: (request, response) => void answer(request, response) });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe.runIf(testEngine === "node")("httpFetch()", () => {
  test("posts the text and gives each piece of the answer as it comes", async () => {
    const asked: { method: string | undefined; headers: IncomingMessage["headers"]; body: string }[] = [];
    const goOn = Promise.withResolvers<void>();
    await using server = await serving(async (request, response) => {
      asked.push({ method: request.method, headers: request.headers, body: await text(request) });
      response.writeHead(200, { "Content-Type": "text/event-stream", "X-Twice": ["a", "b"] }).write("first ");
      await goOn.promise;
      response.end("second");
    });
    const answer = await post(server.port);
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("x-twice")]).toEqual([
      200,
      "text/event-stream",
      "a, b",
    ]);
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first ");
    goOn.resolve();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("second");
    expect((await reader.read()).done).toBe(true);
    expect(asked).toMatchObject([
      {
        method: "POST",
        headers: { authorization: "Bearer k", "accept-encoding": "identity", "content-length": "20" },
        body: BODY,
      },
    ]);
  });

  test("asks again by fetch where a provider sends the request elsewhere", async () => {
    const bodies: string[] = [];
    await using server = await serving(async (request, response) => {
      bodies.push(`${request.url} ${await text(request)}`);
      if (request.url === "/v1") response.writeHead(307, { Location: "/v2" }).end();
      else response.end("here");
    });
    const answer = await post(server.port);
    expect(await answer.text()).toBe("here");
    expect(bodies).toEqual([`/v1 ${BODY}`, `/v1 ${BODY}`, `/v2 ${BODY}`]);
  });

  test("takes an answer without a body", async () => {
    await using server = await serving((_request, response) => void response.writeHead(204).end());
    const answer = await post(server.port);
    expect([answer.status, answer.body]).toEqual([204, null]);
  });

  test("rejects where nobody listens, and where an answer has a status that there is not", async () => {
    await using closed = await holdClosedPort();
    await expect(post(closed.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await using server = await serving((_request, response) => void response.writeHead(999).end());
    await expect(post(server.port)).rejects.toThrow(RangeError);
  });

  test("rejects where a server changes the protocol unasked", async () => {
    await using server = await serving(({ socket }) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    });
    const asked = within(post(server.port), "an end of the request");
    await expect(asked).rejects.toThrow("The connection was closed without an answer.");
  });

  test("rejects when it is aborted, before the answer and in it, and hangs up", async () => {
    const hungUp: Promise<unknown>[] = [];
    await using server = await serving((request, response) => {
      hungUp.push(once(request.socket, "close"));
      if (request.url === "/begun") response.write("begun");
    });
    await expect(post(server.port, "/never", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    const waiting = new AbortController();
    const never = post(server.port, "/waited", { signal: waiting.signal });
    await expect.poll(() => server.asked).toEqual(["/waited"]);
    waiting.abort();
    await expect(never).rejects.toMatchObject({ name: "AbortError" });
    const reading = new AbortController();
    const answer = await post(server.port, "/begun", { signal: reading.signal });
    const reader = answer.body!.getReader();
    await reader.read();
    reading.abort();
    await expect(reader.read()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(hungUp).toHaveLength(2);
    await within(Promise.all(hungUp), "the connections to be closed");
  });

  test("rejects when it is aborted while there is a tunnel through a proxy, and no provider at its end", async () => {
    const opened = Promise.withResolvers<void>();
    await using proxy = await HostileServer.start({
      connect: (_request, socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n", () => opened.resolve()),
    });
    const restore = http.setGlobalProxyFromEnv({ https_proxy: `http://127.0.0.1:${proxy.port}` });
    try {
      const waiting = new AbortController();
      const asked = httpFetch("https://provider.test/v1", { method: "POST", body: BODY, signal: waiting.signal });
      await opened.promise;
      waiting.abort();
      await expect(within(asked, "an end of the request")).rejects.toMatchObject({ name: "AbortError" });
    } finally {
      restore();
    }
    expect(proxy.asked).toEqual(["provider.test:443"]);
  });

  test("rejects where no connection comes about in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    // As at an address where nobody is: nothing comes back, neither a connection nor a refusal.
    vi.spyOn(dns, "lookup").mockImplementation(() => {});
    let end: unknown = null;
    const asked = httpFetch("http://provider.test/v1", { method: "POST", body: BODY }).catch((error: unknown) => {
      end = error;
    });
    await vi.advanceTimersByTimeAsync(CONNECT_TIMEOUT_MS - 1);
    expect(end).toBe(null);
    await vi.advanceTimersByTimeAsync(1);
    await asked;
    expect(end).toEqual(new Error("The connection timed out."));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves a provider that there is a connection to the time that its answer takes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using server = await serving(async (_request, response) => {
      reached.resolve();
      await goOn.promise;
      response.end("late");
    });
    const asked = post(server.port);
    await reached.promise;
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(CONNECT_TIMEOUT_MS);
    goOn.resolve();
    expect(await (await asked).text()).toBe("late");
  });

  test("gives a proxy longer for its tunnel than Node's agent does", async () => {
    const tunnels: Duplex[] = [];
    const opened = Promise.withResolvers<void>();
    await using proxy = await HostileServer.start({
      connect(_request, socket) {
        tunnels.push(socket);
        opened.resolve();
      },
    });
    const restore = http.setGlobalProxyFromEnv({ https_proxy: `http://127.0.0.1:${proxy.port}` });
    https.globalAgent.options.timeout = AGENT_TIMEOUT_MS;
    try {
      const asked = httpFetch("https://provider.test/v1", { method: "POST", body: BODY });
      const end = asked.catch((error: unknown) => error);
      await opened.promise;
      // Asked later and given up: the agent's time is over for both.
      expect(await once(https.get("https://provider.test/"), "error")).toMatchObject([{ code: "ERR_PROXY_TUNNEL" }]);
      tunnels[0]?.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      expect(await end).toMatchObject({ code: "ERR_PROXY_TUNNEL", statusCode: 502 });
    } finally {
      restore();
    }
  });

  test("fails to read on where the connection breaks", async () => {
    await using server = await serving((request, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("some", () => request.socket.destroy());
    });
    const answer = await post(server.port);
    await expect(answer.text()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("slows a provider down that nobody reads, and hangs up when its reader goes", async () => {
    let writtenBytes = 0;
    const hungUp = Promise.withResolvers<unknown>();
    await using server = await serving((request, response) => {
      request.socket.on("close", hungUp.resolve);
      const write = (): void => {
        let hasRoom = true;
        while (hasRoom && writtenBytes < ENDLESS_BYTES) {
          hasRoom = response.write(Buffer.alloc(PIECE_BYTES));
          writtenBytes += PIECE_BYTES;
        }
        response.once("drain", write);
      };
      write();
    });
    const answer = await post(server.port);
    const grown = async (): Promise<number> => {
      const before = writtenBytes;
      await wait(LOOK_AGAIN_MS);
      return writtenBytes - before;
    };
    await expect.poll(grown).toBe(0);
    expect(writtenBytes).toBeLessThan(ENDLESS_BYTES);
    const reader = answer.body!.getReader();
    expect((await reader.read()).value?.byteLength).toBeGreaterThan(0);
    await reader.cancel();
    await within(hungUp.promise, "the connection to be closed");
  });
});
