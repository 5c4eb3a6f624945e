/** What a browser could learn of Runtimes elsewhere: where they are, what opens them, and with what they pay. Nothing. */
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WorkerRef } from "../../protocol/id.ts";
import { HostileServer, json } from "../support/hostile-server.ts";
import { canariesIn, everyAnswer, filesOf, wholeText } from "../support/leak-scan.ts";
import { LEAKS, LeakyProvider } from "../support/leaky-provider.ts";
import type { Observer } from "../support/observer.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { RemoteWorkspace, troubled } from "../support/remote-workspace.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { testEngine } from "../support/server-process.ts";
import { workerPath, type WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

const KEY = "plainkeycanary";
const FOLDER = "foldercanary";
const HOST = "hostcanary";
const URL_PATH = "urlpathcanary";
const SAYS = "saidbythepeercanary";

let folder = "";
let provider: LeakyProvider;
let site: RemoteSite;
let liar: HostileServer;
let workspace: RemoteWorkspace;
let client: WorkspaceClient;
const observers: Observer[] = [];

const ports = () => [provider.port, liar.port, site.proxy.port, Number(new URL(site.url).port)];
/** What may be found nowhere. */
const canaries = () =>
  [KEY, FOLDER, HOST, URL_PATH, SAYS, site.token, "token-of", "node_modules", process.cwd()].concat(
    ports().map((port) => `:${port}`),
  );
const found = (text: string) => canariesIn(text, canaries());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `${FOLDER}-`));
  await writeFile(join(folder, "key"), KEY);
  await writeFile(join(folder, "prompt.md"), "Answer briefly.");
  provider = await LeakyProvider.start();
  const environment = {
    OPENAI_API_KEY_FILE: join(folder, "key"),
    OPENAI_BASE_URL: `http://127.0.0.1:${provider.port}/${URL_PATH}/v1`,
    YOI_PROMPT_FILE: join(folder, "prompt.md"),
    YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "2000",
  };
  site = await RemoteSite.start({ id: "lab", engine: otherEngine(testEngine), environment });
  liar = await HostileServer.start({
    http: (request, response) =>
      json(response, 500, { error: { code: SAYS, message: `${SAYS} ${request.headers.host}${request.url}` } }),
  });
  workspace = await RemoteWorkspace.start({
    sites: [site],
    folder: FOLDER,
    entries: [
      { id: "liar", base_url: `http://127.0.0.1:${liar.port}/${URL_PATH}` },
      { id: "lost", base_url: `https://${HOST}.invalid:38800/${URL_PATH}` },
      { id: "impostor", base_url: site.proxy.url, token_file: join(folder, "key") },
    ],
  });
  ({ client } = workspace);
});
afterAll(async () => {
  for (const observer of observers) observer.cut();
  for (const one of [workspace, liar, site, provider]) await one?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true });
});

async function converse(content: string): Promise<{ readonly ref: WorkerRef; readonly observer: Observer }> {
  const ref = await client.createWorker(site.path);
  const observer = await client.converse(ref, content);
  observers.push(observer);
  return { ref, observer };
}

const idsOf = (runtime_id: string, worker_id: string) => ({ runtime_id, worker_id, host_id: "h", bundle_id: "b" });

test.concurrent.each(LEAKS)(
  "a provider of a Runtime elsewhere that confesses with a %s gives nothing away",
  async (leak) => {
    const { ref, observer } = await converse(`Please: ${leak}`);
    expect(observer.eventsOf("error").map(({ data }) => data.code)).toEqual(["provider_error"]);
    const later = client.observe(ref);
    observers.push(later);
    await later.snapshot();
    expect([...observer.texts, ...later.texts].flatMap(found)).toEqual([]);
  },
);

describe("after every failure", () => {
  test.each(["lab", "liar", "lost", "impostor", "backend-internal"])(
    "no route, page, header or error of the Runtime %s holds a canary",
    async (id) => {
      const answers = await everyAnswer(client, idsOf(id, id === "backend-internal" ? "companion" : "worker-00000001"));
      expect(answers.length).toBeGreaterThan(150);
      expect(answers.filter(({ text }) => found(text).length > 0)).toEqual([]);
    },
  );

  test.each(["liar", "lost", "impostor"])("no frame of the Runtime %s holds a canary", async (id) => {
    const observer = client.observe({ runtime_id: id, worker_id: "worker-00000001" } as WorkerRef); // why: configured ids
    await observer.end();
    expect(observer.texts).toHaveLength(1);
    expect(observer.texts.flatMap(found)).toEqual([]);
  });

  test("no file of the browser holds a canary", async () => {
    const files = filesOf((await client.get("/", { Accept: "text/html" })).text);
    expect(files.length).toBeGreaterThan(1);
    for (const path of files) expect(found(wholeText(await client.get(path))), path).toEqual([]);
  });

  test("a canary that somebody plants in a message is found: the search works", async () => {
    for (const canary of [KEY, site.token, ...ports().map((port) => `:${port}`)]) {
      const { ref, observer } = await converse(`My word is ${canary}`);
      expect(observer.texts.flatMap(found)).toContain(canary);
      const page = `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`;
      for (const path of [`${workerPath(ref)}/transcript`, `${workerPath(ref)}/entries`, page]) {
        expect(found(wholeText(await client.get(path))), path).toContain(canary);
      }
    }
  });
});

test("a Runtime that is killed under its viewers, and back without them, takes no canary with it", async () => {
  const ref = await client.createWorker(site.path);
  const observer = client.observe(ref, { heartbeat: true });
  observers.push(observer);
  await observer.snapshot();
  await site.kill();
  await troubled(observer);
  const away = await everyAnswer(client, idsOf(ref.runtime_id, ref.worker_id));
  expect(away.filter(({ text }) => found(text).length > 0)).toEqual([]);
  await site.start();
  await observer.end();
  expect(observer.texts.flatMap(found)).toEqual([]);
});

test("nothing that the server has printed holds a canary, up to its end", async () => {
  expect(await workspace.server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(found(workspace.server.output)).toEqual([]);
  expect(workspace.server.stdout).toContain("The offline demo answers");
});
