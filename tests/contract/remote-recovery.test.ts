/** A Runtime elsewhere that goes and comes: what is known meanwhile, and that nothing is lost over it. */
import { describe, expect, test, vi } from "vitest";
import { Event } from "../../protocol/event.ts";
import { systemClock, systemRandom } from "../../runtime/clock.ts";
import type { RemoteLimits } from "../../runtime/remote/limits.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { createBackend } from "../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { FULL_RIGHTS } from "../../server/access/viewer-policy.ts";
import { HostileServer, json } from "../support/hostile-server.ts";
import { problemCode } from "../support/problem-code.ts";
import { remoteClient, TOKEN } from "../support/remote-client.ts";
import { LAB, runtimeBody } from "../support/remote-failures.ts";
import { FakeSocket } from "../support/relay-fixture.ts";
import { COMPANION, ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { readLog } from "../support/follow.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { serveRuntime } from "../support/served-runtime.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { DEADLINE_MS } from "../support/within.ts";

const until = (isSo: () => boolean | Promise<boolean>) => vi.waitUntil(isSo, { timeout: DEADLINE_MS, interval: 5 });

/** A Runtime that is there or is not. */
async function startFickle() {
  const state = { mode: "up" as "up" | "cut" | "hang", runtimeId: LAB };
  const server = await HostileServer.start({
    http(_, response) {
      if (state.mode === "cut") response.socket?.destroy();
      if (state.mode === "up") json(response, 200, runtimeBody(state.runtimeId));
    },
  });
  return { state, server };
}

describe("a Runtime that is away", () => {
  test("is there by itself as soon as it answers, and was seen then", async () => {
    const { state, server } = await startFickle();
    await using _server = server;
    state.mode = "cut";
    await using remote = remoteClient(`http://127.0.0.1:${server.port}`, { holdOffMs: 20 });
    expect(await problemCode(remote.detail())).toBe("runtime_network_failed");
    expect(remote.lastSeen?.()).toEqual({ displayName: "The lab", seenTs: null, maxWorkers: 0 });
    state.mode = "up";
    await until(async () => (await problemCode(remote.detail())) === null);
    expect(remote.lastSeen?.()).toMatchObject({ displayName: "The lab", seenTs: expect.any(Number) as number });
    const seen = remote.lastSeen?.().seenTs;
    state.mode = "cut";
    expect(await problemCode(remote.detail())).toBe("runtime_network_failed");
    expect(remote.lastSeen?.().seenTs).toBe(seen);
  });

  test("and hangs costs its time-out once, not at every question", async () => {
    const { state, server } = await startFickle();
    await using _server = server;
    state.mode = "hang";
    const clock = new ManualClock();
    const limits = { requestTimeoutMs: 100, holdOffMs: 60_000 };
    await using remote = remoteClient(`http://127.0.0.1:${server.port}`, limits, TOKEN, clock);
    const ask = () => [remote.detail(), remote.capabilities(), remote.listWorkers()].map((call) => problemCode(call));
    const late = ["runtime_timeout", "runtime_timeout", "runtime_timeout"];
    const first = Promise.all(ask());
    // Who asks for the Runtime's own account while it is being read gets the same one.
    await until(() => server.asked.length === 2);
    await clock.advance(limits.requestTimeoutMs);
    expect(await first).toEqual(late);
    const { length } = server.asked;
    expect(await Promise.all(ask())).toEqual(late);
    expect(server.asked).toHaveLength(length);
  });

  test("and is back is given a message, whatever becomes of a question from before", async () => {
    const { state, server } = await startFickle();
    await using _server = server;
    state.mode = "hang";
    const clock = new ManualClock();
    const limits = { requestTimeoutMs: 500 };
    await using remote = remoteClient(`http://127.0.0.1:${server.port}`, limits, TOKEN, clock);
    const before = problemCode(remote.detail());
    await until(() => server.asked.length > 0);
    state.mode = "up";
    const sent = problemCode(remote.sendInput(COMPANION, { content: "for the lab" }));
    await clock.advance(limits.requestTimeoutMs);
    await sent;
    expect(server.asked).toContain(`/v1/workers/${COMPANION}/input`);
    expect(await before).toBe("runtime_timeout");
  });

  test("and comes back as another is not given a message", async () => {
    const { state, server } = await startFickle();
    await using _server = server;
    await using remote = remoteClient(`http://127.0.0.1:${server.port}`, { holdOffMs: 0 });
    await remote.detail();
    state.mode = "cut";
    expect(await problemCode(remote.getWorker(COMPANION))).toBe("runtime_network_failed");
    Object.assign(state, { mode: "up", runtimeId: "another" });
    expect(await problemCode(remote.sendInput(COMPANION, { content: "for the lab" }))).toBe("runtime_wrong_identity");
    expect(await problemCode(remote.stopWorker(COMPANION))).toBe("runtime_wrong_identity");
    expect(server.asked.filter((target) => target !== "/v1/runtime" && !target.endsWith("/companion"))).toEqual([]);
  });
});

describe("a Runtime that breaks off before it answers", () => {
  test("has been given the message once, over a new connection as over a used one", async () => {
    await using server = await HostileServer.start({
      http(request, response) {
        // What was sent is taken whole, as by a Runtime that ends between taking a message and saying so.
        request.on("data", () => {});
        request.on("end", () => {
          if (request.method === "GET") json(response, 200, runtimeBody(LAB));
          else response.socket?.destroy();
        });
      },
    });
    await using remote = remoteClient(`http://127.0.0.1:${server.port}`);
    const input = `/v1/workers/${COMPANION}/input`;
    const given = () => server.asked.filter((target) => target === input).length;
    await remote.detail();
    expect(await problemCode(remote.sendInput(COMPANION, { content: "over a used one" }))).toBe(
      "runtime_network_failed",
    );
    expect(given()).toBe(1);
    const [first, second] = await Promise.all(
      ["one of two", "the other"].map((content) => problemCode(remote.sendInput(COMPANION, { content }))),
    );
    expect([first, second]).toEqual(["runtime_network_failed", "runtime_network_failed"]);
    expect(given()).toBe(3);
  });
});

/** A viewer of a Worker behind a link that a test breaks. */
async function openScene(limits: Partial<RemoteLimits> = {}) {
  const elsewhere = await openRuntimeFixture({ runtimeId: LAB });
  const workerId = await ensureCompanion(elsewhere.runtime);
  const served = await serveRuntime(elsewhere.runtime);
  const proxy = await TcpProxy.start(served.port);
  const remote: Runtime = remoteClient(proxy.url, limits, served.token);
  const embedded = await openRuntimeFixture();
  const companion = { runtime_id: embedded.runtime.runtimeId, worker_id: await ensureCompanion(embedded.runtime) };
  const backend = createBackend({
    workspace: { id: "workspace", displayName: "Workspace" },
    runtimes: [embedded.runtime, remote],
    companion,
    cursorSecret: new Uint8Array(32),
    limits: { ...DEFAULT_BACKEND_LIMITS, upstreamMinBackoffMs: 5, upstreamMaxBackoffMs: 50 },
    host: { os: "linux", arch: "x64" },
    clock: systemClock,
    random: systemRandom,
  });
  const socket = new FakeSocket();
  backend.observe(
    { runtime_id: remote.runtimeId, worker_id: workerId },
    { heartbeat: true, rights: FULL_RIGHTS },
    socket,
  );
  await until(() => socket.texts.length > 0);
  const seen = () => socket.events.map(({ payload }) => Event.parse(payload).event);
  return {
    proxy,
    socket,
    seen,
    upstream: () => {
      const newest = socket.frames.findLast(({ kind }) => kind === "heartbeat");
      return newest?.kind === "heartbeat" ? newest.upstream?.problem : undefined;
    },
    /** Whether the viewer has heard that something keeps the Runtime away, though it may be back. */
    hasHeardOfTrouble: () => socket.frames.some((frame) => frame.kind === "heartbeat" && frame.upstream !== undefined),
    /** An exchange, on the Runtime's own side. */
    async say(content: string) {
      await elsewhere.runtime.sendInput(workerId, { content });
      await settle();
    },
    /** What the Worker published, by name. */
    published: async () =>
      (await readLog({ runtime: elsewhere.runtime, settle, workerId })).map(
        ({ payload }) => Event.parse(JSON.parse(payload)).event,
      ),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
      await embedded[Symbol.asyncDispose]();
    },
  };
}

