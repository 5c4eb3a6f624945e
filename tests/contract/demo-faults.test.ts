/** What the tour provokes besides the demo's answers: a cut socket and a restarted Runtime, and never without the demo. */
import { expect, test } from "vitest";
import { DropConnectionResult, RestartRuntimeResult } from "../../protocol/demo.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf } from "../support/workspace-client.ts";

const demo = serveWorkspace();
const paced = serveWorkspace({ YOI_DEMO_PACE: "0.2" });
const other = serveWorkspace({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });

const DROP = "/api/demo/drop-connection";
const RESTART = "/api/demo/restart-runtime";

test("a page's socket is cut without a word, another page's goes on, and nothing is lost by it", async () => {
  const { client } = paced;
  const ref = await client.createWorker();
  await using whole = client.observe(ref, { viewerId: "v-other" });
  await using cut = client.observe(ref, { viewerId: "v-mine" });
  await Promise.all([whole.snapshot(), cut.snapshot()]);
  await client.send(ref, "/demo think");
  await cut.until("some text", ({ received }) => received.length > 5);
  const answer = await client.post(DROP, { viewer_id: "v-mine" });
  expect(parseAnswer(DropConnectionResult, answer)).toEqual({ dropped: true });
  expect((await cut.end()).diagnostic).toBeUndefined();
  await using resumed = cut.resume();
  await whole.idle();
  // The run may have come to its end before the cut.
  const missed = () => whole.received.length - cut.received.length;
  await resumed.until("what was missed", ({ received }) => received.length >= missed());
  expect([...cut.received, ...resumed.received]).toEqual(whole.received);
});

test("a socket that is not open any more, or never was, can't be cut", async () => {
  const { client } = demo;
  const ref = await client.createWorker();
  await using observer = client.observe(ref, { viewerId: "v-gone" });
  await observer.snapshot();
  await client.post(DROP, { viewer_id: "v-gone" });
  await observer.end();
  for (const viewer_id of ["v-gone", "v-never"]) {
    expect(parseAnswer(DropConnectionResult, await client.post(DROP, { viewer_id }))).toEqual({ dropped: false });
  }
});

test("the Runtime restarts under an open server: the run is interrupted with its text, and the conversation goes on", async () => {
  const { client } = paced;
  const ref = await client.createWorker();
  await using before = client.observe(ref);
  await before.snapshot();
  await client.send(ref, "/demo slow");
  await before.until("some text", ({ received }) => received.length > 10);
  const answer = await client.post(RESTART, {});
  expect(parseAnswer(RestartRuntimeResult, answer)).toEqual({ restarted: true });
  expect((await before.end()).diagnostic).toMatchObject({ problem: "shutting_down" });
  expect(before.eventsOf("run_end").length).toBe(1);
  await using after = before.resume();
  await client.send(ref, "my name is Ada");
  await after.idle();
  await using fresh = client.observe(ref);
  await fresh.snapshot();
  expect(after.transcript.entries).toEqual(fresh.transcript.entries);
  expect(after.names.filter((name) => name === "snapshot")).toEqual([]);
});

test("restarts that are asked for at once follow each other", async () => {
  const { client } = demo;
  const ref = await client.createWorker();
  await (await client.converse(ref, "my name is Ada"))[Symbol.asyncDispose]();
  const answers = await Promise.all([1, 2, 3].map(() => client.post(RESTART, {})));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await using observer = await client.converse(ref, "what is my name?");
  expect(observer.eventsOf("run_end").length).toBe(1);
});

test.each([
  [DROP, {}],
  [DROP, { viewer_id: "" }],
  [DROP, { viewer_id: "v".repeat(65) }],
  [DROP, { viewer_id: 1 }],
  [DROP, []],
  [RESTART, []],
])("%s does not take %j", async (path, body) => {
  expect(problemOf(await demo.client.post(path, body))).toMatchObject({ status: 400, code: "invalid_request" });
});

test.each([DROP, RESTART])("%s leads nowhere where another provider answers", async (path) => {
  const answer = await other.client.post(path, { viewer_id: "v-mine" });
  expect(problemOf(answer)).toMatchObject({ status: 404, code: "route_not_found" });
});
