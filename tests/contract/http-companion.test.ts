import { expect, test } from "vitest";
import {
  CompanionMessageResponse,
  CompanionStatus,
  CompanionTranscript,
  WorkerSummary,
  WorkerTranscript,
} from "../../protocol/backend-api.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf, workerPath } from "../support/workspace-client.ts";

const workspace = serveWorkspace({ YOI_DEMO_PACE: "1" });
const COMPANION = { runtime_id: RuntimeId.parse("backend-internal"), worker_id: WorkerId.parse("companion") };

const send = async (content: string, submission_id?: string) =>
  workspace.client.post("/api/companion/messages", { content, ...(submission_id ? { submission_id } : {}) });

test("GET /api/companion/status is ready while the Companion is idle", async () => {
  const { client } = workspace;
  expect(await client.read(CompanionStatus, "/api/companion/status")).toEqual({
    state: "ready",
    worker: await client.read(WorkerSummary, workerPath(COMPANION)),
    transport: { kind: "embedded_worker_runtime", completion: "connected", limitation: expect.any(String) },
    diagnostics: [],
  });
});

test("the Companion's routes tell one conversation, from the message to the cancelled run", async () => {
  const { client } = workspace;
  await using observer = client.observe(COMPANION);
  await observer.snapshot();

  const accepted = parseAnswer(CompanionMessageResponse, await send("/demo slow", "s-1"));
  expect(accepted).toMatchObject({
    state: "accepted",
    worker: { worker_id: "companion", status: "running" },
    user_item: { sequence: 1, role: "user", content: "/demo slow", source: "worker_runtime", status: "committed" },
    diagnostics: [],
  });
  expect(accepted.user_item?.created_at).toBe("runtime_sequence:1");

  await observer.until("some text", ({ transcript }) => transcript.in_flight.blocks.length > 0);
  const status = await client.read(CompanionStatus, "/api/companion/status");
  expect(status).toMatchObject({ state: "busy", transport: { completion: "connected" } });
  expect(problemOf(await send("Me too"))).toMatchObject({ status: 409, code: "worker_busy" });
  const again = parseAnswer(CompanionMessageResponse, await send("/demo slow", "s-1"));
  expect(again.user_item).toEqual(accepted.user_item);

  const cancelled = parseAnswer(
    CompanionMessageResponse,
    await client.post("/api/companion/cancel", { reason: "enough" }),
  );
  expect(cancelled).toMatchObject({ state: "cancelled", worker: { status: "idle" } });
  await observer.idle();
  expect(observer.eventsOf("user_message")).toHaveLength(1);
  expect(observer.eventsOf("run_end").map(({ data }) => data.cause)).toEqual(["cancelled"]);

  const text = observer.eventsOf("text_done")[0]?.data.text;
  expect(cancelled.assistant_item).toMatchObject({ sequence: 2, role: "assistant", content: text });
  const transcript = await client.read(CompanionTranscript, "/api/companion/transcript");
  expect(transcript).toMatchObject({ state: "ready", start: 0, limit: 200, total_items: 2, diagnostics: [] });
  expect(transcript.items).toEqual([accepted.user_item, cancelled.assistant_item]);
  const page = await client.read(CompanionTranscript, "/api/companion/transcript?start=1&limit=1");
  expect(page).toMatchObject({ start: 1, limit: 1, items: [cancelled.assistant_item] });

  const worker = await client.read(WorkerTranscript, `${workerPath(COMPANION)}/transcript`);
  expect(worker.items.map(({ content }) => content)).toEqual(transcript.items.map(({ content }) => content));
});

test.each([
  ["an empty message", { content: "" }, 400, "input_empty"],
  ["a blank message", { content: " \n\t\u3000" }, 400, "input_empty"],
  ["a message without content", {}, 400, "invalid_request"],
  ["an unknown key", { content: "Hi", kind: "user" }, 400, "invalid_request"],
])("POST /api/companion/messages refuses %s", async (_what, body, status, code) => {
  expect(problemOf(await workspace.client.post("/api/companion/messages", body))).toMatchObject({ status, code });
});
