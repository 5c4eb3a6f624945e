/** Several Runtimes elsewhere at once, sound and unsound: what is listed, what is kept apart, and what waiting costs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostSummary, listOf, RuntimeSummary, WorkerSummary, WorkerTranscript } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import { holdClosedPort, type ClosedPort } from "../support/closed-port.ts";
import { HostileServer } from "../support/hostile-server.ts";
import { Observer } from "../support/observer.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { RemoteWorkspace, seenBy } from "../support/remote-workspace.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { testEngine } from "../support/server-process.ts";
import { problemOf, workerPath, type WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

/**
 * How long the Runtime that never answers may take: longer than a page waits for it, by more than a machine may stand
 * still.
 */
const HANG_MS = 4_500;

let here: RemoteSite;
let there: RemoteSite;
let hanging: HostileServer;
let garbled: HostileServer;
let closed: ClosedPort;
let workspace: RemoteWorkspace;
let client: WorkspaceClient;

beforeAll(async () => {
  const garbage = "\u0000\u0001 nothing of HTTP\r\n\r\n";
  [here, there, hanging, garbled, closed] = await Promise.all([
    RemoteSite.start({ id: "here", engine: testEngine, environment: { YOI_DEMO_PACE: "0.05" } }),
    RemoteSite.start({ id: "there", engine: otherEngine(testEngine) }),
    HostileServer.start({ http: () => {}, upgrade: () => {} }),
    HostileServer.start({ http: (request) => void request.socket.end(garbage) }),
    holdClosedPort(),
  ]);
  workspace = await RemoteWorkspace.start({
    sites: [here, there],
    entries: [
      { id: "hanging", base_url: `http://127.0.0.1:${hanging.port}`, timeout_ms: HANG_MS },
      { id: "garbled", base_url: `http://127.0.0.1:${garbled.port}` },
      { id: "closed", base_url: `http://127.0.0.1:${closed.port}` },
      { id: "nameless", base_url: "http://no-such-name.invalid:38800" },
      { id: "tokenless", base_url: there.proxy.url },
    ],
  });
  ({ client } = workspace);
});
afterAll(async () => {
  for (const one of [workspace, here, there, hanging, garbled, closed]) await one?.[Symbol.asyncDispose]();
});

const PROBLEMS: Readonly<Record<string, string>> = {
  hanging: "runtime_timeout",
  garbled: "runtime_network_failed",
  closed: "runtime_refused",
  nameless: "runtime_name_unknown",
  tokenless: "runtime_auth_failed",
};

test("a Runtime that never answers holds up no page, and the lists once", async () => {
  const started = performance.now();
  const page = await client.get("/", { Accept: "text/html" });
  expect(page.status).toBe(200);
  expect(page.text).toContain("Companion");
  expect(performance.now() - started).toBeLessThan(HANG_MS);
  for (const path of ["/api/workers", "/api/runtimes", "/api/hosts", "/api/workers", "/"]) {
    expect((await client.get(path)).status, path).toBe(200);
  }
  expect(performance.now() - started).toBeLessThan(3 * HANG_MS);
  // The page asked, before it was known, for its Workers and for itself; the first list once more.
  expect(hanging.asked.length).toBeGreaterThan(0);
  expect(hanging.asked.length).toBeLessThanOrEqual(4);
});

test("each Runtime is listed: the sound ones with what they can do, the others with what is wrong with them", async () => {
  const { items } = await client.read(listOf(RuntimeSummary), "/api/runtimes");
  const shown = items.map(({ runtime_id, kind, capabilities, diagnostics }) => [
    runtime_id,
    kind,
    capabilities.can_spawn_worker,
    diagnostics.map(({ code }) => code),
  ]);
  const remote = "remote_worker_runtime";
  expect(shown).toEqual([
    ["backend-internal", "embedded_worker_runtime", true, []],
    ...Object.entries(PROBLEMS).map(([id, code]) => [id, remote, false, [code]]),
    ["here", remote, true, []],
    ["there", remote, true, []],
  ]);
  const hosts = await client.read(listOf(HostSummary), "/api/hosts");
  expect(new Set(hosts.items.map(({ host_id }) => host_id)).size).toBe(items.length);
});

