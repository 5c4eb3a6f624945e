/**
 * Traces of real processes: from a click to the provider, over both hops, as a collector gets them. The server runs on the
 * engine of the tests, the Runtime on the other one, each with our own exporter; and on Deno also both with Deno's.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WorkerRef } from "../../protocol/id.ts";
import { formatTraceparent } from "../../runtime/tracing/trace-context.ts";
import { Collector, type CollectedSpan } from "../support/collector.ts";
import { canariesIn } from "../support/leak-scan.ts";
import { LeakyProvider } from "../support/leaky-provider.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { RemoteWorkspace } from "../support/remote-workspace.ts";
import { ENGINES } from "../support/runtime-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess, testEngine, type Engine } from "../support/server-process.ts";
import { DEADLINE_MS } from "../support/within.ts";
import { workerPath, WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

const CLICK = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", isSampled: true };
const KEY = "plainkeycanary";
const WORDS = "wordcanary";
const COLLECTOR_KEY = "collectorkeycanary";
const INPUT = "/workers/:worker_id/input";
const FROM_CLICK_TO_PROVIDER = [
  "click",
  `workspace: POST /api/runtimes/:runtime_id${INPUT}`,
  `workspace: POST /v1${INPUT}`,
  `runtime: POST /v1${INPUT}`,
  "runtime: runtime send_input",
  "runtime: invoke_agent",
  "runtime: chat model-of-the-test",
];
const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;

/** Sends a message as the page does, and waits for its answer. */
async function click(client: WorkspaceClient, ref: WorkerRef, content: string, traceparent: string) {
  await using observer = client.observe(ref);
  await observer.snapshot();
  const body = JSON.stringify({ content, submission_id: `s-${content.length}` });
  const headers = { "Content-Type": "application/json", traceparent };
  const answer = await client.request(`${workerPath(ref)}/input`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
  await observer.idle();
  return answer;
}

/** The way from the click to a span, by the parents, as `service: name`. */
function pathTo(spans: readonly CollectedSpan[], last: CollectedSpan): readonly string[] {
  const path: string[] = [];
  for (let at: CollectedSpan | undefined = last; at !== undefined;) {
    path.unshift(`${at.service}: ${at.name}`);
    const { parentSpanId }: CollectedSpan = at;
    if (parentSpanId === CLICK.spanId) return ["click", ...path];
    at = spans.find(({ spanId }) => spanId === parentSpanId);
  }
  return path;
}

interface Scene extends AsyncDisposable {
  readonly collector: Collector;
  readonly provider: LeakyProvider;
  readonly site: RemoteSite;
  readonly workspace: RemoteWorkspace;
}

async function setScene(
  serverEngine: Engine,
  runtimeEngine: Engine,
  extra: Readonly<Record<string, string>>,
): Promise<Scene> {
  const collector = await Collector.start();
  const provider = await LeakyProvider.start();
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${COLLECTOR_KEY}`,
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: `http://127.0.0.1:${provider.port}/v1`,
    OPENAI_MODEL: "model-of-the-test",
    ...extra,
  };
  const site = await RemoteSite.start({
    id: "lab",
    engine: runtimeEngine,
    environment: { ...environment, OTEL_SERVICE_NAME: "runtime", YOI_LOG_LEVEL: "info" },
  });
  const workspace = await RemoteWorkspace.start({
    sites: [site],
    engine: serverEngine,
    environment: { ...environment, OTEL_SERVICE_NAME: "workspace", YOI_LOG_LEVEL: "info" },
  });
  return {
    collector,
    provider,
    site,
    workspace,
    async [Symbol.asyncDispose]() {
      for (const one of [workspace, site, provider, collector]) await one[Symbol.asyncDispose]();
    },
  };
}

const ofClick = ({ traceId }: CollectedSpan) => traceId === CLICK.traceId;
const isChat = (span: CollectedSpan) => ofClick(span) && span.name.startsWith("chat ");

