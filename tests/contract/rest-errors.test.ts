/** Every error of the command API: its code, its status, its body, over a real port. */
import { describe, expect, test } from "vitest";
import { PROBLEM_CODES } from "../../protocol/problem.ts";
import { restError } from "../../runtime/rest/error-table.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import wire from "../fixtures/wire/runtime-api.json" with { type: "json" };
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { serveRuntime, type Answer, type RuntimeServer } from "../support/runtime-server.ts";
import { hang } from "../support/scripted-model.ts";
import { shapeOf } from "../support/wire-shape.ts";

const WORKER = "/v1/workers/worker-00000001";
const DEFAULT = { kind: "runtime_default" };
const ZERO_DIGEST = "0".repeat(64);

/** Status and code of an answer that has the shape of an error. */
function failure({ status, type, body }: Answer): readonly [number, string] {
  expect(type).toBe("application/json");
  expect(shapeOf(body)).toEqual(shapeOf(wire.error));
  return [status, (body as typeof wire.error).error.code]; // why: the shape was just seen to be that
}

async function serveBusy(): Promise<RuntimeServer> {
  const server = await serveRuntime({ scripts: [[hang]], limits: { runtime: { maxWorkers: 2 } } });
  await server.request("POST", "/v1/workers", { profile: DEFAULT, initial_input: { kind: "user", content: "hi" } });
  return server;
}

describe("the error table", () => {
  test("gives every problem a code and a status", () => {
    for (const code of PROBLEM_CODES) {
      const error = restError(code);
      expect(error.code).toMatch(/^[a-z_]+$/);
      expect(error.status).toBeGreaterThanOrEqual(400);
    }
  });

  test("speaks the reference's words", () => {
    const words = [
      ["unauthorized", "unauthorized", 401],
      ["worker_not_found", "worker_not_found", 404],
      ["config_bundle_missing", "config_bundle_missing", 404],
      ["runtime_stopped", "runtime_stopped", 409],
      ["unsupported", "worker_execution_rejected", 409],
      ["invalid_json", "invalid_json", 400],
      ["unsupported_media_type", "invalid_json", 400],
      ["body_too_large", "invalid_json", 400],
      ["invalid_query", "invalid_query", 400],
      ["invalid_id", "invalid_worker_id", 400],
      ["invalid_request", "invalid_request", 400],
      ["input_empty", "invalid_request", 400],
      ["worker_stopped", "invalid_request", 400],
      ["limit_too_large", "limit_too_large", 400],
      ["invalid_initial_input_kind", "invalid_initial_input_kind", 400],
      ["config_bundle_digest_mismatch", "config_bundle_digest_mismatch", 400],
      ["invalid_profile_selector", "invalid_profile_selector", 400],
      ["unsupported_config_declaration", "unsupported_config_declaration", 400],
      // Ours, on top.
      ["worker_busy", "worker_busy", 409],
      ["input_too_large", "input_too_large", 413],
      ["submission_conflict", "submission_conflict", 409],
      ["too_many_workers", "too_many_workers", 429],
      ["too_many_config_bundles", "too_many_config_bundles", 429],
      ["websocket_upgrade_required", "websocket_upgrade_required", 426],
      ["internal", "internal", 500],
    ] as const;
    for (const [problem, code, status] of words) expect(restError(problem)).toEqual({ code, status });
  });
});

