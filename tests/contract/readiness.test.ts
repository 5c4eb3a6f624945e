/** `/readyz`: when a server says that it can do its work. Its answer while the server ends is with the other shutdown tests. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { ProblemError } from "../../protocol/problem.ts";
import { healthRoutes } from "../../routes/health.ts";
import { notFoundHandler, problemHandler } from "../../routes/problem.ts";
import { healthRoutes as processHealthRoutes } from "../../runtime/rest/operation-routes.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import { backendOf } from "../support/backend-of.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";
import { serveWorkspace } from "../support/served-workspace.ts";

const workspace = serveWorkspace({ YOI_ACCESS_TOKEN: "an-access-token-of-some-length" });

test("GET /readyz answers ready without a login", async () => {
  const answer = await workspace.client.get("/readyz");
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { status: "ready" }]);
  expect(answer.headers.get("Cache-Control")).toBe("no-store");
});

test("GET /readyz answers 503 with the reason where the Runtime can't be asked; GET /healthz answers ok", async () => {
  const rendering = { onUnexpected: () => {}, renderPage: () => "" };
  const app = new Hono().route(
    "/",
    healthRoutes({
      checkReady: async () => {
        throw new ProblemError("runtime_unavailable", 'Runtime "backend-internal" did not answer in time.');
      },
    }),
  );
  app.onError(problemHandler(rendering));
  app.notFound(notFoundHandler(rendering));
  const answer = await app.request("/readyz");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    code: "runtime_unavailable",
    detail: 'Runtime "backend-internal" did not answer in time.',
  });
  expect((await app.request("/healthz")).status).toBe(200);
});

test("GET /readyz answers 503 where the store is lost, at the server as at a Runtime process", async () => {
  let isLost = false;
  await using fixture = await openRuntimeFixture({ store: { ...createMemoryStore(), isLost: () => isLost } });
  const { runtime } = fixture;
  await using backend = await backendOf(runtime);
  const rendering = { onUnexpected: () => {}, renderPage: () => "" };
  const apps = [healthRoutes(backend), processHealthRoutes(runtime, () => false)].map((routes) =>
    new Hono().route("/", routes).onError(problemHandler(rendering)),
  );
  const statuses = () => Promise.all(apps.map(async (app) => (await app.request("/readyz")).status));
  expect(await statuses()).toEqual([200, 200]);
  isLost = true;
  expect(await statuses()).toEqual([503, 503]);
});
