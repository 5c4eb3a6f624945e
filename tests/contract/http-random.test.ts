import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { ProblemBody } from "../../protocol/problem.ts";
import { API_ROUTES, EVENTS_ROUTE, fillPath } from "../support/api-routes.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import type { Answer } from "../support/workspace-client.ts";

const workspace = serveWorkspace();
const RUNS = 800;

/** A Worker that requests may stop; the Companion is spared. */
let workerId = "";
beforeAll(async () => {
  workerId = (await workspace.client.createWorker()).worker_id;
});

const id = (known: () => string) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(null).map(known) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
    },
    { weight: 1, arbitrary: fc.constantFrom("..", "%2e%2e", "%00", "%ff", "__proto__", "a.b", "%", "x".repeat(300)) },
  );

const path = fc
  .record({
    route: fc.constantFrom(...API_ROUTES, EVENTS_ROUTE),
    runtime_id: id(() => "backend-internal"),
    worker_id: id(() => workerId),
    host_id: id(() => "embedded-workspace-0000000000000000"),
    bundle_id: id(() => "demo-bundle"),
    end: fc.oneof({ weight: 5, arbitrary: fc.constant("") }, fc.constantFrom("/", "//", "/x", "%00", ";a=b", "#x")),
  })
  .map(({ route, end, ...ids }) => ({ route, target: fillPath(route.path, ids) + end }));

const query = fc.oneof(
  { weight: 2, arbitrary: fc.constant("") },
  fc
    .array(
      fc.tuple(
        fc.constantFrom("start", "limit", "before", "cursor", "digest", "heartbeat", "__proto__", ""),
        fc.oneof(fc.integer().map(String), fc.double().map(String), fc.string({ maxLength: 300 })),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((pairs) => `?${new URLSearchParams(pairs).toString()}`),
);

const content = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("Hello", "/demo burst", "/demo help", "", " ", "\u0000", "\ud800"),
);
const value = fc.oneof({ maxDepth: 3 }, content, fc.jsonValue({ maxDepth: 3 }));
const shaped = fc.record(
  {
    content: value,
    kind: fc.oneof(fc.constantFrom("user", "system"), value),
    submission_id: fc.oneof(fc.constantFrom("s-1", "s-2"), value),
    reason: value,
    intent: value,
    acceptance: value,
    profile: value,
    requested_worker_name: value,
    initial_input: fc.record({ content: value }, { requiredKeys: [] }),
    ["__proto__"]: value,
  },
  { requiredKeys: [] },
);
const few = fc.oneof(fc.record({ content }), fc.record({ reason: content }), fc.constant({}));
const body = fc.oneof(
  few.map((fields) => JSON.stringify(fields)),
  shaped.map((fields) => JSON.stringify(fields)),
  fc.jsonValue().map((fields) => JSON.stringify(fields)),
  fc.string({ unit: "binary", maxLength: 200 }),
);

const type = fc.oneof(
  { weight: 6, arbitrary: fc.constant("application/json") },
  fc.constantFrom(
    "",
    "text/plain",
    "application/json; charset=x",
    "application/x+json",
    "a/b;c",
    "multipart/form-data",
  ),
);

const request = fc.record({
  at: path,
  query,
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
  ),
  type,
  body,
  accept: fc.constantFrom("*/*", "text/html", "application/json", ""),
});

/** What is wrong with an answer. */
function faultsOf(method: string, { status, headers, text }: Answer): readonly string[] {
  if (status === 200) return [];
  if (status >= 500 && status !== 501) return [`a failure of the server: ${status} ${text}`];
  if (method === "HEAD") return text === "" ? [] : ["a body for HEAD"];
  const type = headers.get("Content-Type");
  if (type === "text/html; charset=UTF-8") return [];
  if (type !== "application/problem+json") return [`the type ${type}`];
  const { status: said, detail, code } = ProblemBody.parse(JSON.parse(text));
  return [
    said === status ? "" : `the body's status ${said}`,
    detail.length > 0 && detail.length < 1_000 ? "" : `the detail ${detail}`,
    headers.has("Allow") === (status === 405) ? "" : "Allow without 405, or 405 without Allow",
    (status === 501) === (code === "unsupported") ? "" : `501 for ${code}`,
  ].filter(Boolean);
}

test(`${RUNS} random requests get typed answers and no failure of the server`, async () => {
  const statuses = new Map<number, number>();
  const send = fc.asyncProperty(
    request,
    async ({ at, query: search, method: other, type: contentType, body: text, accept }) => {
      const method = other ?? at.route.method;
      const hasBody = method !== "GET" && method !== "HEAD";
      const headers = { Accept: accept, ...(hasBody && contentType ? { "Content-Type": contentType } : {}) };
      const init = hasBody ? { method, headers, body: new TextEncoder().encode(text) } : { method, headers };
      const answer = await workspace.client.request(at.target + search, init);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect(faultsOf(method, answer)).toEqual([]);
    },
  );
  await fc.assert(send, { numRuns: RUNS });
  // The requests are not all refused at the door: each of these was met.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 405, 415]));
});

test("after all of this a conversation works and the server has printed no failure", async () => {
  const { client, server } = workspace;
  await using observer = await client.converse(await client.createWorker(), "Hello");
  expect(observer.names).toContain("text_done");
  expect(server.output).not.toMatch(/\bat .*:\d+:\d+/);
});
