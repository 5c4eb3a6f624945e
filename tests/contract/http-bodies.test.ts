import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { ProblemBody } from "../../protocol/problem.ts";
import { API_ROUTES, fillPath, IMPORT_PATH } from "../support/api-routes.ts";
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { within } from "../support/within.ts";
import { problemOf, RUNTIME_PATH, workerPath } from "../support/workspace-client.ts";

const workspace = serveWorkspace();
const ids = { runtime_id: "backend-internal", worker_id: "", host_id: "" };
beforeAll(async () => {
  ids.worker_id = (await workspace.client.createWorker()).worker_id;
});

const postPaths = API_ROUTES.filter(({ method, path }) => method === "POST" && path !== IMPORT_PATH).map(
  ({ path }) => path,
);
const json = { "Content-Type": "application/json" };
const bytes = (text: string) => new TextEncoder().encode(text);
const post = (path: string, body: BodyInit, headers: Record<string, string> = json) =>
  workspace.client.request(fillPath(path, ids), { method: "POST", headers, body });

const MAX_BODY_BYTES = 1024 * 1024;
const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe.each(postPaths)("POST %s", (path) => {
  test.each([
    ["no content type", {}],
    ["text", { "Content-Type": "text/plain" }],
    ["a form", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["a multipart form", { "Content-Type": "multipart/form-data; boundary=x" }],
    ["a type that only begins like JSON", { "Content-Type": "application/json-seq" }],
    ["JavaScript", { "Content-Type": "application/javascript" }],
    ["two types", { "Content-Type": "text/plain, application/json" }],
  ])("refuses %s", async (_what, headers) => {
    expect(problemOf(await post(path, bytes("{}"), headers as Record<string, string>))).toMatchObject({
      status: 415,
      code: "unsupported_media_type",
      detail: "Content-Type: expected application/json.",
    });
  });

  test.each([
    ["nothing", ""],
    ["a half of an object", '{"content":"Hi"'],
    ["single quotes", "{'content':'Hi'}"],
    ["two values", "{}{}"],
    ["a trailing comma", '{"content":"Hi",}'],
    ["a control character in a string", '{"content":"a\u0000b"}'],
    ["not a number", "NaN"],
    ["brackets without an end", "[".repeat(500_000)],
  ])("refuses %s as broken JSON", async (_what, body) => {
    expect(problemOf(await post(path, body))).toMatchObject({
      status: 400,
      code: "invalid_json",
      detail: "The body is not valid JSON; expected a JSON object.",
    });
  });

  test.each([
    ["null", "null"],
    ["a number", "1"],
    ["a string", '"Hi"'],
    ["a list", "[]"],
    ["nested lists", deep(400_000)],
  ])("refuses %s where it takes an object", async (_what, body) => {
    const problem = problemOf(await post(path, body));
    expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
    expect(problem.detail).toMatch(/expected object, received/);
  });

  test.each([
    ["an unknown key", '{"kidn":"user"}', "kidn"],
    ["a prototype", '{"__proto__":{"content":"Hi"}}', "__proto__"],
    ["a constructor", '{"constructor":{"prototype":{"content":"Hi"}}}', "constructor"],
    ["an unknown key that is nested deeply", `{"kidn":${deep(400_000)}}`, "kidn"],
    ["a key without a name", '{"":1}', '""'],
  ])("refuses %s and names it", async (_what, body, key) => {
    const problem = problemOf(await post(path, body));
    expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
    expect(problem.detail).toContain(key);
  });

  test.each([
    ["that says so", (size: number) => [{ "Content-Length": String(size) }, "x".repeat(size)] as const],
    ["that only says so", (size: number) => [{ "Content-Length": String(size) }, ""] as const],
    [
      "in chunks",
      (size: number) =>
        [{ "Transfer-Encoding": "chunked" }, `${size.toString(16)}\r\n${"x".repeat(size)}\r\n0\r\n\r\n`] as const,
    ],
  ])("refuses a huge body %s", async (_how, make) => {
    const [headers, body] = make(MAX_BODY_BYTES + 1);
    const answer = await sendRaw(
      workspace.server.port,
      requestHead("POST", fillPath(path, ids), { ...json, ...headers }) + body,
    );
    expect(answer.status).toBe(413);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(ProblemBody.parse(JSON.parse(answer.body))).toMatchObject({
      code: "body_too_large",
      detail: `The body is larger than ${MAX_BODY_BYTES} bytes.`,
    });
  });
});

const contentPaths = ["/api/runtimes/:runtime_id/workers/:worker_id/input", "/api/companion/messages"];

describe.each(contentPaths)("the content of %s", (path) => {
  test.each([
    [{}, "undefined"],
    [{ content: null }, "null"],
    [{ content: 1 }, "number"],
    [{ content: true }, "boolean"],
    [{ content: ["Hi"] }, "array"],
    [{ content: { text: "Hi" } }, "object"],
  ])("is refused as %j", async (body, received) => {
    expect(problemOf(await post(path, JSON.stringify(body)))).toMatchObject({
      status: 400,
      code: "invalid_request",
      detail: `content: Invalid input: expected string, received ${received}`,
    });
  });

  test.each(["", " ", "\n\t", "\u00a0\u3000"])("is refused when it is blank: %j", async (content) => {
    expect(problemOf(await post(path, JSON.stringify({ content })))).toMatchObject({
      status: 400,
      code: "input_empty",
      detail: "content: a message needs at least one visible character.",
    });
  });

  test("is refused when it is too long, with the bound", async () => {
    const problem = problemOf(await post(path, JSON.stringify({ content: "x".repeat(100_001) })));
    expect(problem).toMatchObject({ status: 413, code: "input_too_large" });
    expect(problem.detail).toMatch(/^content: .*100000/);
  });

  test.each(["", "a b", "a/b", "x".repeat(121), 7, null])(
    "is refused with the submission id %j",
    async (submission_id) => {
      const problem = problemOf(await post(path, JSON.stringify({ content: "Hi", submission_id })));
      expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
      expect(problem.detail).toMatch(/^submission_id: /);
    },
  );
});

test.each(["cancel", "stop"])("the reason of %s is refused when it is no string or too long", async (command) => {
  for (const reason of [1, null, [], "x".repeat(501)]) {
    const path = `/api/runtimes/:runtime_id/workers/:worker_id/${command}`;
    const problem = problemOf(await post(path, JSON.stringify({ reason })));
    expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
    expect(problem.detail).toMatch(/^reason: /);
  }
});

test.each([
  [{ intent: {} }, "intent.kind: "],
  [{ intent: { kind: "workspace_cleaner" } }, "intent.kind: "],
  [{ intent: { kind: "ticket_role", ticket_id: "t", role: "king" } }, "intent.role: "],
  [{ intent: { kind: "workspace_coding", extra: 1 } }, "intent: "],
  [{ acceptance: { kind: "run_accepted", expected_segments: -1 } }, "acceptance.expected_segments: "],
  [{ requested_worker_name: "" }, "requested_worker_name: "],
  [{ requested_worker_name: "  " }, "requested_worker_name: "],
  [{ requested_worker_name: "n".repeat(81) }, "requested_worker_name: "],
  [{ profile: "default" }, "profile: "],
  [{ profile: { kind: "named", value: "v".repeat(500_000) } }, "profile.value: "],
  [{ profile: { kind: "runtime_default", junk: 1 } }, "profile: "],
  [{ profile: { kind: "named", value: "nobody" } }, 'profile: there is no profile "nobody"'],
  [{ initial_input: { content: 1 } }, "initial_input.content: "],
])("POST workers refuses %j", async (body, detail) => {
  const problem = problemOf(await workspace.client.post(`${RUNTIME_PATH}/workers`, body));
  expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
  expect(problem.detail.slice(0, detail.length)).toBe(detail);
  expect(problem.detail.length).toBeLessThan(400);
});

test("POST workers keeps no Worker whose first message is refused", async () => {
  const { client } = workspace;
  const count = async () => JSON.parse((await client.get(`${RUNTIME_PATH}/workers`)).text).items.length as number;
  const before = await count();
  const refused = await client.post(`${RUNTIME_PATH}/workers`, { initial_input: { content: " " } });
  expect(problemOf(refused)).toMatchObject({ status: 400, code: "input_empty" });
  expect(await count()).toBe(before);
});

test.each([
  [null, "bundle: "],
  [{}, "bundle.metadata: "],
  [{ metadata: { id: 1 } }, "bundle.metadata.id: "],
  [bundleOf(), "bundle.metadata.digest: "],
  [{ ...bundleOf(), profiles: [{ selector: { kind: "king" } }] }, "bundle.profiles.0.selector.kind: "],
  [bundleOf({ id: "../up" }), "bundle.metadata.id: "],
])("POST config-bundles refuses %j", async (bundle, detail) => {
  const problem = problemOf(await workspace.client.post(`${RUNTIME_PATH}/config-bundles`, { bundle }));
  expect(problem.status).toBe(400);
  expect(problem.detail.slice(0, detail.length)).toBe(detail);
});

test("POST config-bundles is not harmed by unknown keys, nested deeply", async () => {
  const bundle = JSON.stringify(await sealed(bundleOf()));
  const body = `{"bundle":${bundle.slice(0, -1)},"__proto__":${deep(100_000)},"junk":${deep(100_000)}}}`;
  expect((await post("/api/runtimes/:runtime_id/config-bundles", body)).status).toBe(200);
});

test.each([
  ["socket_ready", { acceptance: { kind: "socket_ready" } }],
  ["a system message", { initial_input: { kind: "system", content: "Hi" } }],
])("POST workers answers 501 to %s", async (_what, body) => {
  expect(problemOf(await workspace.client.post(`${RUNTIME_PATH}/workers`, body))).toMatchObject({
    status: 501,
    code: "unsupported",
  });
});

test("POST input answers 501 to a system message and refuses an unknown kind", async () => {
  const path = "/api/runtimes/:runtime_id/workers/:worker_id/input";
  const system = problemOf(await post(path, '{"kind":"system","content":"Hi"}'));
  expect(system).toMatchObject({ status: 501, code: "unsupported" });
  const unknown = problemOf(await post(path, '{"kind":"notify","content":"Hi"}'));
  expect(unknown).toMatchObject({ status: 400, code: "invalid_request" });
  expect(unknown.detail).toMatch(/^kind: /);
});

test("JSON is taken with parameters, in any case and as a derived type", async () => {
  const types = ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"];
  for (const type of types) {
    const answer = await post("/api/runtimes/:runtime_id/workers/:worker_id/cancel", "{}", { "Content-Type": type });
    expect(answer.status, type).toBe(200);
  }
});

test("a body that breaks off leaves the server unharmed", async () => {
  const head = requestHead("POST", fillPath("/api/companion/messages", ids), { ...json, "Content-Length": "1000" });
  const socket = connect({ host: "127.0.0.1", port: workspace.server.port });
  socket.resume().end(`${head}{"content":`);
  await within(once(socket, "close"), "the server to close");
  expect((await workspace.client.get("/healthz")).status).toBe(200);
});

test("after all of this a conversation works and the server has printed no failure", async () => {
  const { client, server } = workspace;
  const ref = await client.createWorker();
  await using observer = await client.converse(ref, "Hello");
  expect(observer.names).toContain("text_done");
  expect((await client.get(workerPath(ref))).status).toBe(200);
  expect(server.output).not.toMatch(/\bat .*:\d+:\d+/);
  expect(({} as Record<string, unknown>)["content"]).toBeUndefined();
});
