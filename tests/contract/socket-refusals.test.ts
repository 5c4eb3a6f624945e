import { beforeAll, describe, expect, test } from "vitest";
import type { WorkerRef } from "../../protocol/id.ts";
import { ProblemBody } from "../../protocol/problem.ts";
import { observationPath } from "../support/observer.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { problemOf } from "../support/workspace-client.ts";

const workspace = serveWorkspace();

const OVERSIZED = 65 * 1024;

test.each([
  ["text", "{}"],
  ["empty text", ""],
  ["what looks like a command", '{"method":"cancel"}'],
  ["binary", new Uint8Array([1, 2, 3])],
  ["a large one", "x".repeat(60_000)],
])("a frame from a viewer (%s) ends its socket and no other", async (_what, data) => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using sender = client.observe(ref);
  await using other = client.observe(ref);
  await Promise.all([sender.snapshot(), other.snapshot()]);
  sender.send(data);
  expect(await sender.end()).toEqual({
    code: 4403,
    reason: "observation_only",
    diagnostic: {
      code: "backend.observation_only",
      message: "This socket takes no frames; commands go by POST.",
      problem: "observation_only",
    },
  });
  await client.send(ref, "/demo burst");
  await other.idle();
  expect(other.diagnostic).toBeUndefined();
  expect(sender.names).toEqual(["snapshot"]);
});

test("a frame past the bound ends its socket and no other", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using sender = client.observe(ref);
  await using other = client.observe(ref);
  await Promise.all([sender.snapshot(), other.snapshot()]);
  sender.send("x".repeat(OVERSIZED));
  expect((await sender.end()).code).toBe(1009);
  await client.send(ref, "/demo burst");
  await other.idle();
  expect(other.diagnostic).toBeUndefined();
});

test("a viewer that sends before it has read anything is refused all the same", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  // "{}", and the goodbye that lets the server close at once.
  const frames = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x7b, 0x7d, 0x88, 0x80, 0, 0, 0, 0]);
  const head = Buffer.from(requestHead("GET", observationPath(ref), WEBSOCKET_HEADERS));
  const answer = await sendRaw(workspace.server.port, Buffer.concat([head, frames]));
  expect(answer.status).toBe(101);
  expect(answer.body).toContain('"problem":"observation_only"');
});

// --- before the upgrade --------------------------------------------------------------------------------------------------

test.each([
  ["an unknown Worker", "/api/runtimes/backend-internal/workers/nobody/events/ws", 404, "worker_not_found"],
  ["an unknown Runtime", "/api/runtimes/nobody/workers/companion/events/ws", 404, "runtime_not_found"],
  ["a malformed id", "/api/runtimes/backend-internal/workers/a.b/events/ws", 400, "invalid_id"],
  ["another route", "/api/runtimes/backend-internal/workers/companion/events", 404, "route_not_found"],
])("an upgrade for %s is answered over HTTP", async (_what, path, status, code) => {
  const answer = await sendRaw(workspace.server.port, requestHead("GET", path, WEBSOCKET_HEADERS));
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(ProblemBody.parse(JSON.parse(answer.body)).code).toBe(code);
});

test("a plain GET is told that it needs an upgrade, by everyone who sends one", async () => {
  const path = "/api/runtimes/backend-internal/workers/companion/events/ws";
  const answer = await workspace.client.get(path);
  expect(problemOf(answer)).toMatchObject({
    status: 426,
    code: "websocket_upgrade_required",
    title: "A WebSocket upgrade is required",
    detail: "Upgrade: expected websocket.",
  });
  expect(answer.headers.get("Upgrade")).toBe("websocket");
  expect(problemOf(await workspace.client.get(`${path}?cursor=nonsense`))).toMatchObject({ status: 426 });
});

test.each([
  ["another protocol", { Upgrade: "h2c" }],
  ["no Connection", { Connection: "close" }],
  ["no version", { "Sec-WebSocket-Version": "" }],
  ["an old version", { "Sec-WebSocket-Version": "8" }],
  ["no key", { "Sec-WebSocket-Key": "" }],
  ["half a key", { "Sec-WebSocket-Key": "dGhl" }],
])("a handshake with %s is 426", async (_what, headers) => {
  const path = "/api/runtimes/backend-internal/workers/companion/events/ws";
  const answer = await sendRaw(workspace.server.port, requestHead("GET", path, { ...WEBSOCKET_HEADERS, ...headers }));
  expect(answer.status).toBe(426);
  expect(ProblemBody.parse(JSON.parse(answer.body)).detail).toMatch(/: expected /);
});

describe.each(["websocket", "h2c", "TLS/1.3", "nonsense"])("an Upgrade to %s where none is offered", (protocol) => {
  const headers = { Connection: "Upgrade", Upgrade: protocol };

  test("is not taken up, and the request is answered", async () => {
    const answer = await sendRaw(
      workspace.server.port,
      requestHead("GET", "/healthz", { ...WEBSOCKET_HEADERS, ...headers }),
    );
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
  });
});

test("a long answer is no more gathered for who asks for an upgrade than for others", async () => {
  const path = "/api/runtimes/backend-internal/workers/companion/export";
  const headers = { ...WEBSOCKET_HEADERS, Connection: "Upgrade, close" };
  const answer = await sendRaw(workspace.server.port, requestHead("GET", path, headers));
  expect([answer.status, answer.headers.get("content-length")]).toEqual([200, undefined]);
  expect(answer.body).toContain('"format"');
});

// --- commands ------------------------------------------------------------------------------------------------------------

describe("a Worker that was stopped", () => {
  let ref: WorkerRef;
  beforeAll(async () => {
    ref = await workspace.client.createWorker();
    await workspace.client.post(`/api/runtimes/${ref.runtime_id}/workers/${ref.worker_id}/stop`, {});
  });

  test("is still observed, as one that has ended", async () => {
    await using observer = workspace.client.observe(ref);
    await observer.snapshot();
    expect(observer.transcript).toMatchObject({ shut_down: true, status: "idle" });
  });
});

test("after all of this the server has printed no failure", () => {
  expect(workspace.server.output).not.toMatch(/\bat .*:\d+:\d+/);
});
