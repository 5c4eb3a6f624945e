/** A Worker's events over plain HTTP: what any client reads, how the stream begins and ends, and who is let go. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { ClientFrame } from "../../protocol/frame.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { DEADLINE_MS, within } from "../support/within.ts";
import { problemOf, workerPath } from "../support/workspace-client.ts";

const TOKEN = "an-access-token-of-some-length";

/** Reads a stream as text until something stands in it, or to its end. */
class TextStream implements Disposable {
  readonly response: Promise<IncomingMessage>;
  readonly ended: Promise<void>;
  readonly #request;
  readonly #waiting = new Set<() => void>();
  text = "";

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    const response = Promise.withResolvers<IncomingMessage>();
    const ended = Promise.withResolvers<void>();
    this.response = response.promise;
    this.ended = ended.promise;
    this.#request = request(url, { headers, agent: false }, (incoming) => {
      response.resolve(incoming);
      incoming.setEncoding("utf8").on("data", (piece: string) => {
        this.text += piece;
        for (const look of this.#waiting) look();
      });
      incoming.on("close", () => ended.resolve());
      incoming.on("error", () => ended.resolve());
    });
    this.#request.on("error", (error) => (response.reject(error), ended.resolve()));
    this.#request.end();
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = pattern.exec(this.text);
      if (match) found.resolve(match);
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(found.promise, () => `${pattern} in ${this.text.slice(-500)}`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }
}

/** The heartbeat that says that its viewer has everything; one before that says how much is missing. */
const CAUGHT_UP = /"kind":"heartbeat"(?!.*"behind").*\n\n/;

/** The events of a stream: `[id, frame]`, without those that have not come whole. */
function eventsOf(text: string): readonly (readonly [string | undefined, ClientFrame])[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      return data === undefined ? [] : [[/^id: (.*)$/m.exec(block)?.[1], ClientFrame.parse(JSON.parse(data))] as const];
    });
}

describe("a stream of server-sent events", () => {
  const workspace = serveWorkspace({ YOI_HEARTBEAT_INTERVAL_MS: "100" });
  const urlOf = (ref: WorkerRef) => `${workspace.server.url}${workerPath(ref)}/events`;

  test("begins with what gets past small buffers, and says to proxies that nothing may be held back or changed", async () => {
    using stream = new TextStream(urlOf(await workspace.client.createWorker()));
    const { statusCode, headers } = await stream.response;
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    expect(headers["content-length"]).toBe(undefined);
    await stream.until(/"kind":"heartbeat"/);
    expect(stream.text).toMatch(/^: {2048}\nretry: 2000\n\nid: bo_/);
  });

  test("has the cursor of each event as its id, and heartbeats as frames without one", async () => {
    const ref = await workspace.client.createWorker();
    using stream = new TextStream(urlOf(ref));
    await stream.until(/"kind":"heartbeat".*\n\n/);
    await workspace.client.send(ref, "Hello");
    await stream.until(/"event":"run_end"[^]*"kind":"heartbeat".*\n\n/);
    const events = eventsOf(stream.text);
    const wrong = events.filter(([id, frame]) => id !== (frame.kind === "event" ? frame.envelope.cursor : undefined));
    expect(wrong).toEqual([]);
    expect(new Set(events.map(([, { kind }]) => kind))).toEqual(new Set(["event", "heartbeat"]));
  });

  test("goes on from Last-Event-ID, which a browser sends beside the older cursor of the address", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using whole = await client.converse(ref, "/demo think");
    const [first, last] = [whole.received[0]!, whole.received.at(-2)!];
    using stream = new TextStream(`${urlOf(ref)}?cursor=${first.cursor}`, { "Last-Event-ID": last.cursor });
    await stream.until(CAUGHT_UP);
    expect(eventsOf(stream.text).flatMap(([id]) => id ?? [])).toEqual([whole.received.at(-1)!.cursor]);
  });

  test("is refused over HTTP where there is no such Worker, and answers no other method", async () => {
    const { client } = workspace;
    const path = "/api/runtimes/backend-internal/workers/nobody/events";
    expect(problemOf(await client.get(path)).code).toBe("worker_not_found");
    expect(problemOf(await client.post(path, {})).code).toBe("method_not_allowed");
    expect(problemOf(await client.get("/api/runtimes/a%20b/workers/c/events")).code).toBe("invalid_id");
  });

  test("says of a cursor that leads nowhere why it ends, in its only frame", async () => {
    using stream = new TextStream(`${urlOf(await workspace.client.createWorker())}?cursor=yesterday`);
    await within(stream.ended, () => "the end of the stream");
    expect(eventsOf(stream.text)).toEqual([
      [undefined, expect.objectContaining({ diagnostic: expect.objectContaining({ problem: "cursor_malformed" }) })],
    ]);
  });

  test("opens nothing for who asks for its head only", async () => {
    const ref = await workspace.client.createWorker();
    const { status, text } = await workspace.client.request(`${workerPath(ref)}/events`, { method: "HEAD" });
    expect([status, text]).toEqual([200, ""]);
  });

  test("ends for the server as well when its reader goes away", async () => {
    const { client } = workspace;
    const viewers = async () => Number(/^yoi_viewers (\d+)$/m.exec((await client.get("/metrics")).text)?.[1]);
    await expect.poll(viewers, { timeout: DEADLINE_MS }).toBe(0);
    const streams = [
      new TextStream(urlOf(await client.createWorker())),
      new TextStream(urlOf(await client.createWorker())),
    ];
    await Promise.all(streams.map((stream) => stream.until(/"kind":"heartbeat"/)));
    expect(await viewers()).toBe(2);
    for (const stream of streams) stream[Symbol.dispose]();
    await expect.poll(viewers, { timeout: DEADLINE_MS }).toBe(0);
  });

  test("can be read by curl -N, each frame as it comes", async () => {
    const ref = await workspace.client.createWorker();
    const curl = spawn("curl", ["-sN", urlOf(ref)], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(curl, "spawn");
      let text = "";
      const came = (pattern: RegExp) =>
        vi
          .waitUntil(() => pattern.test(text), { timeout: DEADLINE_MS, interval: 5 })
          .catch((error: unknown) => {
            throw new Error(`Cannot find ${String(pattern)} in ${text}`, { cause: error });
          });
      curl.stdout.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      await came(/"event":"snapshot"/);
      await workspace.client.send(ref, "/demo stall");
      // The answer hangs, so what has come has come while the stream was open.
      await came(/"event":"text_delta"/);
      expect(curl.exitCode).toBe(null);
      expect((await workspace.client.post(`${workerPath(ref)}/cancel`, {})).status).toBe(200);
    } finally {
      curl.kill();
    }
  });
});

