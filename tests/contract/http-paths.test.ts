import { beforeAll, describe, expect, test } from "vitest";
import { ProblemBody } from "../../protocol/problem.ts";
import { API_ROUTES, EVENTS_ROUTE, fillPath, idsOf, IMPORT_PATH } from "../support/api-routes.ts";
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { problemOf } from "../support/workspace-client.ts";

const workspace = serveWorkspace();
const ids = { runtime_id: "backend-internal", worker_id: "companion", host_id: "", bundle_id: "demo-bundle" };
beforeAll(async () => {
  const hosts = JSON.parse((await workspace.client.get("/api/hosts")).text);
  ids.host_id = hosts.items[0].host_id;
});

const routes = [...API_ROUTES, EVENTS_ROUTE];
const WORKER = "/api/runtimes/:runtime_id/workers/:worker_id";
/** What some routes need besides ids. */
const bodies: Readonly<Record<string, unknown>> = {
  "/api/runtimes/:runtime_id/workers/:worker_id/input": { content: "Hi" },
  "/api/runtimes/:runtime_id/config-bundles": { bundle: await sealed(bundleOf()) },
  [WORKER]: { display_name: "Scribe" },
  "/api/viewer-rules": { read_only: [], hide_inner_work: [] },
};
const queries: Readonly<Record<string, string>> = {
  "/api/runtimes/:runtime_id/config-bundles/:bundle_id/availability": `?digest=${"0".repeat(64)}`,
};

/** A request that is right but for its ids. */
function requestTo(method: string, path: string, values: Readonly<Record<string, string>>) {
  const target = fillPath(path, values) + (queries[path] ?? "");
  const body = ["POST", "PUT", "PATCH"].includes(method) ? JSON.stringify(bodies[path] ?? {}) : "";
  const headers = { "Content-Type": "application/json", "Content-Length": String(body.length) };
  return { target, body, headers };
}

const raw = async (target: string, accept = "*/*") => {
  const answer = await sendRaw(workspace.server.port, requestHead("GET", target, { Accept: accept }));
  return { ...answer, type: answer.headers.get("content-type") ?? null };
};

// --- ids ---------------------------------------------------------------------------------------------------------------

const malformed = [
  "%2e%2e%2f",
  "%2e%2e%2fworkspace",
  "..%2f..%2fetc%2fpasswd",
  "%00",
  "companion%00",
  "%ff",
  "%c0%ae",
  "%",
  "%zz",
  "a%20b",
  "%E7%A0%94",
  "a%2Fb",
  "a%5Cb",
  "a%0d%0aX-Injected:1",
  "%3Cscript%3E",
  "x".repeat(129),
  "x".repeat(5_000),
];

const idCases = routes.flatMap(({ method, path }) => idsOf(path).map((name) => [method, path, name] as const));

test.each(idCases)("%s %s answers 400 to every malformed %s", async (method, path, name) => {
  // A bundle's id may have a dot, and eight characters more than the others.
  const own = name === "bundle_id" ? [".hidden"] : ["a.b", "x".repeat(121)];
  for (const id of [...malformed, ...own]) {
    const { target, body, headers } = requestTo(method, path, { ...ids, [name]: id });
    const answer = await sendRaw(workspace.server.port, requestHead(method, target, headers) + body);
    expect(answer.status, target).toBe(400);
    expect(answer.headers.get("content-type"), target).toBe("application/problem+json");
    expect(answer.headers.has("x-injected"), target).toBe(false);
    const problem = ProblemBody.parse(JSON.parse(answer.body));
    expect(problem, target).toMatchObject({ code: "invalid_id", title: "The id is not valid" });
    expect(problem.detail, target).toMatch(new RegExp(`^${name}: (?:Invalid string: must match|Too big: expected)`));
  }
});

const unknown = {
  runtime_id: ["runtime_not_found", 'There is no Runtime "nobody".'],
  worker_id: ["worker_not_found", 'Runtime "backend-internal" has no Worker "nobody".'],
  host_id: ["host_not_found", 'There is no host "nobody".'],
  bundle_id: ["config_bundle_missing", 'There is no config bundle "nobody".'],
} as const;