describe("an error over HTTP", () => {
  const input = (content: string, more: object = {}) => ({ kind: "user", content, ...more });

  test.each<[string, string, string, unknown, number, string]>([
    ["an unknown Worker", "GET", "/v1/workers/worker-000000ff", undefined, 404, "worker_not_found"],
    ["an id that none can have", "GET", "/v1/workers/a.b", undefined, 404, "worker_not_found"],
    ["an id that is too long", "GET", `/v1/workers/${"a".repeat(121)}`, undefined, 404, "worker_not_found"],
    ["a blank id", "GET", "/v1/workers/%20%09", undefined, 400, "invalid_worker_id"],
    ["a blank id for input", "POST", "/v1/workers/%20/input", input("hi"), 400, "invalid_worker_id"],
    ["a blank id for stop", "POST", "/v1/workers/%20/stop", undefined, 400, "invalid_worker_id"],
    ["a blank id for cancel", "POST", "/v1/workers/%20/cancel", {}, 400, "invalid_worker_id"],
    ["a blank id for a transcript", "GET", "/v1/workers/%20/transcript", undefined, 400, "invalid_worker_id"],
    ["input to an unknown Worker", "POST", "/v1/workers/other/input", input("hi"), 404, "worker_not_found"],
    [
      "system input to an unknown Worker",
      "POST",
      "/v1/workers/other/input",
      { kind: "system", content: "x" },
      404,
      "worker_not_found",
    ],
    ["stop of an unknown Worker", "POST", "/v1/workers/other/stop", undefined, 404, "worker_not_found"],
    ["cancel of an unknown Worker", "POST", "/v1/workers/other/cancel", undefined, 404, "worker_not_found"],
    ["the transcript of an unknown Worker", "GET", "/v1/workers/other/transcript", undefined, 404, "worker_not_found"],
    ["the entries of an unknown Worker", "GET", "/v1/workers/other/entries", undefined, 404, "worker_not_found"],
    ["blank input", "POST", `${WORKER}/input`, input(" \n"), 400, "invalid_request"],
    ["input that is too long", "POST", `${WORKER}/input`, input("x".repeat(100_001)), 413, "input_too_large"],
    ["input to a busy Worker", "POST", `${WORKER}/input`, input("hi"), 409, "worker_busy"],
    ["system input", "POST", `${WORKER}/input`, { kind: "system", content: "x" }, 409, "worker_execution_rejected"],
    ["input of another kind", "POST", `${WORKER}/input`, { kind: "robot", content: "x" }, 400, "invalid_json"],
    ["input without a kind", "POST", `${WORKER}/input`, { content: "x" }, 400, "invalid_json"],
    ["input without content", "POST", `${WORKER}/input`, { kind: "user" }, 400, "invalid_json"],
    ["a malformed submission id", "POST", `${WORKER}/input`, input("x", { submission_id: "a b" }), 400, "invalid_json"],
    ["a Worker without a profile", "POST", "/v1/workers", {}, 400, "invalid_json"],
    ["a profile of another kind", "POST", "/v1/workers", { profile: { kind: "custom" } }, 400, "invalid_json"],
    ["an unknown profile", "POST", "/v1/workers", { profile: { kind: "named", value: "x" } }, 400, "invalid_request"],
    [
      "a blank bundle",
      "POST",
      "/v1/workers",
      { profile: DEFAULT, config_bundle: { id: "", digest: "" } },
      400,
      "invalid_request",
    ],
    [
      "an unknown bundle",
      "POST",
      "/v1/workers",
      { profile: DEFAULT, config_bundle: { id: "x", digest: ZERO_DIGEST } },
      404,
      "config_bundle_missing",
    ],
    [
      "a first message of the system",
      "POST",
      "/v1/workers",
      { profile: DEFAULT, initial_input: { kind: "system", content: "x" } },
      400,
      "invalid_initial_input_kind",
    ],
    [
      "a blank first message",
      "POST",
      "/v1/workers",
      { profile: DEFAULT, initial_input: input(" ") },
      400,
      "invalid_request",
    ],
    [
      "a name that is too long",
      "POST",
      "/v1/workers",
      { profile: DEFAULT, display_name: "x".repeat(81) },
      400,
      "invalid_json",
    ],
    ["a body without a bundle", "POST", "/v1/config-bundles", {}, 400, "invalid_json"],
    ["a bundle without metadata", "POST", "/v1/config-bundles", { bundle: {} }, 400, "invalid_json"],
    [
      "a bundle's availability without a digest",
      "GET",
      "/v1/config-bundles/x/availability",
      undefined,
      400,
      "invalid_query",
    ],
    [
      "a bundle's availability with two digests",
      "GET",
      "/v1/config-bundles/x/availability?digest=a&digest=a",
      undefined,
      400,
      "invalid_query",
    ],
    ["a malformed digest", "GET", "/v1/config-bundles/x/availability?digest=a", undefined, 400, "invalid_request"],
    [
      "an unknown bundle's availability",
      "GET",
      `/v1/config-bundles/x/availability?digest=${ZERO_DIGEST}`,
      undefined,
      404,
      "config_bundle_missing",
    ],
    ["a limit above the maximum", "GET", `${WORKER}/transcript?limit=257`, undefined, 400, "limit_too_large"],
    [
      "a limit above the maximum of an unknown Worker",
      "GET",
      "/v1/workers/other/transcript?limit=257",
      undefined,
      400,
      "limit_too_large",
    ],
    ["a negative start", "GET", `${WORKER}/transcript?start=-1`, undefined, 400, "invalid_query"],
    ["an empty start", "GET", `${WORKER}/transcript?start=`, undefined, 400, "invalid_query"],
    ["a broken limit", "GET", `${WORKER}/transcript?limit=1.5`, undefined, 400, "invalid_query"],
    ["a limit in words", "GET", `${WORKER}/transcript?limit=ten`, undefined, 400, "invalid_query"],
    [
      "a limit past all numbers",
      "GET",
      `${WORKER}/transcript?limit=99999999999999999`,
      undefined,
      400,
      "invalid_query",
    ],
    ["two starts", "GET", `${WORKER}/transcript?start=0&start=1`, undefined, 400, "invalid_query"],
    ["a negative before", "GET", `${WORKER}/entries?before=-1`, undefined, 400, "invalid_query"],
  ])("%s", async (_case, method, path, body, status, code) => {
    await using server = await serveBusy();
    expect(failure(await server.request(method, path, body))).toEqual([status, code]);
    expect(server.unexpected).toEqual([]);
  });

  test("a bundle with another digest, another declaration, another selector", async () => {
    await using server = await serveRuntime();
    const store = async (bundle: unknown) => failure(await server.request("POST", "/v1/config-bundles", { bundle }));
    const plain = bundleOf();
    expect(await store({ ...plain, metadata: { ...plain.metadata, digest: ZERO_DIGEST } })).toEqual([
      400,
      "config_bundle_digest_mismatch",
    ]);
    const declared = bundleOf({ declarations: [{ kind: "secret_ref", name: "x", reference: "mount:x" }] });
    expect(await store(await sealed(declared))).toEqual([400, "unsupported_config_declaration"]);
    const blank = bundleOf({ profiles: [{ selector: { kind: "named", value: " " } }] });
    expect(await store(await sealed(blank))).toEqual([400, "invalid_profile_selector"]);
    const { reference } = await server.runtime.storeConfigBundle(await sealed(plain));
    const request = { profile: { kind: "builtin", value: "builtin:companion" }, config_bundle: reference };
    expect(failure(await server.request("POST", "/v1/workers", request))).toEqual([400, "invalid_profile_selector"]);
    const wrong = `/v1/config-bundles/demo-bundle/availability?digest=${ZERO_DIGEST}`;
    expect(failure(await server.request("GET", wrong))).toEqual([400, "config_bundle_digest_mismatch"]);
  });

  test("a named profile that a bundle lists and the Runtime lacks is its refusal", async () => {
    await using server = await serveRuntime();
    const profile = { kind: "named", value: "quiet" } as const;
    const { reference } = await server.runtime.storeConfigBundle(
      await sealed(bundleOf({ profiles: [{ selector: profile }] })),
    );
    const answer = await server.request("POST", "/v1/workers", { profile, config_bundle: reference });
    expect(failure(answer)).toEqual([409, "worker_execution_rejected"]);
  });

  test("a stopped Worker, a used submission id, a full Runtime, a stopped Runtime", async () => {
    await using server = await serveBusy();
    const send = async (content: string) =>
      failure(await server.request("POST", `${WORKER}/input`, input(content, { submission_id: "s-1" })));
    await server.request("POST", `${WORKER}/cancel`);
    await server.request("POST", `${WORKER}/input`, input("one", { submission_id: "s-1" }));
    expect(await send("two")).toEqual([409, "submission_conflict"]);
    await server.request("POST", `${WORKER}/stop`);
    expect(await send("two")).toEqual([409, "submission_conflict"]);
    expect(failure(await server.request("POST", `${WORKER}/input`, input("three")))).toEqual([400, "invalid_request"]);
    expect((await server.request("POST", "/v1/workers", { profile: DEFAULT })).status).toBe(200);
    const full = await server.request("POST", "/v1/workers", { profile: DEFAULT });
    expect(failure(full)).toEqual([429, "too_many_workers"]);
    await server.runtime[Symbol.asyncDispose]();
    expect(failure(await server.request("POST", "/v1/workers", { profile: DEFAULT }))).toEqual([
      409,
      "runtime_stopped",
    ]);
    const bundle = await sealed(bundleOf());
    expect(failure(await server.request("POST", "/v1/config-bundles", { bundle }))).toEqual([409, "runtime_stopped"]);
    expect((await server.request("GET", "/v1/runtime")).body).toMatchObject({ runtime: { status: "stopped" } });
  });

  test("nothing of an unexpected failure leaves but its code", async () => {
    const failing = {
      ...createMemoryStore(),
      putWorker: () => Promise.reject(new Error("EIO: /secret/path token-123")),
    };
    await using server = await serveRuntime({ store: failing });
    const answer = await server.request("POST", "/v1/workers", { profile: DEFAULT });
    expect(failure(answer)).toEqual([500, "internal"]);
    expect(JSON.stringify(answer.body)).not.toMatch(/EIO|secret|token/);
    expect(server.unexpected.map(String)).toEqual(["Error: EIO: /secret/path token-123"]);
  });
});

