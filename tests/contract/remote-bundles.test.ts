/** Config bundles and new Workers through the Backend, over a Runtime behind real sockets. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { ConfigBundleResult, WorkerSpawnResult } from "../../protocol/backend-api.ts";
import { ProblemBody } from "../../protocol/problem.ts";
import { problemHandler } from "../../routes/problem.ts";
import { runtimeRoutes } from "../../routes/runtimes.ts";
import { systemClock, systemRandom } from "../../runtime/clock.ts";
import { createBackend } from "../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { LAB } from "../support/remote-failures.ts";
import { COMPANION, ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { serveRuntime } from "../support/served-runtime.ts";

async function openScene() {
  const fixture = await openRuntimeFixture({ runtimeId: LAB });
  await ensureCompanion(fixture.runtime);
  const served = await serveRuntime(fixture.runtime);
  const backend = createBackend({
    workspace: { id: "workspace", displayName: "Workspace" },
    runtimes: [served.remote],
    companion: { runtime_id: served.remote.runtimeId, worker_id: COMPANION },
    cursorSecret: new Uint8Array(32),
    limits: DEFAULT_BACKEND_LIMITS,
    host: { os: "linux", arch: "x64" },
    clock: systemClock,
    random: systemRandom,
  });
  const app = new Hono()
    .onError(problemHandler({ onUnexpected: () => {}, renderPage: () => "" }))
    .route("/", runtimeRoutes(backend));
  return {
    runtime: fixture.runtime,
    get: (path: string) => app.request(`/api/runtimes/${LAB}${path}`),
    post: (path: string, body: unknown) =>
      app.request(`/api/runtimes/${LAB}${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

describe("a config bundle through the Backend", () => {
  test("is stored in the Runtime and found there by its digest", async () => {
    await using scene = await openScene();
    const bundle = await sealed(bundleOf({ id: "demo.bundle-1" }));
    const { id, digest } = bundle.metadata;
    const stored = await scene.post("/config-bundles", { bundle });
    expect(stored.status).toBe(200);
    const result = ConfigBundleResult.parse(await stored.json());
    expect(result).toMatchObject({ state: "accepted", availability: { reference: { id, digest } }, diagnostics: [] });
    const found = await scene.get(`/config-bundles/${id}/availability?digest=${digest}`);
    expect(await found.json()).toEqual(result);
    expect((await scene.runtime.listConfigBundles()).map((summary) => summary.id)).toEqual([id]);
  });

  test("that is missing, differs or is malformed is refused, each with its code", async () => {
    await using scene = await openScene();
    const bundle = await sealed(bundleOf());
    await scene.post("/config-bundles", { bundle });
    const zeros = "0".repeat(64);
    const answers = [
      scene.get(`/config-bundles/nowhere/availability?digest=${zeros}`),
      scene.get(`/config-bundles/demo-bundle/availability?digest=${zeros}`),
      scene.get("/config-bundles/demo-bundle/availability"),
      scene.get(`/config-bundles/-x/availability?digest=${zeros}`),
      scene.post("/config-bundles", { bundle: { ...bundle, metadata: { ...bundle.metadata, revision: "r2" } } }),
      scene.post("/config-bundles", { bundle, more: 1 }),
    ];
    const codes = answers.map(async (answer) => ProblemBody.parse(await (await answer).json()).code);
    expect(await Promise.all(codes)).toEqual([
      "config_bundle_missing",
      "config_bundle_digest_mismatch",
      "invalid_query",
      "invalid_id",
      "config_bundle_digest_mismatch",
      "invalid_request",
    ]);
  });
});

test("a Worker that is made on a Runtime elsewhere is told as such, with when it was seen", async () => {
  await using scene = await openScene();
  const made = await scene.post("/workers", { requested_worker_name: "Scribe" });
  const { worker, acceptance_evidence } = WorkerSpawnResult.parse(await made.json());
  expect(acceptance_evidence).toEqual([{ kind: "remote_runtime_worker_created", detail: worker?.worker_id }]);
  expect(worker).toMatchObject({
    runtime_id: LAB,
    label: "Scribe",
    role: null,
    profile: "runtime_default",
    workspace: { visibility: "remote_runtime", identity: "runtime_registry_worker" },
    implementation: { kind: "remote_worker_runtime" },
    last_seen_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
  expect(worker?.host_id).toMatch(/^remote-lab-[0-9a-f]{16}$/);
});