test("a server that is asked to end says so to its streams, and waits for none", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_DEMO_PACE: "0" } });
  using stream = new TextStream(`${server.url}/api/runtimes/backend-internal/workers/companion/events`);
  await stream.until(/"kind":"heartbeat".*\n\n/);
  expect((await server.kill("SIGTERM")).code).toBe(0);
  await within(stream.ended, () => "the end of the stream");
  expect(eventsOf(stream.text).at(-1)?.[1]).toMatchObject({ diagnostic: { problem: "shutting_down" } });
});

describe("with an access token", () => {
  const workspace = serveWorkspace({ YOI_ACCESS_TOKEN: TOKEN });
  const events = "/api/runtimes/backend-internal/workers/companion/events";
  const logIn = async () => {
    const body = new URLSearchParams({ token: TOKEN });
    const response = await fetch(`${workspace.server.url}/login`, { method: "POST", body, redirect: "manual" });
    return { Cookie: (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "" };
  };

  test("a stream needs a login, and another website gets none", async () => {
    expect(problemOf(await workspace.client.get(events)).code).toBe("login_required");
    const foreign = { ...(await logIn()), "Sec-Fetch-Site": "cross-site" };
    expect(problemOf(await workspace.client.get(events, foreign)).code).toBe("origin_refused");
  });

  test("a stream ends with its login, and says so; another's goes on", async () => {
    const [mine, other] = [await logIn(), await logIn()];
    using stream = new TextStream(workspace.server.url + events, mine);
    using another = new TextStream(workspace.server.url + events, other);
    await Promise.all([stream, another].map((each) => each.until(/"kind":"heartbeat".*\n\n/)));
    await fetch(`${workspace.server.url}/logout`, { method: "POST", headers: mine, redirect: "manual" });
    await within(stream.ended, () => "the end of the stream");
    expect(eventsOf(stream.text).at(-1)?.[1]).toEqual({
      kind: "diagnostic",
      diagnostic: {
        code: "backend.websocket_error",
        message: "The login has ended.",
        problem: "login_required",
      },
    });
    expect((await another.response).complete).toBe(false);
  });
});
