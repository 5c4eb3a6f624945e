/** The end of a real process that gives its runs time: what goes on meanwhile, what is refused, what a second signal does. */
import { expect, test } from "vitest";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { ZERO_CURSOR } from "../support/runtime-server.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { problemOf, WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

/** Longer than any test waits: whoever ends sooner has not waited for it. */
const LONG_GRACE_MS = "600000";

async function startAnswering(message: string, environment: Readonly<Record<string, string>>) {
  const server = await ServerProcess.start({ environment });
  const client = new WorkspaceClient(server.url);
  const ref = await client.createWorker();
  const observer = client.observe(ref);
  await observer.snapshot();
  await client.send(ref, message);
  await observer.until("some text", ({ names }) => names.includes("text_delta"));
  return { server, client, ref, observer };
}

test("a run that ends within the grace is answered whole, and what is new is refused meanwhile", async () => {
  const scene = await startAnswering("/demo slow", { YOI_DEMO_PACE: "0.1", YOI_SHUTDOWN_GRACE_MS: LONG_GRACE_MS });
  await using server = scene.server;
  await using observer = scene.observer;
  const { client, ref } = scene;
  let hasExited = false;
  const exit = server.kill("SIGTERM").finally(() => (hasExited = true));
  exit.catch(() => {});
  while ((await client.get("/readyz")).status === 200);

  expect(problemOf(await client.get("/readyz"))).toMatchObject({ status: 503, code: "shutting_down" });
  expect((await client.get("/healthz")).status).toBe(200);
  expect((await client.get(`${workerPath(ref)}/transcript`)).status).toBe(200);
  expect(problemOf(await client.post(`${workerPath(ref)}/input`, { content: "More" }))).toMatchObject({
    status: 503,
    code: "shutting_down",
  });
  const socket = await sendRaw(server.port, requestHead("GET", `${workerPath(ref)}/events/ws`, WEBSOCKET_HEADERS));
  expect([socket.status, (JSON.parse(socket.body) as { code: string }).code]).toEqual([503, "shutting_down"]);
  expect(problemOf(await client.get(`${workerPath(ref)}/events`))).toMatchObject({
    status: 503,
    code: "shutting_down",
  });
  expect(hasExited).toBe(false);

  expect(await exit).toEqual({ code: 0, signal: null });
  expect(await observer.end()).toMatchObject({ code: 4503, reason: "shutting_down" });
  expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished" }]);
  expect(observer.transcript).toMatchObject({ status: "idle" });
  expect(observer.frames.at(-1)?.kind).toBe("diagnostic");
});

test("a run that does not end within the grace is interrupted", async () => {
  const scene = await startAnswering("/demo stall", { YOI_DEMO_PACE: "0", YOI_SHUTDOWN_GRACE_MS: "300" });
  await using server = scene.server;
  await using observer = scene.observer;
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  await observer.end();
  expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished", cause: "interrupted" }]);
});

test("a run that does not end within the grace is left open where it is to be gone on with", async () => {
  const environment = { YOI_DEMO_PACE: "0", YOI_SHUTDOWN_GRACE_MS: "300", YOI_CONTINUE_INTERRUPTED: "yes" };
  const scene = await startAnswering("/demo stall", environment);
  await using server = scene.server;
  await using observer = scene.observer;
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(await observer.end()).toMatchObject({ code: 4503, reason: "shutting_down" });
  expect(observer.names).not.toContain("run_end");
});

test("without a run nobody waits for the grace", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_SHUTDOWN_GRACE_MS: LONG_GRACE_MS } });
  expect(await server.kill("SIGINT")).toEqual({ code: 0, signal: null });
});

test("a second signal ends the process at once", async () => {
  const scene = await startAnswering("/demo stall", { YOI_DEMO_PACE: "0", YOI_SHUTDOWN_GRACE_MS: LONG_GRACE_MS });
  await using server = scene.server;
  await using _observer = scene.observer;
  const exit = server.kill("SIGTERM");
  while ((await scene.client.get("/readyz")).status === 200);
  void server.kill("SIGINT").catch(() => {});
  expect(await exit).toEqual({ code: 1, signal: null });
});

test("the Runtime process gives its runs the grace too, and begins nothing new meanwhile", async () => {
  await using runtime = new RuntimeProcess({
    environment: { YOI_DEMO_PACE: "0.1", YOI_SHUTDOWN_GRACE_MS: LONG_GRACE_MS, YOI_LOG_LEVEL: "info" },
  });
  const url = await runtime.url();
  const post = async (path: string, body: unknown) => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };
  expect((await post("/v1/workers", { profile: { kind: "runtime_default" } })).status).toBe(200);
  await using observer = await new RuntimeObserver(url, "worker-00000001", { cursor: ZERO_CURSOR }).open();
  expect((await post("/v1/workers/worker-00000001/input", { kind: "user", content: "/demo slow" })).status).toBe(200);
  await observer.until(({ names }) => names.includes("text_delta"), "the answer to begin");
  const exit = runtime.kill("SIGTERM");
  while (!runtime.output.includes("The program is asked to end")) await fetch(`${url}/v1/runtime`);
  const refused = await post("/v1/workers", { profile: { kind: "runtime_default" } });
  expect([refused.status, (JSON.parse(refused.text) as { error: { code: string } }).error.code]).toEqual([
    503,
    "shutting_down",
  ]);
  expect(await exit).toEqual({ code: 0, signal: null });
  expect(await observer.end()).toEqual({ code: 4503, reason: "shutting_down" });
  expect(observer.names.filter((name) => name === "run_end")).toHaveLength(1);
  expect(runtime.output).toContain('"end":"finished"');
});
