/** What the operator of a Runtime process can see of it: whether it is there, its figures, its log. */
import { expect, test } from "vitest";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { seriesOf } from "../support/figures.ts";
import { serveRuntime } from "../support/runtime-server.ts";

allowProcesses();

const TOKEN = "canary-token-of-this-test";
const WORKER = "worker-00000001";
const AUTHORIZED = { Authorization: `Bearer ${TOKEN}` };
const ROUTE = "/v1/workers/:worker_id";

test("/healthz and /readyz need no token, /metrics does, and none of them says more than it should", async () => {
  await using runtime = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: TOKEN } });
  const url = await runtime.url();
  for (const [path, status] of [
    ["/healthz", "ok"],
    ["/readyz", "ready"],
  ] as const) {
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toEqual([200, { status }]);
  }
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
  const figures = await fetch(`${url}/metrics`, { headers: AUTHORIZED });
  expect([figures.status, figures.headers.get("Content-Type"), figures.headers.get("Cache-Control")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    "no-store",
  ]);
  expect(await figures.text()).not.toContain("canary");
});

test("/readyz answers 503 with the reason where the Runtime has been stopped, and /healthz goes on", async () => {
  await using server = await serveRuntime();
  expect((await server.request("GET", "/readyz")).status).toBe(200);
  await server.runtime[Symbol.asyncDispose]();
  const answer = await server.request("GET", "/readyz");
  expect([answer.status, answer.body]).toMatchObject([503, { error: { code: "runtime_unavailable" } }]);
  expect((await server.request("GET", "/healthz")).status).toBe(200);
});

test("/metrics counts runs, requests, the store and observers", async () => {
  await using runtime = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: TOKEN } });
  const url = await runtime.url();
  const post = async (path: string, body: unknown) => {
    const headers = { "Content-Type": "application/json", ...AUTHORIZED };
    return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const read = async () => seriesOf(await (await fetch(`${url}/metrics`, { headers: AUTHORIZED })).text());
  await post("/v1/workers", { profile: { kind: "runtime_default" } });
  await using observer = await new RuntimeObserver(url, WORKER, { headers: AUTHORIZED }).open();
  await observer.until(({ names }) => names.includes("snapshot"), "the snapshot");
  await post(`/v1/workers/${WORKER}/input`, { kind: "user", content: "Hello" });
  await observer.until(({ names }) => names.includes("run_end"), "the run's end");
  await using lost = await new RuntimeObserver(url, WORKER, { cursor: "nonsense", headers: AUTHORIZED }).open();
  await lost.end();
  await fetch(`${url}/nowhere`, { headers: AUTHORIZED });

  const figures = await read();
  expect(figures.get("yoi_runs_active")).toBe(0);
  expect(figures.get('yoi_runs_total{end="finished"}')).toBe(1);
  expect(figures.get("yoi_run_first_token_seconds_count")).toBe(1);
  expect(figures.get("yoi_run_duration_seconds_count")).toBe(1);
  expect(figures.get("yoi_store_append_seconds_count")).toBeGreaterThan(0);
  expect(figures.get("yoi_observers")).toBe(1);
  expect(figures.get('yoi_observer_ends_total{code="cursor_malformed"}')).toBe(1);
  expect(figures.get(`yoi_requests_total{method="POST",route="${ROUTE}/input",status="200"}`)).toBe(1);
  expect(figures.get(`yoi_requests_total{method="GET",route="${ROUTE}/events/ws",status="101"}`)).toBe(2);
  expect(figures.get('yoi_requests_total{method="GET",route="none",status="404"}')).toBe(1);
  expect(figures.get("process_start_time_seconds")).toBeGreaterThan(1_700_000_000);
});

test("each request is logged by its route with the id that its sender gave it, or one of its own", async () => {
  await using runtime = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: TOKEN, YOI_LOG_LEVEL: "debug" } });
  const url = await runtime.url();
  const named = await fetch(`${url}/v1/workers/pathcanary`, {
    headers: { ...AUTHORIZED, "X-Request-Id": "given-request-id" },
  });
  const unnamed = await fetch(`${url}/v1/runtime?querycanary`, { headers: { ...AUTHORIZED, "X-Request-Id": "no id" } });
  expect(named.headers.get("X-Request-Id")).toBe("given-request-id");
  expect(unnamed.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{16}$/);
  expect(await runtime.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  const lines = runtime.output
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
  expect(lines.filter(({ request_id }) => request_id !== undefined)).toMatchObject([
    {
      level: "WARN",
      message: "A request failed",
      request_id: "given-request-id",
      method: "GET",
      route: ROUTE,
      status: 404,
      code: "worker_not_found",
    },
    { level: "DEBUG", request_id: unnamed.headers.get("X-Request-Id"), route: "/v1/runtime", status: 200 },
  ]);
  expect(runtime.output).not.toContain("canary");
});