test.each(idCases)("%s %s answers 404 to an unknown %s", async (method, path, name) => {
  const { target, body } = requestTo(method, path, { ...ids, [name]: "nobody" });
  const headers = { "Content-Type": "application/json" };
  const answer = await workspace.client.request(target, { method, headers, ...(body ? { body } : {}) });
  const [code, detail] = unknown[name as keyof typeof unknown];
  expect(problemOf(answer)).toMatchObject({ status: 404, code, detail });
});

test("an id decides exactly: case, display name and a neighbour's id find nothing", async () => {
  for (const id of ["Companion", "COMPANION", "companion-", "backend-internal", "__proto__", "constructor"]) {
    const answer = await workspace.client.get(`/api/runtimes/backend-internal/workers/${id}`);
    expect(problemOf(answer), id).toMatchObject({ status: 404, code: "worker_not_found" });
  }
  for (const id of ["Backend-Internal", "__proto__", "toString"]) {
    expect(problemOf(await workspace.client.get(`/api/runtimes/${id}`)), id).toMatchObject({
      code: "runtime_not_found",
    });
  }
});

// --- queries -------------------------------------------------------------------------------------------------------------

const pages = [
  ["/api/runtimes/:runtime_id/workers/:worker_id/transcript", ["start", "limit"]],
  ["/api/runtimes/:runtime_id/workers/:worker_id/entries", ["before", "limit"]],
  ["/api/companion/transcript", ["start", "limit"]],
] as const;
const pageCases = pages.flatMap(([path, names]) => names.map((name) => [path, name] as const));

describe.each(pageCases)("GET %s?%s", (path, name) => {
  test.each([
    "",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "NaN",
    "Infinity",
    "null",
    "abc",
    "%201",
    "1%00",
    "%D9%A3",
    "9".repeat(20),
  ])("refuses %j", async (value) => {
    const problem = problemOf(await workspace.client.get(`${fillPath(path, ids)}?${name}=${value}`));
    expect(problem).toMatchObject({
      status: 400,
      code: "invalid_query",
      title: "The query is not valid",
      detail: `${name}: Invalid input: expected a whole number from 0`,
    });
  });

  test("refuses to be given twice", async () => {
    const problem = problemOf(await workspace.client.get(`${fillPath(path, ids)}?${name}=1&${name}=2`));
    expect(problem).toMatchObject({ status: 400, code: "invalid_query", detail: `${name}: expected it once.` });
  });

  test.each(["0", "1", "007", "9007199254740993", "9".repeat(16)])("takes %s", async (value) => {
    expect((await workspace.client.get(`${fillPath(path, ids)}?${name}=${value}`)).status).toBe(200);
  });
});

test("keys that no route knows are ignored, whatever they are called", async () => {
  const query = "__proto__=1&constructor[prototype]=2&%00=3&%ff=4&=5&&utm_source=mail";
  expect((await workspace.client.get(`/api/companion/transcript?${query}`)).status).toBe(200);
});

// --- methods -----------------------------------------------------------------------------------------------------------

const allowed = new Map<string, Set<string>>();
for (const { method, path } of [...routes, { method: "GET", path: "/" }]) {
  const methods = allowed.get(path) ?? new Set();
  allowed.set(path, methods.add(method));
  if (method === "GET") methods.add("HEAD");
}

test.each([...allowed])("%s answers 405 with Allow to every other method", async (path, methods) => {
  const allow = [...methods].toSorted().join(", ");
  const others = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"].filter(
    (name) => !methods.has(name) && !(path === IMPORT_PATH && allowed.get(WORKER)?.has(name)),
  );
  for (const method of others) {
    const head = requestHead(method, fillPath(path, ids), { "Content-Length": "0" });
    const answer = await sendRaw(workspace.server.port, head);
    expect(answer.status, method).toBe(405);
    expect(answer.headers.get("allow"), method).toBe(allow);
    expect(ProblemBody.parse(JSON.parse(answer.body)), method).toMatchObject({
      code: "method_not_allowed",
      detail: `${method}: expected ${allow}.`,
    });
  }
});

