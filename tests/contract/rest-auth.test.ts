/** The Runtime's token: what is let in with it and without, on every kind of request, byte by byte. */
import { describe, expect, test } from "vitest";
import wire from "../fixtures/wire/runtime-api.json" with { type: "json" };
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { serveRuntime } from "../support/runtime-server.ts";
import { shapeOf } from "../support/wire-shape.ts";

const TOKEN = "t0ken-with-Signs_.~+/=";
const WORKER = "/v1/workers/worker-00000001";
const SOCKET = `${WORKER}/events/ws`;

describe("with a token", () => {
  test.each([
    ["nothing", {}],
    ["an empty header", { Authorization: "" }],
    ["the scheme in small letters", { Authorization: `bearer ${TOKEN}` }],
    ["the scheme in capitals", { Authorization: `BEARER ${TOKEN}` }],
    ["two spaces", { Authorization: `Bearer  ${TOKEN}` }],
    ["a tab", { Authorization: `Bearer\t${TOKEN}` }],
    ["the token alone", { Authorization: TOKEN }],
    ["another scheme", { Authorization: `Basic ${TOKEN}` }],
    ["another token", { Authorization: `Bearer ${TOKEN.replace("t0", "t1")}` }],
    ["the token in capitals", { Authorization: `Bearer ${TOKEN.toUpperCase()}` }],
    ["half of it", { Authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ["more than it", { Authorization: `Bearer ${TOKEN}x` }],
    ["two of it", { Authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` }],
  ])("%s is refused on every path, and on the upgrade", async (_case, headers: Record<string, string>) => {
    await using server = await serveRuntime({ token: TOKEN });
    await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
    const requests = [
      requestHead("GET", "/v1/runtime", headers),
      requestHead("GET", "/v1/nowhere", headers),
      requestHead("DELETE", "/v1/runtime", headers),
      requestHead("POST", `${WORKER}/stop`, { "Content-Length": "0", ...headers }),
      requestHead("GET", SOCKET, { ...WEBSOCKET_HEADERS, ...headers }),
      requestHead("GET", "/v1/nowhere/ws", { ...WEBSOCKET_HEADERS, ...headers }),
    ];
    for (const bytes of requests) {
      const answer = await sendRaw(server.port, bytes);
      expect(answer.status).toBe(401);
      expect(answer.headers.has("www-authenticate")).toBe(false);
      const body: unknown = JSON.parse(answer.body);
      expect(shapeOf(body)).toEqual(shapeOf(wire.error));
      expect(body).toMatchObject({ error: { code: "unauthorized" } });
      expect(answer.body).not.toContain("t0ken");
    }
    expect((await server.runtime.listWorkers()).map(({ status }) => status)).toEqual(["running"]);
  });

  test("exactly the token is let in, on the socket too", async () => {
    await using server = await serveRuntime({ token: TOKEN });
    await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
    expect((await server.request("GET", "/v1/runtime")).status).toBe(200);
    expect((await server.request("GET", "/v1/nowhere")).status).toBe(404);
    const headers = { Authorization: `Bearer ${TOKEN}` };
    await using observer = await new RuntimeObserver(server.url, "worker-00000001", { headers }).open();
    await observer.until(({ frames }) => frames.length === 1, "the snapshot");
    expect(observer.names).toEqual(["snapshot"]);
  });
});

test("without a token the header is ignored", async () => {
  await using server = await serveRuntime();
  expect((await server.request("GET", "/v1/runtime")).status).toBe(200);
  for (const Authorization of ["Bearer whatever", "x"]) {
    expect((await server.request("GET", "/v1/runtime", undefined, { Authorization })).status).toBe(200);
  }
});

test("without a token no website comes in by a browser on the same machine", async () => {
  await using server = await serveRuntime();
  await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
  const rebound = `rebound.example:${server.port}`;
  const sites: readonly (readonly [answered: number, headers: Readonly<Record<string, string>>])[] = [
    [403, { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" }],
    [403, { Origin: "null" }],
    [403, { "Sec-Fetch-Site": "cross-site" }],
    [421, { Host: rebound }],
    [421, { Host: rebound, Origin: `http://${rebound}` }],
  ];
  for (const [answered, headers] of sites) {
    for (const bytes of [
      requestHead("GET", "/v1/workers", headers),
      requestHead("POST", `${WORKER}/stop`, { "Content-Length": "0", ...headers }),
      requestHead("GET", SOCKET, { ...WEBSOCKET_HEADERS, ...headers }),
    ]) {
      expect([bytes, (await sendRaw(server.port, bytes)).status]).toEqual([bytes, answered]);
    }
  }
  expect((await server.runtime.listWorkers()).map(({ status }) => status)).toEqual(["running"]);
});