describe("a viewer of a Worker elsewhere", () => {
  const snapshot = ["snapshot"];

  test("misses nothing and sees nothing twice while the link is reset again and again", async () => {
    await using scene = await openScene();
    for (let round = 0; round < 8; round += 1) {
      await scene.say(`message ${round}`);
      scene.proxy.reset();
      if (round % 2 === 1) await settle();
    }
    const published = await scene.published();
    await until(() => scene.seen().length >= published.length + 1);
    expect(scene.seen()).toEqual([...snapshot, ...published]);
    expect(scene.socket.closeCode).toBe(null);
  });

  test("is told what keeps the Runtime away while the link is half open, and goes on when it heals", async () => {
    // Longer than this process may stand still: whoever is heard then is not silent.
    await using scene = await openScene({ pingIntervalMs: 100, silenceTimeoutMs: 2_500 });
    await scene.say("one");
    await until(() => scene.seen().at(-1) === "status");
    scene.proxy.accept({ kind: "swallow", directions: ["to_client", "to_server"] });
    scene.proxy.swallow();
    await until(() => scene.upstream() === "runtime_timeout");
    await scene.say("two");
    expect(scene.socket.closeCode).toBe(null);
    scene.proxy.resume();
    await until(() => scene.upstream() === undefined);
    const published = await scene.published();
    await until(() => scene.seen().length >= published.length + 1);
    expect(scene.seen()).toEqual([...snapshot, ...published]);
  });

  test.each([1, 40, 160, 300, 700, 1_500])(
    "misses nothing when every link is cut after %d bytes for a while",
    async (afterBytes) => {
      await using scene = await openScene();
      scene.proxy.accept({ kind: "cut", afterBytes });
      scene.proxy.reset();
      await scene.say("one");
      await until(() => scene.hasHeardOfTrouble());
      await scene.say("two");
      scene.proxy.resume();
      const published = await scene.published();
      await until(() => scene.seen().length >= published.length + 1);
      expect(scene.seen()).toEqual([...snapshot, ...published]);
    },
  );
});
