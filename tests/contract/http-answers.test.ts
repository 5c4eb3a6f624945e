import { arch, platform } from "node:os";
import { expect, test } from "vitest";
import {
  ConfigBundleResult,
  HostSummary,
  listOf,
  RuntimeSummary,
  WorkerEntries,
  WorkerInputResult,
  WorkerLifecycleResult,
  WorkerSpawnResult,
  WorkerSummary,
  WorkerTranscript,
  WorkspaceSummary,
} from "../../protocol/backend-api.ts";
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf, RUNTIME_PATH, workerPath } from "../support/workspace-client.ts";

const workspace = serveWorkspace({ YOI_WORKSPACE_ID: "lab", YOI_WORKSPACE_NAME: "研究室" });

const LIST = { workspace_id: "lab", limit: 10_000, source: "worker_runtime_registry", diagnostics: [] };
const HOST_ID = /^embedded-lab-[0-9a-f]{16}$/;
/** More than a page of anything has. */
const MANY_WORKERS = 250;

test("GET /healthz answers ok", async () => {
  const answer = await workspace.client.get("/healthz");
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toEqual({ status: "ok" });
});

test("GET /api/workspace names the workspace and its extension points", async () => {
  expect(await workspace.client.read(WorkspaceSummary, "/api/workspace")).toEqual({
    workspace_id: "lab",
    display_name: "研究室",
    record_authority: "workspace_server",
    schema_version: 1,
    auth: { LocalDevToken: { token_configured: false } },
    extension_points: {
      store: "fs_store",
      event_stream: { status: "backend_proxy", note: expect.any(String), diagnostics: [] },
      host_worker_bridge: { status: "runtime_registry", note: expect.any(String), diagnostics: [] },
      companion_console: { status: "connected", note: expect.any(String), diagnostics: [] },
    },
  });
});

test("GET /api/runtimes lists the embedded Runtime, as GET /api/runtimes/{id} shows it", async () => {
  const list = await workspace.client.read(listOf(RuntimeSummary), "/api/runtimes");
  expect(list).toEqual({ ...LIST, items: [expect.anything()] });
  const runtime = list.items[0]!;
  expect(runtime).toEqual({
    runtime_id: "backend-internal",
    label: "研究室",
    kind: "embedded_worker_runtime",
    status: "running",
    source: {
      kind: "embedded_worker_runtime",
      status: "active",
      identity_authority: "runtime_registry_projection",
      note: expect.any(String),
    },
    host_ids: [expect.stringMatching(HOST_ID)],
    capabilities: {
      can_list_hosts: true,
      can_list_workers: true,
      can_get_worker: true,
      can_spawn_worker: true,
      can_stop_worker: true,
      can_accept_input: true,
      has_workspace_fs: false,
      has_shell: false,
      has_git: false,
      supports_worktrees: false,
      supports_backend_internal_tools: true,
      workspace_scope: "backend_internal",
      max_workers: 1000,
      os: platform(),
      arch: expect.stringContaining(arch() === "x64" ? "64" : arch().slice(0, 3)),
    },
    diagnostics: [],
  });
  expect(await workspace.client.read(RuntimeSummary, RUNTIME_PATH)).toEqual(runtime);
});

test("GET /api/hosts lists the Runtime's host, and its Workers are found by it", async () => {
  const list = await workspace.client.read(listOf(HostSummary), "/api/hosts");
  expect(list).toMatchObject({ ...LIST, items: [{ runtime_id: "backend-internal", status: "available" }] });
  const host = list.items[0]!;
  expect(host.host_id).toMatch(HOST_ID);
  expect(host.kind).toBe("embedded-worker-runtime-host");
  expect(host.last_seen_at).toBeNull();
  expect(new Date(host.observed_at).toISOString()).toBe(host.observed_at);
  const workers = await workspace.client.read(listOf(WorkerSummary), `/api/hosts/${host.host_id}/workers`);
  expect(workers.items.map((worker) => worker.worker_id)).toContain("companion");
});