test("the Workers of all Runtimes that answer are one list, which names the others' reasons", async () => {
  const refs = [await client.createWorker(here.path), await client.createWorker(there.path)];
  const list = await client.read(listOf(WorkerSummary), "/api/workers");
  const listed = list.items.map(({ runtime_id, worker_id }) => `${runtime_id}/${worker_id}`);
  for (const ref of refs) expect(listed).toContain(`${ref.runtime_id}/${ref.worker_id}`);
  expect(listed).toContain("backend-internal/companion");
  expect(new Set(listed).size).toBe(listed.length);
  expect(list.diagnostics.map(({ code }) => code)).toEqual(Object.values(PROBLEMS));
});

describe("Workers of one id in three Runtimes", () => {
  const runtimes = ["backend-internal", "here", "there"];
  let refs: readonly WorkerRef[];
  beforeAll(async () => {
    // Each Runtime numbers its Workers by itself.
    const made = await Promise.all(runtimes.map((id) => client.createWorker(`/api/runtimes/${id}`)));
    const newest = made
      .map(({ worker_id }) => worker_id)
      .toSorted()
      .at(-1);
    refs = await Promise.all(made.map((ref) => untilNamed(ref, String(newest))));
  });

  async function untilNamed(ref: WorkerRef, workerId: string): Promise<WorkerRef> {
    return ref.worker_id === workerId
      ? ref
      : untilNamed(await client.createWorker(`/api/runtimes/${ref.runtime_id}`), workerId);
  }

  test("hear their own messages only, and are shown to their own viewers only", async () => {
    expect(new Set(refs.map(({ worker_id }) => worker_id)).size).toBe(1);
    const observers = refs.map((ref) => client.observe(ref));
    await Promise.all(observers.map((observer) => observer.snapshot()));
    await Promise.all(refs.map((ref) => client.send(ref, `my name is ${ref.runtime_id}`, "the-same-submission")));
    await Promise.all(observers.map((observer) => observer.idle()));
    for (const [index, ref] of refs.entries()) {
      const words = `my name is ${ref.runtime_id}`;
      const { items } = await client.read(WorkerTranscript, `${workerPath(ref)}/transcript`);
      expect(items.map(({ role }) => role)).toEqual(["user", "assistant"]);
      expect(items[0]?.content).toBe(words);
      const text = observers[index]!.texts.join("\n");
      for (const other of refs) expect(text.includes(`is ${other.runtime_id}`)).toBe(other === ref);
      observers[index]!.cut();
    }
    for (const site of [here, there]) {
      const observer = observers[runtimes.indexOf(site.id)]!;
      expect(seenBy(observer)).toEqual(await site.published(refs[0]!.worker_id));
    }
  });

  test("do not take each other's cursors", async () => {
    for (const from of refs) {
      const source = client.observe(from);
      const { cursor } = await source.snapshot();
      source.cut();
      for (const to of refs.filter((ref) => ref !== from)) {
        await using observer = new Observer(client.url, to, { cursor });
        const what = `a cursor of ${from.runtime_id} at ${to.runtime_id}`;
        expect(await observer.end(), what).toMatchObject({
          code: closeCodeOf("cursor_foreign"),
          diagnostic: { problem: "cursor_foreign" },
        });
      }
    }
  });

  test("are stopped one at a time", async () => {
    const [embedded, first, second] = refs;
    expect((await client.post(`${workerPath(first!)}/stop`, {})).status).toBe(200);
    const states = await Promise.all(
      refs.map(async (ref) => (await client.read(WorkerSummary, workerPath(ref))).state),
    );
    expect(states).toEqual(["running", "stopped", "running"]);
    for (const ref of [embedded!, second!]) await client.send(ref, "still there?");
  });
});

test.concurrent.each(Object.entries(PROBLEMS))(
  "a command to the Runtime %s fails with %s, and so does a viewer",
  async (id, code) => {
    const ref = { runtime_id: id, worker_id: "worker-00000001" } as WorkerRef; // why: ids of the configuration
    await using observer = client.observe(ref);
    const made = client.post(`/api/runtimes/${id}/workers`, {});
    const sent = client.post(`${workerPath(ref)}/input`, { content: "hi" });
    expect([await made, await sent].map((answer) => problemOf(answer).code)).toEqual([code, code]);
    expect(await observer.end()).toMatchObject({ reason: code, diagnostic: { problem: code } });
  },
);
