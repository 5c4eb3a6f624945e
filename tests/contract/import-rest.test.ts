/** `PATCH /v1/workers/{id}` and `POST /v1/workers/import`: names and files at a Runtime's own door. */
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { READ_CONVERSATION_LIMITS } from "../../protocol/read-conversation.ts";
import { WorkerDetail } from "../../protocol/runtime-api.ts";
import { NO_CONFIG_BUNDLE } from "../../runtime/rest/wire-shapes.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { Follower } from "../support/follow.ts";
import { remoteClient } from "../support/remote-client.ts";
import { LAB } from "../support/remote-failures.ts";
import { ensureCompanion } from "../support/runtime-fixture.ts";
import { serveRuntime, type RuntimeServer } from "../support/runtime-server.ts";
import { DEADLINE_MS } from "../support/within.ts";

// As every entry point does: what is wrong is to be said.
z.config(z.locales.en());

const COMPANION = "/v1/workers/companion";
const Answer = z.looseObject({ worker: WorkerDetail });

async function serve(token?: string): Promise<RuntimeServer> {
  const server = await serveRuntime(token === undefined ? {} : { token });
  await ensureCompanion(server.runtime);
  return server;
}

test("a Worker is renamed, without the spaces around its name", async () => {
  await using server = await serve();
  const { status, body } = await server.request("PATCH", COMPANION, { display_name: " 書記 ", more: 1 });
  expect(status).toBe(200);
  const { worker } = Answer.parse(body);
  expect(worker).toMatchObject({ display_name: "書記", config_bundle: NO_CONFIG_BUNDLE });
  expect((await server.request("GET", COMPANION)).body).toEqual({ worker });
});

test.each([
  [{}, /^display_name: /],
  [{ display_name: " " }, /^display_name: /],
  [{ display_name: "x".repeat(81) }, /^display_name: /],
  [{ display_name: 7 }, /^display_name: /],
  [[], /expected object/],
])("a name is refused as %j", async (sent, words) => {
  await using server = await serve();
  const { status, body } = await server.request("PATCH", COMPANION, sent);
  expect([status, body]).toEqual([400, { error: { code: "invalid_json", message: expect.stringMatching(words) } }]);
  const { worker } = Answer.parse((await server.request("GET", COMPANION)).body);
  expect(worker.display_name).toBe("Companion");
});

test("a Worker that is not there can't be renamed", async () => {
  await using server = await serve();
  const { status, body } = await server.request("PATCH", "/v1/workers/nobody", { display_name: "A" });
  expect([status, body]).toMatchObject([404, { error: { code: "worker_not_found" } }]);
});

test("a file makes a Worker that has its conversation", async () => {
  await using server = await serve();
  const file = conversationFile({ entries: everyEntry });
  const { status, body } = await server.request("POST", "/v1/workers/import", file);
  expect(status).toBe(200);
  const { worker } = Answer.parse(body);
  expect(worker).toMatchObject({ display_name: "Scribe", config_bundle: NO_CONFIG_BUNDLE });
  const page = (await server.request("GET", `/v1/workers/${worker.worker_id}/entries`)).body;
  expect(page).toMatchObject({ entries: { entries: file.entries, entries_start: 0 } });
});

test("a file larger than other bodies is taken, and one that says to be too large is not", async () => {
  await using server = await serve();
  const text = "x".repeat(100_000);
  const entries = Array.from({ length: 30 }, (_, ts) => ({
    kind: "user_input",
    ts,
    segments: [{ kind: "text", content: text }],
  }));
  expect((await server.request("POST", "/v1/workers/import", conversationFile({ entries }))).status).toBe(200);
  const other = { profile: { kind: "runtime_default" }, more: "x".repeat(3 * 1024 * 1024) };
  expect((await server.request("POST", "/v1/workers", other)).status).toBe(400);
});

test.each([
  ["{", "invalid_request", "entries: expected a list."],
  ['{"entries":[{"kind":3}]}', "invalid_request", /^entries\.0\.kind: /],
  ['{"entries":[7 8]}', "invalid_json", "entries.0: expected valid JSON."],
])("a file that is wrong makes none, and says where: %s", async (text, code, message) => {
  await using server = await serve();
  const response = await fetch(`${server.url}/v1/workers/import`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: text,
  });
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: { code, message: expect.stringMatching(message) } },
  ]);
  expect(await server.runtime.listWorkers()).toHaveLength(1);
});

test("neither is open to who has no token", async () => {
  await using server = await serve("a-token-of-this-test");
  for (const [method, path] of [
    ["PATCH", COMPANION],
    ["POST", "/v1/workers/import"],
  ] as const) {
    const headers = { Authorization: "Bearer other", "Content-Type": "application/json" };
    const response = await fetch(server.url + path, { method, headers, body: JSON.stringify(conversationFile()) });
    expect([response.status, await response.json()]).toMatchObject([401, { error: { code: "unauthorized" } }]);
  }
});

test("the longest entry that a file may have is read back and observed, whatever it is written in", async () => {
  await using server = await serveRuntime({ runtimeId: LAB });
  await using remote = remoteClient(server.url);
  const entry = (content: string) => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content }] });
  const room = READ_CONVERSATION_LIMITS.maxEntryChars - JSON.stringify(entry("")).length;
  const content = "語".repeat(room);
  const { worker_id } = await remote.importWorker(conversationFile({ entries: [entry(content)] }));
  expect((await remote.entries(worker_id, { limit: 1 })).entries).toEqual([entry(content)]);
  await using follower = new Follower(remote, worker_id);
  await expect.poll(() => follower.received.length, { timeout: DEADLINE_MS }).toBe(1);
  expect(follower.transcript.entries).toEqual([entry(content)]);
});
