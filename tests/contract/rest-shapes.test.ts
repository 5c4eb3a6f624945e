/** Every route of the command API: what it answers, in the reference's shape, over a real port. */
import { describe, expect, test } from "vitest";
import { EntryPage, RuntimeDetail, type TranscriptPage, type WorkerDetail } from "../../protocol/runtime-api.ts";
import wire from "../fixtures/wire/runtime-api.json" with { type: "json" };
import { bundleOf, launchBundle, sealed } from "../support/config-bundle.ts";
import { serveRuntime, type RuntimeServer } from "../support/runtime-server.ts";
import { hang, stop, text } from "../support/scripted-model.ts";
import { shapeOf } from "../support/wire-shape.ts";

const WORKER_ADDED = ["display_name", "model"];
const DIGEST = "aa1b29d3f42a38d2af789b3af8d06a61acd9aa41025387001516af1feada2500";
const REF = { runtime_id: "lab-one", worker_id: "worker-00000001" };

/** A Runtime with the example's bundle and one Worker made with it. */
async function serveWorker(options: Parameters<typeof serveRuntime>[0] = {}): Promise<RuntimeServer> {
  const server = await serveRuntime(options);
  await server.runtime.storeConfigBundle(await sealed(bundleOf()));
  await server.runtime.createWorker({
    profile: { kind: "runtime_default" },
    configBundle: { id: "demo-bundle", digest: DIGEST },
  });
  return server;
}

describe("the Runtime's routes", () => {
  test("GET /v1/runtime", async () => {
    await using server = await serveWorker();
    const { status, type, body } = await server.request("GET", "/v1/runtime");
    expect([status, type]).toEqual([200, "application/json"]);
    expect(shapeOf(body, ["max_workers"])).toEqual(shapeOf(wire["GET /v1/runtime"]));
    expect(body).toEqual({
      runtime: RuntimeDetail.parse({
        runtime_id: "lab-one",
        display_name: "Embedded",
        backend: "memory",
        status: "running",
        worker_count: 1,
        active_worker_count: 1,
        stopped_worker_count: 0,
        cancelled_worker_count: 0,
        diagnostic_count: 0,
        limits: { max_transcript_projection_items: 256, max_event_batch_items: 256, max_workers: 1_000 },
        worker_creation_available: true,
      }),
    });
  });

  test("GET /v1/runtime/diagnostics", async () => {
    await using server = await serveRuntime();
    expect(await server.request("GET", "/v1/runtime/diagnostics")).toEqual({
      status: 200,
      type: "application/json",
      body: { diagnostics: [] },
    });
    const coder = { kind: "builtin", value: "builtin:coder" } as const;
    const { reference } = await server.runtime.storeConfigBundle(await sealed(launchBundle(coder)));
    await server.runtime.createWorker({ profile: coder, configBundle: reference });
    expect((await server.request("GET", "/v1/runtime/diagnostics")).body).toEqual({
      diagnostics: [
        {
          code: "profile_stand_in",
          severity: "warning",
          message: 'There is no profile "builtin:coder" here; the default one stands in for it.',
        },
      ],
    });
  });

  test("POST, list and availability of config bundles, in the example's own bytes", async () => {
    await using server = await serveRuntime();
    const bundle = {
      metadata: {
        id: "demo-bundle",
        digest: DIGEST,
        revision: "r1",
        workspace_id: "ws-demo",
        created_at: "2026-01-02T03:04:05Z",
        provenance: { source: "demo-backend" },
      },
      profiles: [{ selector: { kind: "runtime_default" } }],
    };
    const stored = await server.request("POST", "/v1/config-bundles", { bundle, extra: true });
    expect(stored).toEqual({ status: 200, type: "application/json", body: wire["POST /v1/config-bundles"] });
    expect((await server.request("GET", "/v1/config-bundles")).body).toEqual(wire["GET /v1/config-bundles"]);
    const available = await server.request("GET", `/v1/config-bundles/demo-bundle/availability?digest=${DIGEST}`);
    expect(available).toEqual(stored);
    const encoded = await sealed(bundleOf({ id: "a:b" }));
    await server.request("POST", "/v1/config-bundles", { bundle: encoded });
    const path = `/v1/config-bundles/a%3Ab/availability?digest=${encoded.metadata.digest}`;
    expect((await server.request("GET", path)).status).toBe(200);
  });
});