describe("a body", () => {
  const post = (server: RuntimeServer, path: string, body: BodyInit, type?: string) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      body,
      headers: type === undefined ? {} : { "Content-Type": type },
    });
  const code = async (response: Response) => {
    const { error } = (await response.json()) as Partial<typeof wire.error>; // why: an error's body, or none
    return [response.status, error?.code ?? null];
  };
  const MESSAGE = '{"kind":"user","content":"hi"}';

  test.each([
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ["Application/JSON", 200],
    ["application/vnd.yoi+json", 200],
    ["application/jsonp", 400],
    ["text/plain", 400],
    ["text/json", 400],
  ])("of the type %s is answered with %i", async (type, status) => {
    await using server = await serveRuntime();
    await server.request("POST", "/v1/workers", { profile: DEFAULT });
    const response = await post(server, `${WORKER}/input`, MESSAGE, type);
    expect(await code(response)).toEqual([status, status === 200 ? null : "invalid_json"]);
  });

  test.each([
    ["nothing", ""],
    ["half of it", '{"kind":"user"'],
    ["a list", "[]"],
    ["null", "null"],
    ["a byte order mark first", `\uFEFF${MESSAGE}`],
    ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("that is %s is invalid JSON, also for a stop where it is not empty", async (_case, body) => {
    await using server = await serveRuntime();
    await server.request("POST", "/v1/workers", { profile: DEFAULT });
    expect(await code(await post(server, `${WORKER}/input`, body, "application/json"))).toEqual([400, "invalid_json"]);
    const stop = await post(server, `${WORKER}/stop`, body, "text/plain");
    expect(await code(stop)).toEqual(body === "" ? [200, null] : [400, "invalid_json"]);
  });

  test("of a stop is read whatever its type, and may say why", async () => {
    await using server = await serveRuntime();
    await server.request("POST", "/v1/workers", { profile: DEFAULT });
    expect((await post(server, `${WORKER}/cancel`, '{"reason":"enough","x":1}', "text/plain")).status).toBe(200);
    expect(await code(await post(server, `${WORKER}/cancel`, '{"reason":1}'))).toEqual([400, "invalid_json"]);
    expect((await post(server, `${WORKER}/stop`, "{}")).status).toBe(200);
  });

  test("of 2 MiB is read; one byte more is refused, told or not how long it is", async () => {
    await using server = await serveRuntime({ limits: { worker: { maxInputChars: 3_000_000 } } });
    await server.request("POST", "/v1/workers", { profile: DEFAULT });
    const frame = '{"kind":"user","content":""}'.length;
    const ofSize = (bytes: number) => `{"kind":"user","content":"${"x".repeat(bytes - frame)}"}`;
    expect((await post(server, `${WORKER}/input`, ofSize(2_097_152), "application/json")).status).toBe(200);
    const large = ofSize(2_097_153);
    const head = (path: string, more: Record<string, string>) =>
      requestHead("POST", path, { "Content-Type": "application/json", ...more });
    const chunked = { "Transfer-Encoding": "chunked" };
    const sized = { "Content-Length": String(large.length) };
    const inChunks = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    for (const bytes of [head(`${WORKER}/input`, sized) + large, head(`${WORKER}/input`, chunked) + inChunks]) {
      const { status, body } = await sendRaw(server.port, bytes);
      expect([status, JSON.parse(body).error.code]).toEqual([400, "invalid_json"]);
    }
    const stop = await sendRaw(server.port, head(`${WORKER}/stop`, sized) + large);
    expect([stop.status, stop.headers.get("content-type")?.split(";")[0]]).toEqual([413, "text/plain"]);
  });
});

