/** What a browser is shown of a Runtime elsewhere that fails: the reason, and nothing of where it is or what it said. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { RuntimeSummary } from "../../protocol/backend-api.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { ProblemBody, problemRow } from "../../protocol/problem.ts";
import { problemHandler } from "../../routes/problem.ts";
import { runtimeRoutes } from "../../routes/runtimes.ts";
import { workerRoutes } from "../../routes/workers.ts";
import { systemClock, systemRandom } from "../../runtime/clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { createBackend } from "../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { FULL_RIGHTS } from "../../server/access/viewer-policy.ts";
import { canariesIn } from "../support/leak-scan.ts";
import { remoteClient, TOKEN } from "../support/remote-client.ts";
import { CANARY, HTTP_FAILURES, LAB, SOCKET_FAILURES, timeoutsFor, WORKER } from "../support/remote-failures.ts";
import { FakeSocket } from "../support/relay-fixture.ts";
import { COMPANION, ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { withRights } from "../support/viewer-rights.ts";
import { DEADLINE_MS } from "../support/within.ts";

const ref = { runtime_id: RuntimeId.parse(LAB), worker_id: WorkerId.parse(WORKER) };
const worker = `/api/runtimes/${LAB}/workers/${WORKER}`;
const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** The Backend's API over an embedded Runtime and a remote one. */
async function openApp(remote: Runtime) {
  const fixture = await openRuntimeFixture();
  await ensureCompanion(fixture.runtime);
  const backend = createBackend({
    workspace: { id: "workspace", displayName: "Workspace" },
    runtimes: [fixture.runtime, remote],
    companion: { runtime_id: fixture.runtime.runtimeId, worker_id: COMPANION },
    cursorSecret: new Uint8Array(32),
    limits: { ...DEFAULT_BACKEND_LIMITS, runtimeTimeoutMs: DEADLINE_MS },
    host: { os: "linux", arch: "x64" },
    clock: systemClock,
    random: systemRandom,
  });
  const logged: unknown[] = [];
  const app = new Hono()
    .onError(problemHandler({ onUnexpected: (error) => logged.push(error), renderPage: () => "" }))
    .route("/", runtimeRoutes(backend))
    .route("/", withRights(workerRoutes(backend, { maxRecords: 200 })));
  return {
    app,
    backend,
    logged,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

async function everyAnswer(app: Hono): Promise<readonly { path: string; status: number; text: string }[]> {
  const requests: readonly (readonly [string, RequestInit?])[] = [
    ["/api/workspace"],
    ["/api/hosts"],
    ["/api/runtimes"],
    [`/api/runtimes/${LAB}`],
    ["/api/workers"],
    [`/api/runtimes/${LAB}/workers`],
    [worker],
    [`${worker}/transcript`],
    [`${worker}/entries`],
    [`/api/runtimes/${LAB}/config-bundles/b/availability?digest=${"0".repeat(64)}`],
    [`/api/runtimes/${LAB}/workers`, post({})],
    [`${worker}/input`, post({ content: "hi" })],
    [`${worker}/stop`, post({})],
    [`${worker}/cancel`, post({})],
  ];
  return Promise.all(
    requests.map(async ([path, init]) => {
      const response = await app.request(path, init);
      const headers = JSON.stringify([...response.headers]);
      return { path, status: response.status, text: `${headers}\n${await response.text()}` };
    }),
  );
}

/** What a viewer is sent until its socket is closed. */
async function everyFrame(backend: Awaited<ReturnType<typeof openApp>>["backend"]): Promise<string> {
  const socket = new FakeSocket();
  backend.observe(ref, { heartbeat: true, rights: FULL_RIGHTS }, socket);
  if (!socket.closed.aborted) {
    await new Promise((resolve) => socket.closed.addEventListener("abort", resolve, { once: true }));
  }
  return `${socket.texts.join("\n")}\n${socket.closeCode} ${socket.closeReason}`;
}

const found = (text: string, secrets: readonly string[]) => canariesIn(text, [CANARY, TOKEN, "canary", ...secrets]);

describe("a browser", () => {
  test.each([...HTTP_FAILURES, ...SOCKET_FAILURES])("is told no secret of $name", async ({ place }) => {
    await using there = await place();
    await using opened = await openApp(remoteClient(there.baseUrl, { requestTimeoutMs: 300 }));
    const answers = await everyAnswer(opened.app);
    for (const { path, text } of answers) expect([path, found(text, there.secrets)]).toEqual([path, []]);
    expect(found(await everyFrame(opened.backend), there.secrets)).toEqual([]);
    expect(opened.logged).toEqual([]);
  });

  test("the search finds a secret that is there", () => {
    expect(found(`{"detail":"${TOKEN}"}`, [])).toEqual([TOKEN, "canary"]);
    expect(found('{"detail":"127.0.0.1:38800"}', ["38800"])).toEqual(["38800"]);
    expect(found('{"ts":1795238800474,"host_id":"3b38800c"}', ["38800"])).toEqual([]);
  });

  test.each(HTTP_FAILURES)("is told of $name by its code and status, and shown the rest", async ({ code, place }) => {
    await using there = await place();
    await using opened = await openApp(remoteClient(there.baseUrl, timeoutsFor(code)));
    const response = await opened.app.request(`/api/runtimes/${LAB}`);
    const summary = RuntimeSummary.parse(await response.json());
    expect(summary).toMatchObject({
      status: "unavailable",
      label: "The lab",
      diagnostics: [{ code, severity: "error" }],
    });
    expect(summary.capabilities).toMatchObject({ can_spawn_worker: false, can_accept_input: false });
    // What changes something is not sent before it is known who is there.
    const refused = await opened.app.request(`${worker}/stop`, post({}));
    const body = ProblemBody.parse(await refused.json());
    expect([refused.status, body.code]).toEqual([problemRow(code).status, code]);
    const list = await opened.app.request("/api/workers");
    expect(list.status).toBe(200);
    expect(await list.json()).toMatchObject({ items: [{ worker_id: "companion" }] });
  });
});
