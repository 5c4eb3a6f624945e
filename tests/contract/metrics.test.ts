/** The server's figures: their text, what moves them, who may read them, and the table that explains them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import { measuredStore } from "../../runtime/store/measured.ts";
import { createMetrics } from "../../server/observability/metrics.ts";
import { createProcessMetrics } from "../../runtime/metrics/process-metrics.ts";
import { createRuntimeMetrics } from "../../runtime/rest/runtime-metrics.ts";
import { Counter, Histogram, renderMetrics } from "../../runtime/metrics/metric.ts";
import { createFailingStore } from "../support/failing-store.ts";
import { seriesOf } from "../support/figures.ts";
import { setUp, words } from "../support/relay-scene.ts";
import { RemoteSite } from "../support/remote-site.ts";
import { RemoteWorkspace, troubled, troubleOf } from "../support/remote-workspace.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

const TOKEN = "an-access-token-of-some-length";

const figuresOf = async (client: WorkspaceClient) => seriesOf((await client.get("/metrics")).text);

test("docs/operations.md lists every metric of both processes with its type, its labels and its meaning, and no other", () => {
  const rows = readFileSync("docs/operations.md", "utf8")
    .split("\n")
    .filter((line) => /^\| `[a-z_]+` \|/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  const clock = { now: () => 0 };
  const shared = createProcessMetrics(clock).all.map(({ head }) => head.name);
  const known = new Map(
    [createRuntimeMetrics(clock), createMetrics(clock)].flatMap(({ heads }, index) =>
      heads.map(({ name, type, labels, help }) => {
        const of = shared.includes(name) ? "both" : index === 0 ? "Runtime" : "server";
        return [name, [name, type, labels.join(", "), of, help]];
      }),
    ),
  );
  expect(rows.map((row) => row.slice(0, -1))).toEqual([...known.values()]);
});

test("renderMetrics() writes counters and histograms as Prometheus reads them, values escaped", () => {
  const counter = new Counter("words_total", "Words.", ["word"]);
  counter.count("plain");
  counter.count("plain");
  counter.count('a "b"\\\n');
  const histogram = new Histogram("waits_seconds", "Waits.", [0.5, 1]);
  for (const value of [0.25, 0.5, 1, 2]) histogram.observe(value);
  expect(renderMetrics([counter, histogram]).split("\n")).toEqual([
    "# HELP words_total Words.",
    "# TYPE words_total counter",
    'words_total{word="plain"} 2',
    'words_total{word="a \\"b\\"\\\\\\n"} 1',
    "# HELP waits_seconds Waits.",
    "# TYPE waits_seconds histogram",
    'waits_seconds_bucket{le="0.5"} 2',
    'waits_seconds_bucket{le="1"} 3',
    'waits_seconds_bucket{le="+Inf"} 4',
    "waits_seconds_sum 3.75",
    "waits_seconds_count 4",
    "",
  ]);
});

test("a counter of ever new words has a bounded number of series, and loses no count", () => {
  const counter = new Counter("words_total", "Words.", ["word"]);
  for (let i = 0; i < 5_000; i += 1) counter.count(`word-${i}`);
  const series = seriesOf(renderMetrics([counter]));
  expect(series.size).toBe(1_001);
  expect(series.get('words_total{word="other"}')).toBe(4_000);
});

test("GET /metrics counts a conversation, its viewers and how they came back", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_DEMO_PACE: "0" } });
  const client = new WorkspaceClient(server.url);
  const ref = await client.createWorker();
  await using first = client.observe(ref);
  await first.snapshot();
  const { cursor } = first;
  await client.send(ref, "Hello");
  await first.idle();
  await using returned = client.observe(ref, { cursor });
  await returned.idle();
  await using refused = client.observe(ref, { cursor: "nonsense" });
  await refused.end();
  await client.get("/nothing-here");
  await client.get(`${workerPath(ref)}/entries`);

  const figures = await figuresOf(client);
  expect(figures.get("yoi_viewers")).toBe(2);
  expect(figures.get("yoi_observed_workers")).toBe(1);
  expect(figures.get("yoi_runs_active")).toBe(0);
  expect(figures.get('yoi_runs_total{end="finished"}')).toBe(1);
  expect(figures.get("yoi_run_first_token_seconds_count")).toBe(1);
  expect(figures.get("yoi_run_duration_seconds_count")).toBe(1);
  expect(figures.get('yoi_viewer_joins_total{kind="snapshot"}')).toBe(1);
  expect(figures.get('yoi_viewer_joins_total{kind="resumed"}')).toBe(1);
  expect(figures.get('yoi_viewer_refusals_total{code="cursor_malformed"}')).toBe(1);
  expect(figures.get('yoi_viewer_resumes_total{result="resumed"}')).toBe(1);
  expect(figures.get('yoi_viewer_resumes_total{result="cursor_malformed"}')).toBe(1);
  // Of each viewer, each time that it is read.
  expect(figures.get("yoi_viewer_lag_frames_count")).toBe(2);
  expect(figures.get('yoi_viewer_lag_frames_bucket{le="0"}')).toBe(2);
  expect((await figuresOf(client)).get("yoi_viewer_lag_frames_count")).toBe(4);
  expect(figures.get("yoi_viewer_replayed_frames_count")).toBe(1);
  expect(figures.get("yoi_viewer_replayed_frames_sum")).toBe(
    first.frames.filter(({ kind }) => kind === "event").length - 1,
  );
  expect(figures.get("yoi_viewer_gaps_total")).toBe(0);
  expect(figures.get("yoi_store_append_seconds_count")).toBeGreaterThan(0);
  const route = "/api/runtimes/:runtime_id/workers/:worker_id";
  expect(figures.get(`yoi_requests_total{method="POST",route="${route}/input",status="200"}`)).toBe(1);
  expect(figures.get(`yoi_requests_total{method="GET",route="${route}/entries",status="200"}`)).toBe(1);
  expect(figures.get(`yoi_requests_total{method="GET",route="${route}/events/ws",status="101"}`)).toBe(3);
  expect(figures.get('yoi_requests_total{method="GET",route="none",status="404"}')).toBe(1);
  expect((await client.get("/metrics")).text).not.toContain(ref.worker_id);
});

test("GET /metrics is for those who are in, and counts those who are not let in", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_ACCESS_TOKEN: TOKEN } });
  const client = new WorkspaceClient(server.url);
  expect((await client.get("/metrics")).status).toBe(401);
  expect((await client.get("/metrics", { Authorization: "Bearer a-wrong-token-of-some-length" })).status).toBe(401);
  const answer = await client.get("/metrics", { Authorization: `Bearer ${TOKEN}` });
  expect([answer.status, answer.headers.get("Content-Type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  expect(seriesOf(answer.text).get('yoi_logins_total{result="refused"}')).toBe(1);
});

test("a viewer that takes nothing shows in the figures by how far it is behind, and by its snapshot when it is back", async () => {
  const metrics = createMetrics({ now: () => 0 });
  const { clock, fixture, join, publish } = await setUp({
    limits: { viewerBufferBytes: 1_000, viewerDrainCheckMs: 20, windowFrames: 10 },
    // The relay takes a batch at a time; here each is one event.
    runtimeLimits: { runtime: { maxEventBatch: 1 } },
    telemetry: metrics.telemetry,
  });
  const read = () => seriesOf(metrics.render({ observedWorkers: 1, lagFrames: fixture.relay.lagFrames }));
  await join();
  const slow = await join();
  slow.isStalled = true;
  await publish(...words(50));
  const written = slow.events.length;
  const behind = read();
  expect(behind.get("yoi_viewer_lag_frames_max")).toBe(51 - written);
  expect(behind.get("yoi_viewer_lag_frames_sum")).toBe(51 - written);
  expect(behind.get("yoi_viewer_lag_frames_count")).toBe(2);
  expect(behind.get("yoi_viewer_fell_behind_total")).toBe(0);
  slow.drain();
  await clock.advance(20);
  const back = read();
  expect(back.get("yoi_viewer_lag_frames_max")).toBe(0);
  expect(back.get("yoi_viewer_fell_behind_total")).toBe(1);
  expect(back.get("yoi_viewer_gaps_total")).toBe(0);
});

test("what a store refuses, what a provider refuses, and a frame out of turn are counted by what it was", async () => {
  const metrics = createMetrics({ now: () => 0 });
  const { telemetry } = metrics;
  const failing = createFailingStore();
  await using store = measuredStore(failing, { now: () => 0 }, telemetry);
  failing.fail("append", 2);
  for (let i = 0; i < 2; i += 1) {
    await expect(store.append(WorkerId.parse("w-1"), [])).rejects.toThrow("The disk is full");
  }
  telemetry.providerFailed("provider_rate_limited");
  telemetry.gapSeen();
  const figures = seriesOf(metrics.render({ observedWorkers: 0, lagFrames: [] }));
  expect(figures.get('yoi_store_failures_total{code="internal"}')).toBe(2);
  expect(figures.get("yoi_store_append_seconds_count")).toBe(0);
  expect(figures.get('yoi_provider_errors_total{code="provider_rate_limited"}')).toBe(1);
  expect(figures.get("yoi_viewer_gaps_total")).toBe(1);
});

test("a Runtime elsewhere that is killed while it is observed is counted once, by the problem", async () => {
  await using site = await RemoteSite.start({ id: "lab" });
  await using workspace = await RemoteWorkspace.start({ sites: [site] });
  const { client } = workspace;
  await using observer = client.observe(await client.createWorker(site.path), { heartbeat: true });
  await observer.snapshot();
  await site.kill();
  await troubled(observer);
  expect((await figuresOf(client)).get(`yoi_upstream_losses_total{code="${troubleOf(observer)}"}`)).toBe(1);
});