describe("with a collector", () => {
  let scene: Scene;
  let ref: WorkerRef;
  let spans: readonly CollectedSpan[];
  beforeAll(async () => {
    scene = await setScene(testEngine, otherEngine(testEngine), {});
    const { client } = scene.workspace;
    ref = await client.createWorker(scene.site.path);
    await click(client, ref, `Say ${WORDS}`, formatTraceparent(CLICK));
    const isInput = ({ name, service }: CollectedSpan) =>
      service === "workspace" && name.endsWith(`/api/runtimes/:runtime_id${INPUT}`);
    await scene.collector.until(
      "both ends of the trace",
      (all) => all.some(isChat) && all.some(isInput) && all.some(({ name }) => name === "invoke_agent"),
    );
    spans = scene.collector.spans.filter(ofClick);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test("a click leads to the provider's call over both hops, each span the child of the one before", () => {
    const [chat] = spans.filter(isChat);
    expect(pathTo(spans, chat!)).toEqual(FROM_CLICK_TO_PROVIDER);
    const countOf = (kind: number) => spans.filter((span) => span.kind === kind).length;
    expect([INTERNAL, SERVER, CLIENT].map(countOf)).toEqual([2, 2, 2]);
    expect(spans.filter(({ hasFailed }) => hasFailed)).toEqual([]);
  });

  test("the spans say who, what and how it ended, by the conventions' names", () => {
    const of = (service: string, start: string) =>
      spans.find((span) => span.service === service && span.name.startsWith(start))?.attributes;
    expect(of("workspace", "POST /api")).toMatchObject({
      "http.request.method": "POST",
      "http.route": `/api/runtimes/:runtime_id${INPUT}`,
      "http.response.status_code": 200,
      "yoi.runtime.id": "lab",
      "yoi.worker.id": ref.worker_id,
    });
    expect(of("workspace", "POST /v1")).toMatchObject({
      "url.template": `/v1${INPUT}`,
      "http.response.status_code": 200,
    });
    expect(of("runtime", "POST /v1")).toMatchObject({
      "yoi.request.id": of("workspace", "POST /api")?.["yoi.request.id"],
    });
    expect(of("runtime", "invoke_agent")).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.conversation.id": `lab/${ref.worker_id}`,
      "yoi.submission.id": `s-${`Say ${WORDS}`.length}`,
      "yoi.run.end": "finished",
    });
    expect(of("runtime", "chat")).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "model-of-the-test",
      "server.address": "127.0.0.1",
      "server.port": scene.provider.port,
      "http.response.status_code": 200,
      "yoi.attempt": 1,
    });
    expect(spans.find(isChat)?.events.map(({ name }) => name)).toEqual(["gen_ai.first_token"]);
  });

  test("one request id and one trace id go through both logs, and on to the run", () => {
    const linesOf = (text: string) =>
      text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
    const [command] = linesOf(scene.workspace.server.stderr).filter(({ route }) => String(route).endsWith("/input"));
    const run = linesOf(scene.site.output).filter(({ message }) => String(message).startsWith("A run "));
    expect(command).toMatchObject({ trace_id: CLICK.traceId });
    expect(run.map(({ request_id, trace_id }) => [request_id, trace_id])).toEqual([
      [command?.["request_id"], CLICK.traceId],
      [command?.["request_id"], CLICK.traceId],
    ]);
  });

  test("the provider is told nothing of it, and the collector gets no words, no key and no token", () => {
    expect(scene.provider.traceparents).toEqual([undefined]);
    const secrets = [KEY, WORDS, COLLECTOR_KEY, scene.site.token, "An answer", "wo_0", "bo_"];
    expect(canariesIn(scene.collector.text, secrets)).toEqual([]);
    expect(canariesIn(JSON.stringify({ KEY, WORDS }), secrets)).toEqual([KEY, WORDS]);
    expect(scene.collector.headers.map((headers) => headers["x-collector-key"])).toContain(COLLECTOR_KEY);
    expect(canariesIn(scene.workspace.server.output + scene.site.output, [COLLECTOR_KEY])).toEqual([]);
  });

  test("a viewer's way in is one span, with what it had missed, and ends there", async () => {
    const { client } = scene.workspace;
    await using first = client.observe(ref);
    await first.snapshot();
    const { cursor } = first;
    await click(client, ref, "Again", formatTraceparent({ ...CLICK, traceId: "1".repeat(32) }));
    await first.idle();
    await using back = client.observe(ref, { cursor });
    await back.idle();
    const joins = ({ name }: CollectedSpan) => name === "yoi.viewer.join";
    const hasResumed = ({ attributes }: CollectedSpan) => attributes["yoi.resume.kind"] === "resumed";
    await scene.collector.until("a resumed viewer", (all) => all.some((span) => joins(span) && hasResumed(span)));
    const join = scene.collector.spans.find((span) => joins(span) && hasResumed(span));
    expect(join?.attributes).toMatchObject({
      "yoi.runtime.id": "lab",
      "yoi.worker.id": ref.worker_id,
      "yoi.replay.frames": first.frames.filter(({ kind }) => kind === "event").length - 1,
    });
    const request = scene.collector.spans.find(({ spanId }) => spanId === join?.parentSpanId);
    expect(request?.name).toBe("GET /api/runtimes/:runtime_id/workers/:worker_id/events/ws");
  });

  test("a server that is asked to end hands over what it has", async () => {
    const { client, server } = scene.workspace;
    const traceId = "2".repeat(32);
    await client.get("/api/workers", { traceparent: formatTraceparent({ ...CLICK, traceId }) });
    expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    const last = scene.collector.spans.filter((span) => span.traceId === traceId && span.parentSpanId === CLICK.spanId);
    expect(last.map(({ name }) => name)).toEqual(["GET /api/workers"]);
  });
});