describe("the Workers' routes", () => {
  test("POST, GET and list of Workers, in the example's own bytes", async () => {
    await using server = await serveRuntime();
    await server.runtime.storeConfigBundle(await sealed(bundleOf()));
    const created = await server.request("POST", "/v1/workers", {
      profile: { kind: "runtime_default" },
      config_bundle: { id: "demo-bundle", digest: DIGEST },
      intent: { kind: "assistant" },
      requested_capabilities: [],
    });
    expect([created.status, created.type]).toEqual([200, "application/json"]);
    expect(shapeOf(created.body, WORKER_ADDED)).toEqual(shapeOf(wire["POST /v1/workers"]));
    const { worker } = created.body as { worker: WorkerDetail };
    expect(worker).toEqual({
      ...wire["POST /v1/workers"].worker,
      execution: {
        ...wire["POST /v1/workers"].worker.execution,
        binding: { backend_id: "workspace" },
      },
      last_event_id: 0,
      display_name: "Scripted",
      model: "scripted",
    });
    expect((await server.request("GET", "/v1/workers/worker-00000001")).body).toEqual({ worker });
    expect((await server.request("GET", "/v1/workers")).body).toEqual({ workers: [worker] });
  });

  test("a Worker that was made without a bundle names one that there can't be", async () => {
    await using server = await serveRuntime();
    const { body } = await server.request("POST", "/v1/workers", {
      profile: { kind: "builtin", value: "companion" },
      display_name: " My Worker ",
      config_bundle: null,
      initial_input: null,
    });
    expect(shapeOf(body, WORKER_ADDED)).toEqual({
      worker: {
        ...(shapeOf(wire["POST /v1/workers"].worker) as object),
        profile: { kind: "string", value: "string" },
      },
    });
    expect(body).toMatchObject({
      worker: { display_name: "My Worker", config_bundle: { id: "none", digest: "0".repeat(64) } },
    });
  });

  test("POST /v1/workers with a first message starts its run", async () => {
    await using server = await serveRuntime({ scripts: [[hang]] });
    const { status, body } = await server.request("POST", "/v1/workers", {
      profile: { kind: "runtime_default" },
      initial_input: { kind: "user", content: "count the files" },
    });
    expect([status, body]).toMatchObject([200, { worker: { execution: { run_state: "busy" }, transcript_len: 1 } }]);
    expect(server.model.requests.length).toBe(1);
  });

  test("POST input, with the first acknowledgement again for the same submission", async () => {
    await using server = await serveWorker({ scripts: [[hang]] });
    const message = { kind: "user", content: " count the files ", submission_id: "s-1", later: {} };
    const first = await server.request("POST", "/v1/workers/worker-00000001/input", message);
    expect(first).toEqual({
      status: 200,
      type: "application/json",
      body: { ack: { worker_ref: REF, status: "running", transcript_sequence: 1, event_id: 2 } },
    });
    expect(shapeOf(first.body)).toEqual(shapeOf(wire["POST /v1/workers/{worker_id}/input"]));
    expect(await server.request("POST", "/v1/workers/worker-00000001/input", message)).toEqual(first);
    expect(server.model.requests.length).toBe(1);
  });

  test("POST cancel ends the run and not the Worker; POST stop ends the Worker, and again answers the same", async () => {
    await using server = await serveWorker({ scripts: [[text("Hello"), hang]] });
    await server.runtime.sendInput((await server.runtime.listWorkers())[0]!.worker_id, { content: "hi" });
    const cancelled = await server.request("POST", "/v1/workers/worker-00000001/cancel", { reason: "enough" });
    expect(cancelled.status).toBe(200);
    expect(shapeOf(cancelled.body)).toEqual(shapeOf(wire["POST /v1/workers/{worker_id}/stop"]));
    expect(cancelled.body).toMatchObject({ ack: { worker_ref: REF, status: "running" } });
    const stopped = await server.request("POST", "/v1/workers/worker-00000001/stop");
    expect(stopped.body).toMatchObject({ ack: { worker_ref: REF, status: "stopped" } });
    expect(await server.request("POST", "/v1/workers/worker-00000001/stop", { reason: null })).toEqual(stopped);
    expect(await server.request("POST", "/v1/workers/worker-00000001/cancel")).toEqual(stopped);
  });

  test("GET transcript and entries, by pages", async () => {
    await using server = await serveWorker({ scripts: [[text("There are 12."), stop]] });
    const id = (await server.runtime.listWorkers())[0]!.worker_id;
    await server.runtime.sendInput(id, { content: "count the files" });
    await server.clock.advance(0);
    const get = async (path: string) => (await server.request("GET", `/v1/workers/${id}${path}`)).body;
    const whole = await get("/transcript");
    expect(shapeOf(whole, ["ts"])).toEqual(shapeOf(wire["GET /v1/workers/{worker_id}/transcript"]));
    const { transcript } = whole as { transcript: TranscriptPage };
    expect(transcript).toMatchObject({ start: 0, limit: 256, total_items: 2, next_start: null });
    expect(transcript.items.map(({ sequence, role, content }) => [sequence, role, content])).toEqual([
      [1, "user", "count the files"],
      [2, "assistant", "There are 12."],
    ]);
    const empty = { worker_ref: REF, total_items: 2, items: [] };
    expect(await get("/transcript?limit=0")).toEqual({ transcript: { ...empty, start: 0, limit: 0, next_start: 0 } });
    expect(await get("/transcript?start=9&limit=1")).toEqual({
      transcript: { ...empty, start: 9, limit: 1, next_start: null },
    });
    expect(await get("/transcript?start=0&limit=1")).toEqual({
      transcript: { ...transcript, limit: 1, items: transcript.items.slice(0, 1), next_start: 1 },
    });
    const { entries } = (await get("/entries")) as { entries: EntryPage };
    expect(EntryPage.parse(entries)).toMatchObject({ worker_ref: REF, entries_start: 0, oldest_kept: 0 });
    expect(entries.entries.length).toBe(entries.entries_total);
    expect(await get("/entries?before=2&limit=1")).toEqual({
      entries: { ...entries, entries_start: 1, entries: entries.entries.slice(1, 2) },
    });
  });

  test("HEAD is GET without a body", async () => {
    await using server = await serveWorker();
    const { status, body } = await server.request("HEAD", "/v1/workers/worker-00000001");
    expect(status).toBe(200);
    expect(body).toBe("");
  });
});