test("GET /api/workers, of a Runtime and of a Worker show the same Companion", async () => {
  const { client } = workspace;
  const all = await client.read(listOf(WorkerSummary), "/api/workers");
  const companion = all.items.find((worker) => worker.worker_id === "companion");
  expect(all).toMatchObject(LIST);
  expect(companion).toEqual({
    runtime_id: "backend-internal",
    worker_id: "companion",
    host_id: expect.stringMatching(HOST_ID),
    label: "Companion",
    role: "builtin:companion",
    profile: "builtin:companion",
    workspace: { visibility: "backend_internal", identity: "runtime_registry_worker" },
    state: "running",
    status: "idle",
    last_seen_at: null,
    implementation: { kind: "embedded_worker_runtime", display_hint: expect.any(String) },
    capabilities: { can_accept_input: true, can_stop: true, can_spawn_followup: false },
    transcript_len: 0,
    diagnostics: [],
  });
  const ofRuntime = await client.read(listOf(WorkerSummary), `${RUNTIME_PATH}/workers`);
  expect(ofRuntime.items).toContainEqual(companion);
  expect(await client.read(WorkerSummary, `${RUNTIME_PATH}/workers/companion`)).toEqual(companion);
});

test("GET /api/workers lists every Worker, the newest of many too", async () => {
  const { client } = workspace;
  const made = await Promise.all(Array.from({ length: MANY_WORKERS }, () => client.createWorker()));
  for (const path of ["/api/workers", `${RUNTIME_PATH}/workers`]) {
    const { items, diagnostics } = await client.read(listOf(WorkerSummary), path);
    const listed = new Set(items.map(({ worker_id }) => worker_id));
    expect(made.filter(({ worker_id }) => !listed.has(worker_id))).toEqual([]);
    expect(diagnostics).toEqual([]);
  }
});

test("POST workers makes a Worker from `{}` and from the reference's minimum", async () => {
  const minimum = {
    intent: { kind: "workspace_orchestrator" },
    acceptance: { kind: "run_accepted", expected_segments: 0 },
  };
  for (const request of [{}, minimum]) {
    const result = parseAnswer(WorkerSpawnResult, await workspace.client.post(`${RUNTIME_PATH}/workers`, request));
    const worker = result.worker!;
    expect(result).toEqual({
      state: "accepted",
      worker,
      acceptance_evidence: [{ kind: "embedded_runtime_worker_created", detail: worker.worker_id }],
      diagnostics: [],
    });
    expect(worker).toMatchObject({
      status: "idle",
      profile: "runtime_default",
      capabilities: { can_accept_input: true },
    });
    expect(await workspace.client.read(WorkerSummary, workerPath(worker))).toEqual(worker);
  }
});

test("POST workers gives the name, the profile and the first message", async () => {
  const { client } = workspace;
  const request = {
    intent: { kind: "workspace_companion" },
    requested_worker_name: "  Second one  ",
    initial_input: { content: "/demo burst" },
  };
  const { worker } = parseAnswer(WorkerSpawnResult, await client.post(`${RUNTIME_PATH}/workers`, request));
  expect(worker).toMatchObject({ label: "Second one", profile: "builtin:companion" });
  await using observer = client.observe(worker!);
  await observer.until("the first answer", ({ transcript }) => transcript.run.state === "ended");
  const { items } = await client.read(WorkerTranscript, `${workerPath(worker!)}/transcript`);
  expect(items.map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("POST input acknowledges the committed message with its place in the transcript", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = client.observe(ref);
  await observer.snapshot();
  const result = parseAnswer(WorkerInputResult, await client.post(`${workerPath(ref)}/input`, { content: "Hello" }));
  expect(result).toEqual({
    state: "accepted",
    ...ref,
    transcript_sequence: 1,
    event_id: expect.any(Number),
    diagnostics: [],
  });
  await observer.idle();
  const page = await client.read(WorkerTranscript, `${workerPath(ref)}/transcript`);
  expect(page.items[0]).toMatchObject({ sequence: 1, role: "user", content: "Hello", event_id: result.event_id });
});

test("GET transcript pages from the oldest line and clamps the limit", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  for (let turn = 0; turn < 3; turn += 1) (await client.converse(ref, `/demo burst ${turn}`)).cut();
  const path = `${workerPath(ref)}/transcript`;
  const all = await client.read(WorkerTranscript, path);
  expect(all).toMatchObject({ state: "accepted", ...ref, start: 0, limit: 200, total_items: 6, diagnostics: [] });
  expect(all).not.toHaveProperty("next_start");
  expect(all.items.map(({ sequence, role }) => `${sequence} ${role}`)).toEqual([
    "1 user",
    "2 assistant",
    "3 user",
    "4 assistant",
    "5 user",
    "6 assistant",
  ]);
  const page = await client.read(WorkerTranscript, `${path}?start=2&limit=3`);
  expect(page).toMatchObject({ start: 2, limit: 3, total_items: 6, next_start: 5, items: all.items.slice(2, 5) });
  const rest = await client.read(WorkerTranscript, `${path}?start=${page.next_start}&limit=9999`);
  expect(rest).toMatchObject({ start: 5, limit: 200, items: all.items.slice(5) });
  expect(rest).not.toHaveProperty("next_start");
  const beyond = await client.read(WorkerTranscript, `${path}?start=9999999999999999`);
  expect(beyond).toMatchObject({ total_items: 6, items: [] });
  expect(beyond).not.toHaveProperty("next_start");
  expect(await client.read(WorkerTranscript, `${path}?limit=0`)).toMatchObject({ limit: 0, items: [] });
});

test("GET entries pages upwards from where the snapshot begins", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = await client.converse(ref, "/demo burst");
  const path = `${workerPath(ref)}/entries`;
  const all = await client.read(WorkerEntries, path);
  expect(all).toMatchObject({ ...ref, entries_start: 0, oldest_kept: 0, entries_total: all.entries.length });
  expect(all.entries).toEqual(observer.transcript.entries);
  const page = await client.read(WorkerEntries, `${path}?before=3&limit=2`);
  expect(page).toMatchObject({ entries_start: 1, entries_total: all.entries.length, entries: all.entries.slice(1, 3) });
  const none = await client.read(WorkerEntries, `${path}?before=0`);
  expect(none).toMatchObject({ entries_start: 0, entries: [] });
});