test("the embedded Runtime's run is the click's too, and the provider is told where that is wished", async () => {
  await using collector = await Collector.start();
  await using provider = await LeakyProvider.start();
  await using server = await ServerProcess.start({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: "workspace",
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `http://127.0.0.1:${provider.port}/v1`,
      YOI_TRACE_PROVIDER: "yes",
    },
  });
  const client = new WorkspaceClient(server.url);
  await click(client, await client.createWorker(), "Please: status 401", formatTraceparent(CLICK));
  await collector.until("the run", (all) => all.some(({ name }) => name === "invoke_agent"));
  const chat = collector.spans.find(isChat)!;
  expect(pathTo(collector.spans, chat)).toEqual([
    "click",
    `workspace: POST /api/runtimes/:runtime_id${INPUT}`,
    "workspace: runtime send_input",
    "workspace: invoke_agent",
    "workspace: chat gpt-5-mini",
  ]);
  expect([chat.hasFailed, chat.attributes["error.type"], chat.attributes["http.response.status_code"]]).toEqual([
    true,
    "provider_auth_failed",
    401,
  ]);
  expect(provider.traceparents).toEqual([formatTraceparent({ ...CLICK, spanId: chat.spanId })]);
});

test("whom nobody trusts does not decide what is recorded", async () => {
  await using collector = await Collector.start();
  await using server = await ServerProcess.start({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: "parentbased_always_off" },
  });
  await new WorkspaceClient(server.url).get("/api/workers", { traceparent: formatTraceparent(CLICK) });
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(collector.spans).toEqual([]);
});

test("a collector that refuses costs spans, which are counted, and nothing else", async () => {
  await using collector = await Collector.start();
  collector.status = 400;
  await using server = await ServerProcess.start({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, YOI_LOG_LEVEL: "warning" },
  });
  const client = new WorkspaceClient(server.url);
  await client.get("/api/workers");
  await collector.until("a hand-over", () => collector.headers.length > 0);
  await expect
    .poll(async () => (await client.get("/metrics")).text, { timeout: DEADLINE_MS })
    .toContain('yoi_trace_spans_total{result="dropped"} 1');
  expect((await client.get("/api/workers")).status).toBe(200);
  expect(server.stderr).toContain("Traces can't be handed over");
});

test("a wrong variable stops the start with its name and without its value", async () => {
  await using server = ServerProcess.spawn({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc-canary" },
  });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.stderr).toBe(
    "Cannot start: OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json, the one that is spoken here.\n",
  );
});

describe.each(ENGINES.filter((engine) => engine === "deno"))("with the exporter of %s itself", (engine) => {
  test("the trace is the same, with Deno's own span of what the server asks the Runtime, and the provider is told nothing", async () => {
    await using scene = await setScene(engine, engine, {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    });
    const { collector, provider, site, workspace } = scene;
    const ref = await workspace.client.createWorker(site.path);
    await click(workspace.client, ref, `Say ${WORDS}`, formatTraceparent(CLICK));
    const isRun = (span: CollectedSpan) => ofClick(span) && span.name === "invoke_agent";
    await collector.until(
      "the trace",
      (all) =>
        all.some(isChat) && all.some(isRun) && all.some((span) => ofClick(span) && span.parentSpanId === CLICK.spanId),
    );
    const path = pathTo(collector.spans, collector.spans.find(isChat)!);
    expect(path).toEqual(FROM_CLICK_TO_PROVIDER.toSpliced(3, 0, "workspace: POST"));
    expect(provider.traceparents).toEqual([undefined]);
    expect(canariesIn(collector.text, [KEY, WORDS, site.token, COLLECTOR_KEY, "An answer"])).toEqual([]);
  });
});
