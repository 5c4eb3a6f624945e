/**
 * The descriptions are true: a program that knows nothing but the documents sends their examples to real servers, and every
 * answer is what they say.
 */
import { describe, expect, test } from "vitest";
import { readDescription, type DescribedApi, type DescribedOperation } from "../support/described-api.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { within } from "../support/within.ts";
import { RUNTIME_PATH, WorkspaceClient, type Answer } from "../support/workspace-client.ts";

const workspace = serveWorkspace();

async function documentOf(client: WorkspaceClient, path: string): Promise<object> {
  const answer = await client.get(path);
  expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, "application/json"]);
  return JSON.parse(answer.text) as object;
}

/** Sends an operation's examples, with the ids put into its path. */
function sendExample(client: WorkspaceClient, operation: DescribedOperation, ids: Readonly<Record<string, string>>) {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? `no-${name}`);
  const query = new URLSearchParams(
    operation.parameters.flatMap(({ name, in: place, example }) =>
      place === "query" && example !== undefined ? [[name, example]] : [],
    ),
  );
  const body = operation.requestBody?.content["application/json"]?.example;
  return client.request(`${path}?${query}`, {
    method: operation.method,
    ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
}

/** What is wrong with an answer by the description of its operation. */
function wrongWith(api: DescribedApi, operation: DescribedOperation, answer: Answer): string | null {
  const content = operation.responses[String(answer.status)]?.content;
  if (content === undefined) return `${answer.status} is not described: ${answer.text}`;
  const type = answer.headers.get("Content-Type")?.split(";")[0] ?? "";
  const described = content[type];
  if (described === undefined) return `${type} is not described for ${answer.status}`;
  return type.endsWith("json") ? api.wrongIn(described.schema, JSON.parse(answer.text)) : null;
}

const BAD_IDS: readonly Readonly<Record<string, string>>[] = [
  {},
  { runtime_id: "backend-internal" },
  { runtime_id: "no id" },
];

/** Operations that end what others need, or whose answer has no end. */
const LAST = ["cancelRun", "cancelCompanion", "stopWorker", "restartRuntime"];
const ENDLESS = ["observe", "observeStream"];

/** Every example sent; what is wrong with the answers, and how each was answered. */
async function tryAll(client: WorkspaceClient, api: DescribedApi, ids: Readonly<Record<string, string>>) {
  const order = ({ operationId }: DescribedOperation) => LAST.indexOf(operationId);
  const statuses: Record<string, number> = {};
  const wrong: Record<string, string> = {};
  for (const operation of api.operations.toSorted((one, other) => order(one) - order(other))) {
    if (ENDLESS.includes(operation.operationId)) continue;
    const answer = await sendExample(client, operation, ids);
    statuses[operation.operationId] = answer.status;
    const found = wrongWith(api, operation, answer);
    if (found !== null) wrong[operation.operationId] = found;
  }
  return { statuses, wrong };
}

describe("the Backend's OpenAPI document", () => {
  test("tells what every example is answered", async () => {
    const { client } = workspace;
    const api = readDescription(await documentOf(client, "/api/openapi.json"));
    const { worker_id } = await client.createWorker();
    const hosts = JSON.parse((await client.get("/api/hosts")).text) as { items: { host_id: string }[] };
    const ids = {
      runtime_id: "backend-internal",
      worker_id,
      host_id: hosts.items[0]!.host_id,
      bundle_id: "demo-bundle",
    };
    const { statuses, wrong } = await tryAll(client, api, ids);
    expect(wrong).toEqual({});
    const failed = Object.entries(statuses).filter(([, status]) => status !== 200);
    expect(failed).toEqual([]);
  });

  test("tells how bad requests are answered", async () => {
    const { client } = workspace;
    const api = readDescription(await documentOf(client, "/api/openapi.json"));
    const wrong: Record<string, string> = {};
    for (const operation of api.operations.filter(({ path }) => path.includes("{"))) {
      for (const ids of BAD_IDS) {
        const answer = await sendExample(client, operation, ids);
        const found = wrongWith(api, operation, answer);
        if (found !== null) wrong[`${operation.operationId} ${JSON.stringify(ids)}`] = found;
      }
    }
    expect(wrong).toEqual({});
  });

  test("finds an answer wrong that is not as described", async () => {
    const api = readDescription(await documentOf(workspace.client, "/api/openapi.json"));
    const operation = api.operations.find(({ operationId }) => operationId === "listWorkers")!;
    const schema = operation.responses["200"]!.content!["application/json"]!.schema;
    expect(api.wrongIn(schema, { items: 3 })).not.toBe(null);
  });

  test("has no address or path of the machine in it", async () => {
    const text = (await workspace.client.get("/api/openapi.json")).text;
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|file:|\/work\/|node_modules/);
  });
});

