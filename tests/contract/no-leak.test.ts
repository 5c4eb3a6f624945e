import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Observer } from "../support/observer.ts";
import { EVENTS_ROUTE, fillPath } from "../support/api-routes.ts";
import { canariesIn, everyAnswer, filesOf, wholeText } from "../support/leak-scan.ts";
import { LEAKS, LeakyProvider } from "../support/leaky-provider.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

/** Without the prefix or the length by which a key could be recognised: only who was told it can hide it. */
const KEY = "plainkeycanary";
const CURSOR_SECRET = "cursorsecretcanary-0123456789-0123456789";
const FOLDER = "foldercanary";
const URL_PATH = "urlpathcanary";

let folder = "";
let provider: LeakyProvider;
let server: ServerProcess;
let client: WorkspaceClient;
const observers: Observer[] = [];

/** What may be found nowhere, in any case. */
const canaries = () => [KEY, CURSOR_SECRET, FOLDER, URL_PATH, `:${provider.port}`, "node_modules", process.cwd()];

const found = (text: string) => canariesIn(text, canaries());

beforeAll(async () => {
  provider = await LeakyProvider.start();
  folder = await mkdtemp(join(tmpdir(), `${FOLDER}-`));
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  server = await ServerProcess.start({
    environment: {
      OPENAI_API_KEY_FILE: await file("key", KEY),
      OPENAI_BASE_URL: `http://127.0.0.1:${provider.port}/${URL_PATH}/v1`,
      YOI_PROMPT_FILE: await file("prompt.md", "Answer briefly."),
      YOI_CURSOR_SECRET: CURSOR_SECRET,
      YOI_LOG_LEVEL: "debug",
      YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "2000",
    },
  });
  client = new WorkspaceClient(server.url);
});
afterAll(async () => {
  for (const observer of observers) observer.cut();
  await server?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true });
});

async function converse(content: string): Promise<Observer> {
  const observer = await client.converse(await client.createWorker(), content);
  observers.push(observer);
  return observer;
}

test("the provider is really called with the key, and an answer comes back", async () => {
  const observer = await converse("Hello");
  expect(observer.eventsOf("text_done").map(({ data }) => data.text)).toEqual(["An answer."]);
  expect([...provider.keys]).toEqual([`Bearer ${KEY}`]);
});

test.concurrent.each(LEAKS)("a provider that confesses with a %s gives nothing away", async (leak) => {
  const observer = await converse(`Please: ${leak}`);
  expect(observer.eventsOf("error").map(({ data }) => data.code)).toEqual(["provider_error"]);
  expect(observer.texts.flatMap(found)).toEqual([]);
  // Whoever comes later is told no more than who was there.
  const later = client.observe({ ...(await refOf(observer)) });
  observers.push(later);
  await later.snapshot();
  expect(later.texts.flatMap(found)).toEqual([]);
});

async function refOf(observer: Observer) {
  const frame = observer.frames.find(({ kind }) => kind === "event");
  if (frame?.kind !== "event") throw new Error("Cannot name a Worker: it was not seen");
  return { runtime_id: frame.envelope.runtime_id, worker_id: frame.envelope.worker_id };
}

describe("after every failure", () => {
  test("no route, page, header or error holds a canary", async () => {
    const [host] = JSON.parse((await client.get("/api/hosts")).text).items;
    const ids = { ...(await refOf(observers.at(-1)!)), host_id: String(host.host_id), bundle_id: "bundle-1" };
    const answers = await everyAnswer(client, ids);
    expect(answers.length).toBeGreaterThan(150);
    expect(answers.filter(({ text }) => found(text).length > 0)).toEqual([]);
  });

  test("no file of the browser holds a canary, and none maps to the sources", async () => {
    const page = await client.get("/");
    const files = filesOf(page.text);
    expect(files.length).toBeGreaterThan(1);
    for (const path of files) {
      const file = await client.get(path);
      expect(file.status, path).toBe(200);
      expect(found(wholeText(file)), path).toEqual([]);
      expect(file.text, path).not.toContain("sourceMappingURL");
      expect((await client.get(`${path}.map`)).status, path).toBe(404);
    }
  });

  test("no diagnostic of a socket holds a canary", async () => {
    const ref = await refOf(observers[0]!);
    for (const cursor of ["nonsense", "bo_AAAABBBBCCCCDDDDEEEE.wo_0000000000000001"]) {
      const observer = client.observe(ref, { cursor });
      await observer.end();
      expect(observer.texts.flatMap(found)).toEqual([]);
      expect(observer.texts).toHaveLength(1);
    }
    const refused = await sendRaw(
      server.port,
      requestHead("GET", fillPath(EVENTS_ROUTE.path, { ...ref, worker_id: "nobody" }), WEBSOCKET_HEADERS),
    );
    expect(found([...refused.headers, refused.body].join("\n"))).toEqual([]);
  });

  test("a canary that somebody plants in a message is found in frames and routes: the search works", async () => {
    for (const canary of [KEY, CURSOR_SECRET, `:${provider.port}`]) {
      const observer = await converse(`My word is ${canary}`);
      expect(observer.texts.flatMap(found)).toContain(canary);
      const ref = await refOf(observer);
      const texts = ["transcript", "entries"].map((name) => `${workerPath(ref)}/${name}`);
      const page = `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`;
      for (const path of [...texts, page]) expect(found(wholeText(await client.get(path))), path).toContain(canary);
    }
  });

  test("nothing that the server has printed holds a canary, up to its end", async () => {
    expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(found(server.output)).toEqual([]);
    expect(server.stdout).toContain("Answers come from");
    expect(server.stderr).toContain("A run failed");
  });
});

test("a provider that can't be reached is not named", async () => {
  const environment = {
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: `http://hostcanary.invalid:${provider.port}/${URL_PATH}`,
    YOI_DEMO_PACE: "0",
  };
  await using unreachable = await ServerProcess.start({ environment });
  const api = new WorkspaceClient(unreachable.url);
  await using observer = await api.converse(await api.createWorker(), "Hello");
  expect(observer.eventsOf("error").map(({ data }) => data.problem)).toEqual(["provider_unreachable"]);
  for (const text of [...observer.texts, unreachable.output]) {
    expect(found(text)).toEqual([]);
    expect(text).not.toContain("hostcanary");
  }
});
