/** New Workers that are asked for twice, since a browser repeats by itself what it has heard no answer to. */
import { expect, test } from "vitest";
import { listOf, WorkerSpawnResult, WorkerSummary } from "../../protocol/backend-api.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf, RUNTIME_PATH } from "../support/workspace-client.ts";

const workspace = serveWorkspace();

const WAYS = [
  ["made", "/workers", {}],
  ["imported", "/workers/import", conversationFile()],
] as const;

function ask(path: string, body: object, key?: string) {
  return workspace.client.request(RUNTIME_PATH + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key === undefined ? {} : { "Idempotency-Key": key }) },
    body: JSON.stringify(body),
  });
}

const workers = async () => (await workspace.client.read(listOf(WorkerSummary), "/api/workers")).items.length;

test.each(WAYS)("a Worker is %s once by one key, at the same time and afterwards", async (_way, path, body) => {
  const before = await workers();
  const atOnce = await Promise.all([ask(path, body, "one"), ask(path, body, "one")]);
  const answers = [...atOnce, await ask(path, body, "one")];
  const made = answers.map((answer) => parseAnswer(WorkerSpawnResult, answer).worker?.worker_id);
  expect(made[0]).toBeDefined();
  expect(new Set(made).size).toBe(1);
  expect(await workers()).toBe(before + 1);
});

test.each(WAYS)("Workers are %s by each other key, and by each request without one", async (_way, path, body) => {
  const before = await workers();
  for (const key of ["two", "three", undefined, undefined]) parseAnswer(WorkerSpawnResult, await ask(path, body, key));
  expect(await workers()).toBe(before + 4);
});

test("a failure is not kept by its key", async () => {
  expect(problemOf(await ask("/workers", { intent: 1 }, "four")).code).toBe("invalid_request");
  expect(parseAnswer(WorkerSpawnResult, await ask("/workers", {}, "four")).state).toBe("accepted");
});