test("POST config-bundles keeps a bundle, and its availability is asked for by its digest", async () => {
  const { client } = workspace;
  const bundle = await sealed(bundleOf({ id: "bundle.one:1" }));
  const { id, digest } = bundle.metadata;
  const stored = parseAnswer(ConfigBundleResult, await client.post(`${RUNTIME_PATH}/config-bundles`, { bundle }));
  expect(stored).toMatchObject({
    state: "accepted",
    availability: { reference: { id, digest }, summary: { id, digest, digest_algorithm: "sha256", profile_count: 1 } },
    diagnostics: [],
  });
  const path = `${RUNTIME_PATH}/config-bundles/${id}/availability`;
  expect(await client.read(ConfigBundleResult, `${path}?digest=${digest}`)).toEqual(stored);
  expect(problemOf(await client.get(`${path}?digest=${"0".repeat(64)}`))).toMatchObject({
    code: "config_bundle_digest_mismatch",
  });
  for (const query of ["", "?digest=", `?digest=${digest.toUpperCase()}`, `?digest=${digest}0`]) {
    expect(problemOf(await client.get(path + query)), query).toMatchObject({ status: 400, code: "invalid_query" });
  }
});

test("POST cancel of an idle Worker changes nothing and says so again", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  const first = parseAnswer(WorkerLifecycleResult, await client.post(`${workerPath(ref)}/cancel`, {}));
  expect(first).toEqual({ state: "accepted", ...ref, event_id: expect.any(Number), diagnostics: [] });
  expect(parseAnswer(WorkerLifecycleResult, await client.post(`${workerPath(ref)}/cancel`, {}))).toEqual(first);
  expect(await client.read(WorkerSummary, workerPath(ref))).toMatchObject({ state: "running", status: "idle" });
});

test("POST stop ends the Worker once, with the same event at every repetition", async () => {
  const { client } = workspace;
  const ref = await client.createWorker();
  const stop = async (body: unknown) =>
    parseAnswer(WorkerLifecycleResult, await client.post(`${workerPath(ref)}/stop`, body));
  const first = await stop({ reason: "no longer needed" });
  expect(first).toEqual({ state: "accepted", ...ref, event_id: expect.any(Number), diagnostics: [] });
  expect(await stop({})).toEqual(first);
  expect(await client.read(WorkerSummary, workerPath(ref))).toMatchObject({
    state: "stopped",
    status: "stopped",
    capabilities: { can_accept_input: false, can_stop: false },
  });
  const refused = problemOf(await client.post(`${workerPath(ref)}/input`, { content: "Anybody there?" }));
  expect(refused).toMatchObject({ status: 409, code: "worker_stopped" });
});

test.each(["/api/workspace", "/api/runtimes", "/api/workers", "/healthz"])(
  "HEAD %s answers like GET without a body",
  async (path) => {
    const get = await workspace.client.get(path);
    const head = await workspace.client.request(path, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
  },
);
