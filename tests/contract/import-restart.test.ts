/** What was imported and renamed is there after the server was killed, and after it was ended. */
import { expect, test } from "vitest";
import { listOf, WorkerSpawnResult, WorkerSummary } from "../../protocol/backend-api.ts";
import { ConversationFile } from "../../protocol/conversation-file.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { parseAnswer, RUNTIME_PATH, WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

const JSON_TYPE = { "Content-Type": "application/json" };

test("An imported and renamed Worker outlives its server, however that ends", async ({ onTestFinished }) => {
  const folder = makeDataFolder();
  onTestFinished(() => removeDataFolder(folder));
  const environment = { YOI_DATA_DIR: folder, YOI_DEMO_PACE: "0" };
  const file = conversationFile({ entries: everyEntry });
  let server = await ServerProcess.start({ environment });
  onTestFinished(() => server[Symbol.asyncDispose]());
  let client = new WorkspaceClient(server.url);
  const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify(file) };
  const made = parseAnswer(WorkerSpawnResult, await client.request(`${RUNTIME_PATH}/workers/import`, init)).worker!;
  const path = workerPath(made);
  const rename = { method: "PATCH", headers: JSON_TYPE, body: JSON.stringify({ display_name: "書記" }) };
  expect((await client.request(path, rename)).status).toBe(200);

  const exported = async (): Promise<ConversationFile> => client.read(ConversationFile, `${path}/export`);
  const before = await exported();
  expect(before.entries).toEqual(file.entries);
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await server.kill(signal);
    server = await ServerProcess.start({ environment });
    client = new WorkspaceClient(server.url);
    const { items } = await client.read(listOf(WorkerSummary), "/api/workers");
    expect(items.map(({ label }) => label)).toEqual(["Companion", "書記"]);
    const after = await exported();
    expect({ ...after, exported_at: before.exported_at }).toEqual(before);
  }
  await using observer = await client.converse(made, "And now?");
  expect(observer.eventsOf("run_end")).toHaveLength(1);
});
