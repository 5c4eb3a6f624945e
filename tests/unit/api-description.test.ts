/** The API's descriptions against the routes that exist, and against the rules of their formats. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createAsyncApi } from "../../protocol/asyncapi.ts";
import type { Operation } from "../../protocol/operation.ts";
import { describeApi } from "../../routes/describe-api.ts";
import { metricsRoutes } from "../../routes/metrics.ts";
import { descriptionRoutes } from "../../routes/openapi.ts";
import { demoRoutes } from "../../routes/demo.ts";
import { OPERATIONS } from "../../routes/operations.ts";
import { referenceWordsFor, summaryOf } from "../../routes/reference-words.ts";
import { describeRuntimeApi, RUNTIME_OPERATIONS } from "../../runtime/rest/operations.ts";
import { createRestApp } from "../../runtime/rest/rest-app.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { createDemoFaults } from "../../server/demo-faults.ts";
import { API_ROUTES, EVENTS_ROUTE } from "../support/api-routes.ts";

interface Route {
  readonly method: string;
  readonly path: string;
}

const listed = (routes: readonly Route[]) =>
  [...new Set(routes.map(({ method, path }) => `${method} ${path}`))].toSorted();
const described = (operations: readonly Operation[]) =>
  operations.map(({ method, path }) => `${method} ${path}`).toSorted();

/** Every `$ref` in a document that leads nowhere. */
function brokenRefs(document: unknown): string[] {
  const text = JSON.stringify(document);
  const refs = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  const target = (path: string) =>
    path.split("/").reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
  return refs.filter((path) => target(path) === undefined);
}

describe("the Backend's description", () => {
  test("lists every route of the API and no other, each once", () => {
    const descriptions = descriptionRoutes({ assets: { styles: [] }, workspaceName: "w", baseOf: () => "/" });
    const own = new Hono()
      .route("/", descriptions)
      .route(
        "/",
        metricsRoutes({ render: () => "", contentType: "" }, { load: () => Promise.reject(new Error("nobody asks")) }),
      )
      .route("/", demoRoutes(createDemoFaults(async () => {})))
      .routes.map(({ method, path }) => ({ method, path }));
    const stream = { method: "GET", path: EVENTS_ROUTE.path.replace(/\/ws$/, "") };
    expect(described(OPERATIONS)).toEqual(listed([...API_ROUTES, EVENTS_ROUTE, stream, ...own]));
  });

  test("names each operation once", () => {
    const names = OPERATIONS.map(({ id }) => id);
    expect(names).toEqual([...new Set(names)]);
  });

  test("is valid OpenAPI 3.1 with no reference that leads nowhere", async () => {
    const document = JSON.parse(JSON.stringify(describeApi())) as Record<string, unknown>;
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(document["openapi"]).toBe("3.1.0");
    expect(brokenRefs(document)).toEqual([]);
  });

  test("has every summary and every group in both languages", () => {
    for (const operation of OPERATIONS) {
      expect(summaryOf(operation, "en")).toBe(operation.summary);
      expect(summaryOf(operation, "ja")).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
      expect(referenceWordsFor("ja").groups[operation.group]).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    }
  });

  test("tells an open union as the known variants or any other", () => {
    const { components } = describeApi() as { components: { schemas: Record<string, { anyOf: unknown[] }> } };
    const [known, other] = components.schemas["Segment"]!.anyOf as [{ oneOf: unknown[] }, unknown];
    expect(known.oneOf).toHaveLength(6);
    expect(other).toEqual({
      type: "object",
      properties: {
        kind: {
          type: "string",
          not: { enum: ["text", "paste", "file_ref", "knowledge_ref", "workflow_invoke", "unknown"] },
        },
      },
      required: ["kind"],
    });
  });
});

describe("the Runtime's description", () => {
  test("lists every route of the process and no other", () => {
    const app = createRestApp({
      runtime: {} as Runtime, // why: routes are only listed, never called
      token: null,
      limits: { maxTranscriptItems: 1, maxEntries: 1 },
      observation: new Hono().get("/v1/workers/:worker_id/events/ws", (context) => context.body(null)),
      renderMetrics: () => "",
      onUnexpected: () => {},
    });
    const routes = app.routes.filter(({ method }) => method !== "ALL");
    expect(described(RUNTIME_OPERATIONS)).toEqual(listed(routes));
  });

  test("says of every command that it may come too slowly, or too late", () => {
    const commands = RUNTIME_OPERATIONS.filter(({ method }) => method !== "GET");
    const telling = commands.filter(
      ({ problems }) => problems.includes("request_too_slow") && problems.includes("shutting_down"),
    );
    expect(telling.map(({ id }) => id)).toEqual(commands.map(({ id }) => id));
  });

  test("says how what is to be kept may be refused: by what it says, or since the Runtime has ended", () => {
    const problemsOf = (name: string) => RUNTIME_OPERATIONS.find(({ id }) => id === name)?.problems;
    expect(problemsOf("storeConfigBundle")).toEqual(
      expect.arrayContaining(["invalid_profile_selector", "runtime_stopped"]),
    );
    expect(problemsOf("importWorker")).toContain("runtime_stopped");
  });

  test("is valid OpenAPI 3.1 with no reference that leads nowhere", async () => {
    const document = JSON.parse(JSON.stringify(describeRuntimeApi())) as Record<string, unknown>;
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(brokenRefs(document)).toEqual([]);
  });
});

test("the frames' description has both hops, every kind of frame, and no reference that leads nowhere", () => {
  const document = createAsyncApi("1.0.0");
  expect(Object.keys(document["channels"] as object)).toEqual(["viewer", "runtime"]);
  expect(Object.keys((document["components"] as { messages: object }).messages)).toEqual(
    ["viewer", "runtime"].flatMap((hop) => ["event", "diagnostic", "heartbeat"].map((kind) => `${hop}.${kind}`)),
  );
  expect(brokenRefs(document)).toEqual([]);
});
