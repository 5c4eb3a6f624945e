/** What a real server logs: its lines, its levels, the ids that lead from an answer to its line, and what it never says. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { WorkerRef } from "../../protocol/id.ts";
import { notFoundHandler, problemHandler } from "../../routes/problem.ts";
import { createLog, NO_LOG, stackOf, type LogFields } from "../../runtime/log.ts";
import { NO_TRACING } from "../../runtime/tracing/tracing.ts";
import { createMetrics } from "../../server/observability/metrics.ts";
import { watchRequests } from "../../runtime/rest/request-watch.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

const TOKEN = "an-access-token-of-some-length";

type Line = Readonly<Record<string, unknown>>;

const linesOf = (server: ServerProcess): readonly Line[] =>
  server.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line); // why: each line is shown to be JSON by this; its fields are compared

const said = (server: ServerProcess, message: string) => linesOf(server).filter((line) => line["message"] === message);

test("a run's start and end are logged with an id that its message's acknowledgement tells", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_DEMO_PACE: "0", YOI_LOG_LEVEL: "info" } });
  const client = new WorkspaceClient(server.url);
  const ref = await client.createWorker();
  await using observer = client.observe(ref);
  await observer.snapshot();
  const { event_id } = await client.send(ref, "Hello");
  await observer.idle();
  await server.kill();
  const run = { run_id: `${ref.worker_id}:${event_id}`, ...ref };
  expect(said(server, "A run started")).toMatchObject([{ level: "INFO", ...run }]);
  expect(said(server, "A run ended")).toMatchObject([{ level: "INFO", ...run, end: "finished" }]);
  expect(said(server, "The program has ended")).toHaveLength(1);
});

test("commands are logged at info, failures at warning, reads at debug alone, each by its route", async () => {
  for (const [level, reads] of [
    ["info", 0],
    ["debug", 1],
  ] as const) {
    await using server = await ServerProcess.start({ environment: { YOI_DEMO_PACE: "0", YOI_LOG_LEVEL: level } });
    const client = new WorkspaceClient(server.url);
    const ref = await client.createWorker();
    await client.get(workerPath(ref));
    const failed = await client.get("/api/runtimes/nobody");
    await server.kill();
    expect(said(server, "A command was answered")).toMatchObject([
      { level: "INFO", method: "POST", route: "/api/runtimes/:runtime_id/workers", status: 200 },
    ]);
    expect(said(server, "A request was answered")).toHaveLength(reads);
    expect(said(server, "A request failed")).toMatchObject([
      {
        level: "WARN",
        method: "GET",
        route: "/api/runtimes/:runtime_id",
        status: 404,
        code: "runtime_not_found",
        request_id: failed.headers.get("X-Request-Id"),
      },
    ]);
  }
});

test("a request's id is taken from a trusted proxy and from nobody else", async () => {
  const given = "given-request-id";
  for (const [proxies, isTaken] of [
    ["127.0.0.1", true],
    ["10.0.0.1", false],
  ] as const) {
    await using server = await ServerProcess.start({ environment: { YOI_TRUSTED_PROXIES: proxies } });
    const client = new WorkspaceClient(server.url);
    const answer = await client.get("/healthz", { "X-Request-Id": given });
    expect(answer.headers.get("X-Request-Id") === given).toBe(isTaken);
    const broken = await client.get("/healthz", { "X-Request-Id": 'no id "at all"' });
    expect(broken.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{16}$/);
  }
});

test("a failure that nobody expected is logged with its stack and the id that the answer names", async () => {
  const logged: { readonly id: string; readonly stack: string }[] = [];
  const rendering = {
    onUnexpected: (error: unknown, id: string) => logged.push({ id, stack: stackOf(error) }),
    renderPage: () => "",
  };
  const metrics = createMetrics({ now: () => 0 });
  const app = new Hono();
  app.onError(problemHandler(rendering));
  app.notFound(notFoundHandler(rendering));
  const random = createSeededRandom(1);
  app.use(
    watchRequests({
      log: NO_LOG,
      metrics,
      tracing: NO_TRACING,
      clock: { now: () => 0 },
      random,
      isTrusted: () => false,
    }),
  );
  app.get("/broken", () => {
    throw new Error("the-inner-word", { cause: new RangeError("the-cause") });
  });
  const answer = await app.request("/broken");
  const text = await answer.text();
  const id = answer.headers.get("X-Request-Id");
  expect(JSON.parse(text)).toMatchObject({ code: "internal", request_id: id });
  expect(text).not.toContain("the-inner-word");
  expect(logged).toMatchObject([{ id }]);
  expect(logged[0]?.stack).toMatch(/the-inner-word[\s\S]*logs\.test\.ts[\s\S]*caused by: RangeError: the-cause/);
});

test("createLog() writes lines for people in text, one event per line whatever its fields hold", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text" }, false, (line) => lines.push(line));
  const fields: LogFields = { plain: "a-word", number: 7, none: null, quoted: 'two words\n"and" more' };
  log.info("Something happened", fields);
  log.debug("Something that is not asked for");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} info Something happened plain=a-word number=7 none=null quoted="two words\\n\\"and\\" more"\n$/,
  );
});

test("the log at debug, the figures and the failures hold no secret and no word of a conversation", async () => {
  const provider = createServer((_request, response) => response.writeHead(401).end("keycanary-of-the-provider"));
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  // why: a server that listens on a port has such an address.
  const { port } = provider.address() as AddressInfo;
  try {
    await using server = await ServerProcess.start({
      environment: {
        OPENAI_API_KEY: "keycanary-of-the-provider",
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/urlcanary/v1`,
        YOI_ACCESS_TOKEN: TOKEN,
        YOI_CURSOR_SECRET: "cursorcanary-0123456789-0123456789",
        YOI_LOG_LEVEL: "debug",
      },
    });
    const ask = (path: string, headers: Readonly<Record<string, string>> = {}, body?: BodyInit) =>
      fetch(server.url + path, {
        headers: { Authorization: `Bearer ${TOKEN}`, ...headers },
        ...(body === undefined ? {} : { method: "POST", body }),
      });
    const json = { "Content-Type": "application/json" };
    const body = JSON.stringify({ content: "wordcanary" });
    const companion = WorkerRef.parse({ runtime_id: "backend-internal", worker_id: "companion" });
    const client = new WorkspaceClient(server.url);
    await using observer = client.observe(companion, { headers: { Authorization: `Bearer ${TOKEN}` } });
    await observer.snapshot();
    await ask("/api/companion/messages", json, body);
    // The message is answered before the provider is asked.
    await observer.idle();
    await ask("/login", {}, new URLSearchParams({ token: "guesscanary-of-some-length" }));
    await ask("/api/workers?querycanary=1");
    await ask("/pathcanary");
    const page = await (await ask("/pathcanary-2", { Accept: "text/html" })).text();
    const metrics = await (await ask("/metrics")).text();
    await server.kill();
    expect(said(server, "A run failed")).toMatchObject([{ level: "WARN", end: "provider_auth_failed" }]);
    expect(said(server, "A login failed")).toMatchObject([{ level: "WARN", result: "refused", address: "127.0.0.1" }]);
    expect(said(server, "A request was answered").length).toBeGreaterThan(1);
    expect(metrics).toContain('yoi_provider_errors_total{code="provider_auth_failed"} 1');
    for (const text of [server.output, metrics, page]) {
      expect(text).not.toMatch(/canary/i);
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(`:${port}`);
    }
  } finally {
    provider.close();
  }
});
