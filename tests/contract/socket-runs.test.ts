import { expect, test } from "vitest";
import { WorkerInputResult, WorkerSummary, WorkerTranscript } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import type { Observer } from "../support/observer.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf, workerPath } from "../support/workspace-client.ts";

const workspace = serveWorkspace();

/** Streams some text and then nothing more, until it is cancelled. */
const HANGING = "/demo stall";

/** A Worker in the middle of an answer, and a viewer of it. */
async function hangingRun(): Promise<{ readonly ref: WorkerRef; readonly observer: Observer }> {
  const { client } = workspace;
  const ref = await client.createWorker();
  const observer = client.observe(ref);
  await observer.snapshot();
  await client.send(ref, HANGING, "s-hanging");
  await observer.until("some text", ({ transcript }) => transcript.in_flight.blocks.length > 0);
  return { ref, observer };
}

const input = (ref: WorkerRef, content: string, submission_id?: string) =>
  workspace.client.post(`${workerPath(ref)}/input`, { content, ...(submission_id ? { submission_id } : {}) });

test("a busy Worker refuses another message and shows that it is busy", async () => {
  const { client } = workspace;
  const { ref, observer } = await hangingRun();
  await using _observer = observer;
  for (const submission of [undefined, "s-other"]) {
    expect(problemOf(await input(ref, "And me?", submission))).toMatchObject({
      status: 409,
      code: "worker_busy",
      title: "The Worker is busy with another message",
      diagnostics: [{ code: "worker_busy", severity: "warning" }],
    });
  }
  expect(await client.read(WorkerSummary, workerPath(ref))).toMatchObject({
    state: "running",
    status: "running",
    capabilities: { can_accept_input: false, can_stop: true },
  });
  await client.post(`${workerPath(ref)}/cancel`, {});
  await observer.idle();
  expect(observer.eventsOf("user_message")).toHaveLength(1);
  expect((await input(ref, "And me?", "s-other")).status).toBe(200);
});

test("a message that is sent ten times at once with one submission id is one message", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = client.observe(ref);
  await observer.snapshot();
  const answers = await Promise.all(Array.from({ length: 10 }, () => input(ref, "/demo burst", "s-1")));
  const results = answers.map((answer) => parseAnswer(WorkerInputResult, answer));
  for (const result of results) expect(result).toEqual(results[0]);
  await observer.idle();
  expect(parseAnswer(WorkerInputResult, await input(ref, "/demo burst", "s-1"))).toEqual(results[0]);
  expect(observer.eventsOf("user_message").map(({ data }) => data.submission_id)).toEqual(["s-1"]);
  expect(observer.eventsOf("run_end")).toHaveLength(1);
  const page = await client.read(WorkerTranscript, `${workerPath(ref)}/transcript`);
  expect(page.items.map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("ten messages at once without an id are one message and nine refusals", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = client.observe(ref);
  await observer.snapshot();
  const answers = await Promise.all(Array.from({ length: 10 }, () => input(ref, HANGING)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(409)]);
  await client.post(`${workerPath(ref)}/cancel`, {});
  await observer.idle();
  expect(observer.eventsOf("user_message")).toHaveLength(1);
});

test("a submission id that was used for another message is refused", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using _observer = await client.converse(ref, "/demo burst");
  expect((await input(ref, "One", "s-1")).status).toBe(200);
  expect(problemOf(await input(ref, "Two", "s-1"))).toMatchObject({ status: 409, code: "submission_conflict" });
  const other = await client.createWorker();
  expect((await input(other, "Two", "s-1")).status).toBe(200);
});

test("cancel in the middle of an answer keeps its text and leaves the Worker ready", async () => {
  const { client } = workspace;
  const { ref, observer } = await hangingRun();
  await using _observer = observer;
  expect((await client.post(`${workerPath(ref)}/cancel`, { reason: "enough" })).status).toBe(200);
  await observer.idle();
  const seen = observer
    .eventsOf("text_delta")
    .map(({ data }) => data.text)
    .join("");
  expect(observer.eventsOf("text_done").map(({ data }) => data.text)).toEqual([seen]);
  expect(observer.eventsOf("error")).toEqual([]);
  expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished", cause: "cancelled" }]);
  expect(observer.transcript).toMatchObject({
    status: "idle",
    run: { state: "ended", cause: "cancelled" },
    in_flight: { blocks: [] },
  });
  const page = await client.read(WorkerTranscript, `${workerPath(ref)}/transcript`);
  expect(page.items.map(({ role, content }) => [role, content])).toEqual([
    ["user", HANGING],
    ["assistant", seen],
  ]);
  await client.send(ref, "/demo burst");
  await observer.idle(2);
  expect(observer.eventsOf("run_end").at(-1)?.data).toEqual({ result: "finished" });
});

test("cancel before the first token ends the run without text", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = client.observe(ref);
  await observer.snapshot();
  await client.send(ref, "/demo timeout");
  await observer.until("the call", ({ names }) => names.includes("llm_call_start"));
  await Promise.all([1, 2, 3].map(() => client.post(`${workerPath(ref)}/cancel`, {})));
  await observer.idle();
  expect(observer.eventsOf("text_done")).toEqual([]);
  expect(observer.eventsOf("run_end").map(({ data }) => data.cause)).toEqual(["cancelled"]);
});

test("stop in the middle of an answer ends the run typed, then the Worker", async () => {
  const { client } = workspace;
  const { ref, observer } = await hangingRun();
  await using _observer = observer;
  expect((await client.post(`${workerPath(ref)}/stop`, {})).status).toBe(200);
  await observer.until("the Worker's end", ({ names }) => names.includes("shutdown"));
  expect(observer.names.slice(-4)).toEqual(["text_done", "run_end", "status", "shutdown"]);
  expect(observer.eventsOf("run_end").map(({ data }) => data.cause)).toEqual(["stopped"]);
  expect(problemOf(await input(ref, "Hello?"))).toMatchObject({ status: 409, code: "worker_stopped" });
});

test("a run goes on while nobody observes it", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  const before = client.observe(ref);
  const { cursor } = await before.snapshot();
  before.cut();
  await before.closed;
  await client.send(ref, "/demo markdown");
  await using after = client.observe(ref, { cursor });
  await after.idle();
  expect(after.names.slice(0, 2)).toEqual(["invoke_start", "user_message"]);
  expect(after.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished" }]);
});