// --- paths ---------------------------------------------------------------------------------------------------------------

test.each([
  "/api",
  "/api/",
  "/api/workspaces",
  "/api/workspace/",
  "/API/workspace",
  "/api//workspace",
  "//api/workspace",
  "/api/runtimes//workers",
  "/api/runtimes/backend-internal/workers/companion/restart",
  "/api/runtimes/backend-internal/workers/companion/events/all",
  "/api/companion",
  "/v1/workers",
  "/favicon.png",
  "/assets/",
  "/assets/%2e%2e/%2e%2e/package.json",
  "/assets/..%2f..%2fpackage.json",
  "/manifest.json",
  "/package.json",
  "/.env",
  "/.git/config",
  "/%00",
  "/%ff",
  "/%",
  "/healthz%00",
  `/${"a/".repeat(2_000)}`,
  `/${"a".repeat(8_000)}`,
])("%s is no route", async (target) => {
  const answer = await raw(target);
  expect(answer.status).toBe(404);
  expect(answer.type).toBe("application/problem+json");
  expect(ProblemBody.parse(JSON.parse(answer.body))).toMatchObject({
    code: "route_not_found",
    title: "There is no such route",
    detail: "There is nothing at this address.",
  });
});

test.each([
  "/../../../../etc/passwd",
  "/assets/../../package.json",
  "/assets/..\\..\\package.json",
  "/api/runtimes/../../package.json",
  "/./package.json",
  "http://127.0.0.1:1/package.json",
  "http://[::1]:1/package.json",
  "//127.0.0.1:1/package.json",
  "*",
  "package.json",
  `/${"a".repeat(100_000)}`,
])("%s is refused by whoever sees it first, and reads no file", async (target) => {
  const answer = await raw(target);
  // Status 0: a reset before the answer was read, where the request's head was not taken to its end.
  expect([0, 400, 404, 414, 431]).toContain(answer.status);
  expect(answer.body).not.toMatch(/yoi-workspace"|root:/);
});

test.each([
  ["evil.example", 421],
  ["127.0.0.1.evil.example:8787", 421],
  ["localhost:1", 404],
  ["[::1]:8787", 404],
  ["127.0.0.1", 404],
])("under the name %s a route answers %d, and never repeats the name", async (host, status) => {
  const answer = await sendRaw(workspace.server.port, requestHead("GET", "/api/nothing", { Host: host }));
  expect(answer.status).toBe(status);
  expect(answer.body).not.toContain(host);
});

// --- pages -------------------------------------------------------------------------------------------------------------

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

test.each([
  ["/nothing", 404],
  ["/runtimes/backend-internal/workers/nobody", 404],
  ["/runtimes/nobody/workers/companion", 404],
  ["/runtimes/a.b/workers/companion", 400],
  ["/?before=-1", 400],
  ["/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404],
])("a browser gets a page for %s", async (path, status) => {
  const answer = await workspace.client.get(path, { Accept: BROWSER });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
  expect(answer.headers.get("Cache-Control")).toBe("no-store");
  expect(answer.text).toMatch(/^<!doctype html>/);
  expect(answer.text).not.toContain("<script>alert");
  const program = problemOf(await workspace.client.get(path, { Accept: "*/*" }));
  expect(program.status).toBe(status);
});

test("a browser gets problem+json from the API, whatever it accepts", async () => {
  expect(problemOf(await workspace.client.get("/api/nothing", { Accept: BROWSER }))).toMatchObject({ status: 404 });
});

test("after all of this a conversation works and the server has printed no failure", async () => {
  const { client, server } = workspace;
  await using observer = await client.converse(await client.createWorker(), "Hello");
  expect(observer.names).toContain("text_done");
  expect(server.output).not.toMatch(/\bat .*:\d+:\d+/);
});
