/** The Backend's answers and frames in the reference's shapes, over a real port, and the reference's own, decoded. */
import { describe, expect, test } from "vitest";
import * as api from "../../protocol/backend-api.ts";
import { ClientFrame } from "../../protocol/frame.ts";
import { WorkerRef } from "../../protocol/id.ts";
import wire from "../fixtures/wire/backend-api.json" with { type: "json" };
import { serveWorkspace } from "../support/served-workspace.ts";
import { shapeOf } from "../support/wire-shape.ts";
import { workerPath } from "../support/workspace-client.ts";

const served = serveWorkspace();

describe("the reference's own answers are decoded", () => {
  test.each([
    ["GET /api/workspace", api.WorkspaceSummary],
    ["GET /api/runtimes", api.listOf(api.RuntimeSummary)],
    ["GET /api/hosts", api.listOf(api.HostSummary)],
    ["GET /api/workers", api.listOf(api.WorkerSummary)],
    ["POST /api/runtimes/{runtime_id}/workers", api.WorkerSpawnResult],
    ["GET /api/runtimes/{runtime_id}/workers/{worker_id}", api.WorkerSummary],
    ["POST .../input", api.WorkerInputResult],
    ["POST .../cancel", api.WorkerLifecycleResult],
    ["GET .../transcript", api.WorkerTranscript],
    ["GET /api/companion/status", api.CompanionStatus],
    ["GET /api/companion/transcript", api.CompanionTranscript],
    ["frame", ClientFrame],
    ["diagnostic", ClientFrame],
  ] as const)("%s", (name, schema) => {
    expect(schema.parse(wire[name])).toEqual(wire[name]);
  });
});

/** What we tell of a Worker besides. */
const OURS_OF_WORKERS = ["transcript_len"];

describe("our answers have the reference's shape", () => {
  test.each([
    "GET /api/workspace",
    "GET /api/runtimes",
    "GET /api/hosts",
    "GET /api/workers",
    "GET /api/companion/status",
  ] as const)("%s", async (name) => {
    const { text } = await served.client.get(name.slice("GET ".length));
    expect(shapeOf(JSON.parse(text), OURS_OF_WORKERS)).toEqual(shapeOf(wire[name]));
  });

  test("a Worker from its making to its transcript", async () => {
    const { client } = served;
    const made: unknown = JSON.parse((await client.post("/api/runtimes/backend-internal/workers", {})).text);
    expect(shapeOf(made, OURS_OF_WORKERS)).toEqual(shapeOf(wire["POST /api/runtimes/{runtime_id}/workers"]));
    const ref = await client.createWorker();
    const path = workerPath(ref);
    const worker: unknown = JSON.parse((await client.get(path)).text);
    expect(shapeOf(worker, OURS_OF_WORKERS)).toEqual(
      shapeOf(wire["GET /api/runtimes/{runtime_id}/workers/{worker_id}"]),
    );

    await using viewer = client.observe(ref);
    await viewer.snapshot();
    const input: unknown = JSON.parse((await client.post(`${path}/input`, { content: "hello" })).text);
    expect(shapeOf(input)).toEqual(shapeOf(wire["POST .../input"]));
    await viewer.idle();
    const cancelled: unknown = JSON.parse((await client.post(`${path}/cancel`, {})).text);
    expect(shapeOf(cancelled)).toEqual(shapeOf(wire["POST .../cancel"]));
    const transcript: unknown = JSON.parse((await client.get(`${path}/transcript`)).text);
    expect(shapeOf(transcript, ["ts"])).toEqual(shapeOf(wire["GET .../transcript"]));
  });

  test("a frame", async () => {
    const { client } = served;
    await using viewer = await client.converse(await client.createWorker(), "hello");
    const idle = viewer.frames.findLast((frame) => frame.kind === "event" && isStatus(frame.envelope.payload));
    expect(shapeOf(idle, ["ts"])).toEqual(shapeOf(wire["frame"]));
  });

  test("the Companion's transcript", async () => {
    const { client } = served;
    const companion = WorkerRef.parse({ runtime_id: "backend-internal", worker_id: "companion" });
    await using _viewer = await client.converse(companion, "hello");
    const transcript: unknown = JSON.parse((await client.get("/api/companion/transcript")).text);
    expect(shapeOf(transcript)).toEqual(shapeOf(wire["GET /api/companion/transcript"]));
  });

  test("a diagnostic", async () => {
    const ref = await served.client.createWorker();
    await using viewer = served.client.observe(ref, { cursor: "bo_x" });
    await viewer.closed;
    expect(shapeOf(viewer.frames.at(-1), ["problem"])).toEqual(shapeOf(wire["diagnostic"]));
  });
});

function isStatus(payload: unknown): boolean {
  return typeof payload === "object" && payload !== null && "event" in payload && payload.event === "status";
}