describe("the Runtime's OpenAPI document", () => {
  test("tells what every example is answered", { timeout: 60_000 }, async () => {
    await using runtime = new RuntimeProcess();
    const client = new WorkspaceClient(await runtime.url());
    const api = readDescription(await documentOf(client, "/v1/openapi.json"));
    const made = await client.post("/v1/workers", { profile: { kind: "runtime_default" } });
    const { worker } = JSON.parse(made.text) as { worker: { worker_id: string } };
    const { statuses, wrong } = await tryAll(client, api, { worker_id: worker.worker_id, bundle_id: "demo-bundle" });
    expect(wrong).toEqual({});
    expect(Object.entries(statuses).filter(([, status]) => status !== 200)).toEqual([]);
  });

  test("needs the Runtime's token where there is one", { timeout: 60_000 }, async () => {
    await using runtime = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: "a-token-of-some-length" } });
    const client = new WorkspaceClient(await runtime.url());
    expect((await client.get("/v1/openapi.json")).status).toBe(401);
    const authorized = await client.get("/v1/openapi.json", { Authorization: "Bearer a-token-of-some-length" });
    expect(authorized.status).toBe(200);
  });
});

/** The AsyncAPI document, and the schema of each kind of frame of a hop. */
async function frameSchemas(hop: "viewer" | "runtime") {
  const document = await documentOf(workspace.client, "/api/asyncapi.json");
  const { messages } = (document as { components: { messages: Record<string, { payload: object }> } }).components;
  return { api: readDescription(document), schemaOf: (kind: string) => messages[`${hop}.${kind}`]!.payload };
}

test("the AsyncAPI document tells every frame from a Runtime to its Backend", { timeout: 60_000 }, async () => {
  await using runtime = new RuntimeProcess();
  const url = await runtime.url();
  const { api, schemaOf } = await frameSchemas("runtime");
  const client = new WorkspaceClient(url);
  const input = { profile: { kind: "runtime_default" }, initial_input: { kind: "user", content: "Hello" } };
  const made = JSON.parse((await client.post("/v1/workers", input)).text) as { worker: { worker_id: string } };
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/v1/workers/${made.worker.worker_id}/events/ws?heartbeat=1`,
  );
  const frames: { kind: string }[] = [];
  const ended = Promise.withResolvers<void>();
  socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
    frames.push(JSON.parse(data) as { kind: string });
    // The socket takes no frames: whoever sends one is told so, and let go.
    if (frames.at(-1)?.kind === "heartbeat") socket.send("hello");
  });
  socket.addEventListener("close", () => ended.resolve());
  await within(ended.promise, "the socket's end");
  expect(new Set(frames.map(({ kind }) => kind))).toEqual(new Set(["event", "heartbeat", "diagnostic"]));
  expect(frames.map((frame) => api.wrongIn(schemaOf(frame.kind), frame))).toEqual(frames.map(() => null));
});

test("the AsyncAPI document tells every frame of a conversation", async () => {
  const { client } = workspace;
  const { api, schemaOf } = await frameSchemas("viewer");
  const ref = await client.createWorker();
  const observer = await client.converse(ref, "Hello");
  const frames = observer.frames;
  expect(frames.length).toBeGreaterThan(3);
  for (const frame of frames) {
    expect(api.wrongIn(schemaOf(frame.kind), JSON.parse(JSON.stringify(frame)))).toBe(null);
  }
  const broken = { kind: "event", envelope: { payload: { event: "text_delta", data: {} } } };
  expect(api.wrongIn(schemaOf("event"), broken)).not.toBe(null);
});

describe("the reference page", () => {
  test.each([
    ["en", "API reference", "Sends a message."],
    ["ja", "API リファレンス", "メッセージを送ります。"],
  ])("reads in %s, without a script", async (language, title, summary) => {
    const answer = await workspace.client.get("/api/reference", { "Accept-Language": language, Accept: "text/html" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Security-Policy")).toContain("script-src 'self'");
    expect(answer.text).toContain(`<html lang="${language}"`);
    expect(answer.text).toContain(`<h1>${title}</h1>`);
    expect(answer.text).toContain(summary);
    expect(answer.text).not.toMatch(/<script|<style|style=|https?:\/\//);
  });

  test("names every operation of the document", async () => {
    const api = readDescription(await documentOf(workspace.client, "/api/openapi.json"));
    const page = await workspace.client.get("/api/reference");
    const missing = api.operations.filter(({ operationId }) => !page.text.includes(`id="${operationId}"`));
    expect(missing.map(({ operationId }) => operationId)).toEqual([]);
    expect(page.text).toContain(`${RUNTIME_PATH.replace("backend-internal", "{runtime_id}")}/workers`);
  });
});