describe("a path or a method that there is not", () => {
  test.each([
    ["GET", "/"],
    ["GET", "/v1"],
    ["GET", "/v1/workers/"],
    ["GET", "/v1/Workers"],
    ["POST", "/v1/workers/worker-00000001/pause"],
    ["GET", "/v1/workers/worker-00000001/input/x"],
    ["DELETE", "/v2/runtime"],
  ])("%s %s is 404 without a body", async (method, path) => {
    await using server = await serveRuntime();
    expect(await server.request(method, path)).toEqual({ status: 404, type: null, body: "" });
  });

  test.each([
    ["POST", "/v1/runtime", "GET,HEAD"],
    ["DELETE", "/v1/workers", "GET,HEAD,POST"],
    ["PUT", "/v1/config-bundles", "GET,HEAD,POST"],
    ["PUT", WORKER, "GET,HEAD,PATCH"],
    ["PUT", "/v1/workers/import", "POST"],
    ["GET", `${WORKER}/input`, "POST"],
    ["GET", `${WORKER}/stop`, "POST"],
    ["OPTIONS", `${WORKER}/cancel`, "POST"],
    ["POST", `${WORKER}/transcript`, "GET,HEAD"],
    ["POST", `${WORKER}/events/ws`, "GET,HEAD"],
    ["POST", "/v1/config-bundles/x/availability", "GET,HEAD"],
  ])("%s %s is 405 and says what is allowed", async (method, path, allow) => {
    await using server = await serveRuntime();
    const response = await fetch(`${server.url}${path}`, { method });
    expect([response.status, response.headers.get("Allow"), await response.text()]).toEqual([405, allow, ""]);
  });
});
