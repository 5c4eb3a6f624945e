/** Requests that try to become something else: a prototype, another request, another file, another header, another site. */
import { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { API_ROUTES, fillPath } from "../../support/api-routes.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS, type RawResponse } from "../../support/raw-http.ts";
import { serveWorkspace } from "../../support/served-workspace.ts";
import { problemOf, RUNTIME_PATH, workerPath } from "../../support/workspace-client.ts";

const MESSAGES = "/api/companion/messages";
const EVENTS = `${RUNTIME_PATH}/workers/companion/events`;
const MARK = "smuggled-in-here";
const TOKEN = "an-access-token-of-some-length";
const json = { "Content-Type": "application/json" };

/** What no answer may show: the project's own files, the system's, or the place of an error. */
const INSIDE = /yoi-workspace@|"private": true|root:|\[core\]|SQLite format|\bat .+:\d+:\d+|node_modules/;

describe("a server", () => {
  const workspace = serveWorkspace();
  const send = (bytes: string) => sendRaw(workspace.server.port, bytes);
  const transcript = async () => (await workspace.client.get("/api/companion/transcript")).text;

  test("takes no field from a prototype, for any route, and none afterwards", async () => {
    const ids = { runtime_id: "backend-internal", worker_id: (await workspace.client.createWorker()).worker_id };
    const fields = '{"content":"x","kind":"user","display_name":"x","bundle":{},"reason":1,"intent":1,"polluted":true}';
    const bodies = [
      `{"__proto__":${fields}}`,
      `{"constructor":{"prototype":${fields}}}`,
      `{"__proto__":{"__proto__":${fields}}}`,
      `[{"__proto__":${fields}}]`,
    ];
    const posts = API_ROUTES.filter(({ method }) => method === "POST" || method === "PATCH");
    for (const { method, path } of posts) {
      for (const body of bodies) {
        const answer = await workspace.client.request(fillPath(path, ids), { method, headers: json, body });
        expect([path, body, answer.status < 500, answer.text.includes("polluted")]).toEqual([path, body, true, false]);
      }
    }
    for (const body of [{}, { kind: "user" }]) {
      const answer = await workspace.client.post(MESSAGES, body);
      expect(problemOf(answer)).toMatchObject({ status: 400, code: "invalid_request" });
    }
    expect(await transcript()).not.toContain("polluted");
  });

  const POST = `POST ${MESSAGES} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
  const BODY = `{"content":"${MARK}"}`;
  const INNER = `${POST}Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;
  const OUTER = `POST /api/nothing HTTP/1.1\r\nHost: localhost\r\n`;

  test.each([
    ["two lengths", `${OUTER}Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`],
    [
      "a length and chunks",
      `${OUTER}Content-Length: ${INNER.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    ["chunks that are not quite chunks", `${OUTER}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${INNER}`],
    [
      "chunks named twice",
      `${OUTER}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    ["a space before the colon", `${OUTER}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${INNER}`],
    ["a folded header", `${OUTER}X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n${INNER}`],
    ["a signed length", `${OUTER}Content-Length: +5\r\n\r\n${INNER}`],
    ["a length below zero", `${OUTER}Content-Length: -1\r\n\r\n${INNER}`],
    ["a list of lengths", `${OUTER}Content-Length: 5, 6\r\n\r\n${INNER}`],
    ["a chunk past every number", `${OUTER}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n${INNER}`],
    ["a chunk of no number", `${OUTER}Transfer-Encoding: chunked\r\n\r\n0x5\r\n${INNER}`],
    ["a header without a colon", `${OUTER}nonsense\r\n\r\n${INNER}`],
    ["a carriage return in a header", `${OUTER}X-A: b\rContent-Length: 0\r\n\r\n${INNER}`],
    ["a null byte in a header", `${OUTER}X-A: \u0000\r\n\r\n${INNER}`],
    ["no version", `POST /api/nothing\r\n\r\n${INNER}`],
    ["another protocol's greeting", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${INNER}`],
  ])("finds no second request behind %s", async (_what, bytes) => {
    const answer = await send(bytes);
    expect([0, 400, 404, 413, 421, 505]).toContain(answer.status);
    expect(await transcript()).not.toContain(MARK);
  });

  test("does take the second request where it is one: the search works", async () => {
    const first = requestHead("GET", "/healthz", { Connection: "keep-alive" });
    await send(first + INNER.replace(MARK, "piped--in--order"));
    await expect.poll(transcript).toContain("piped--in--order");
  });

  test("refuses a body that says it is enormous before it comes", async () => {
    for (const length of ["1048577", "999999999999", "9007199254740991"]) {
      const answer = await send(requestHead("POST", MESSAGES, { ...json, "Content-Length": length }));
      expect([length, answer.status]).toEqual([length, 413]);
    }
    const beyond = await send(requestHead("POST", MESSAGES, { ...json, "Content-Length": "9".repeat(40) }));
    expect([0, 400, 413]).toContain(beyond.status);
  });

  test("goes by the method of the first line alone", async () => {
    const ref = await workspace.client.createWorker();
    const override = { "X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST" };
    expect((await workspace.client.get(`${workerPath(ref)}/stop?_method=POST`, override)).status).toBe(405);
    for (const method of ["TRACE", "PROPFIND", "DELETE", "get", "OPTIONS"]) {
      const answer = await send(requestHead(method, "/api/workers", { "X-Canary": "echo-of-a-header" }));
      expect([method, [0, 400, 405, 501].includes(answer.status)]).toEqual([method, true]);
      expect(answer.body).not.toContain("echo-of-a-header");
    }
    expect((await workspace.client.get(workerPath(ref))).text).not.toContain('"stopped"');
  });

  test("gives no file but the browser's own, however a path is written", async () => {
    const steps = [
      "..",
      "%2e%2e",
      "%252e%252e",
      "..%2f",
      "..%5c",
      "..\\",
      "....//",
      "..;",
      "%c0%ae%c0%ae",
      ".%00.",
      "%uff0e",
    ];
    const wanted = [
      "package.json",
      "etc/passwd",
      ".git/config",
      "server/node.ts",
      "data/workspace.sqlite",
      "dist/server/node.js",
    ];
    const targets = steps.flatMap((step) =>
      wanted.flatMap((file) => [
        `/assets/${`${step}/`.repeat(2)}${file}`,
        `/assets/${`${step}/`.repeat(8)}${file}`,
        `/${step}/${file}`,
      ]),
    );
    const absolute = [
      "//etc/passwd",
      "/%2fetc%2fpasswd",
      "/assets//etc/passwd",
      "/file:///etc/passwd",
      "/assets/%00/etc/passwd",
    ];
    const plain = wanted.map((file) => `/${file}`);
    for (const target of [
      ...targets,
      ...absolute,
      ...plain,
      "http://evil.example/package.json",
      "*",
      "/assets/",
      "/assets",
    ]) {
      const answer: RawResponse = await send(requestHead("GET", target, { Accept: "*/*" }));
      expect([target, [0, 400, 404, 421].includes(answer.status)]).toEqual([target, true]);
      expect([target, INSIDE.test(answer.body)]).toEqual([target, false]);
    }
  });

  test("writes no header that a name, a query or a header asks for", async () => {
    const ref = await workspace.client.createWorker();
    const names = [
      'a"; filename="evil.exe',
      "a\r\nSet-Cookie: evil=1",
      "a\u2028b\u202ecod.exe",
      "../../etc/passwd",
      "é".repeat(40),
      "\ud83d\ude00%0d%0aX: 1",
    ];
    for (const display_name of names) {
      const init = { method: "PATCH", headers: json, body: JSON.stringify({ display_name }) };
      const renamed = await workspace.client.request(workerPath(ref), init);
      expect([display_name, [200, 400].includes(renamed.status)]).toEqual([display_name, true]);
      const answer = await workspace.client.get(`${workerPath(ref)}/export`);
      expect(answer.headers.get("Content-Disposition")).toMatch(
        /^attachment; filename="[\w .-]+\.json"; filename\*=UTF-8''[\w%.~-]+$/,
      );
      expect([answer.headers.get("Set-Cookie"), answer.headers.get("X")]).toEqual([null, null]);
    }
    for (const target of [
      "/?lang=en%0d%0aSet-Cookie:%20evil=1",
      `${EVENTS}?cursor=%0d%0aX-Evil:%201`,
      "/%0d%0aX-Evil:%201",
    ]) {
      const answer = await send(
        requestHead("HEAD", target, { "X-Request-Id": "evil-evil-evil", "Accept-Language": "en%0d%0aX-Evil: 1" }),
      );
      expect([target, answer.headers.has("set-cookie"), answer.headers.has("x-evil")]).toEqual([target, false, false]);
      expect(answer.headers.get("x-request-id")).not.toBe("evil-evil-evil");
    }
  });

  test("after all of this it serves, and has printed no failure", async () => {
    await using observer = await workspace.client.converse(await workspace.client.createWorker(), "Hello");
    expect(observer.names).toContain("text_done");
    expect(workspace.server.output).not.toMatch(/\bat .*:\d+:\d+/);
  });
});

describe("a server with a login", () => {
  const workspace = serveWorkspace({ YOI_ACCESS_TOKEN: TOKEN });

  async function cookieOfLogin(): Promise<string> {
    const body = new URLSearchParams({ token: TOKEN });
    const response = await fetch(`${workspace.server.url}/login`, { method: "POST", body, redirect: "manual" });
    return (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  }

  test("does nothing for another website, although the browser sends the cookie along", async () => {
    const cookie = await cookieOfLogin();
    const foreign = { Cookie: cookie, Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
    const body = '{"content":"hi"}';
    const length = { "Content-Length": String(body.length) };
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      json["Content-Type"],
    ]) {
      const head = requestHead("POST", MESSAGES, { ...foreign, ...length, "Content-Type": type });
      expect([type, (await sendRaw(workspace.server.port, head + body)).status]).toEqual([type, 403]);
    }
    for (const target of ["/logout", "/login"]) {
      const head = requestHead("POST", target, {
        ...foreign,
        ...length,
        "Content-Type": "application/x-www-form-urlencoded",
      });
      expect([target, (await sendRaw(workspace.server.port, head + body)).status]).toEqual([target, 403]);
    }
    expect(
      (await sendRaw(workspace.server.port, requestHead("GET", `${EVENTS}/ws`, { ...foreign, ...WEBSOCKET_HEADERS })))
        .status,
    ).toBe(403);
    expect((await sendRaw(workspace.server.port, requestHead("GET", EVENTS, foreign))).status).toBe(403);
    // The same without the other site: the cookie is a good one.
    const own = new WebSocket(`${workspace.server.url.replace("http", "ws")}${EVENTS}/ws`, {
      headers: { Cookie: cookie },
    });
    await expect.poll(() => own.readyState).toBe(WebSocket.OPEN);
    own.terminate();
  });

  test.each([
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//evil.example",
    "%2f%2fevil.example",
    "a\r\nSet-Cookie: evil=1",
    "a%0d%0aSet-Cookie:%20evil=1",
    "login?next=//evil.example",
    "\u0000",
    "x".repeat(3_000),
  ])("leads from the login to no other site, with next=%j", async (next) => {
    const body = new URLSearchParams({ token: TOKEN, next });
    const response = await fetch(`${workspace.server.url}/login`, { method: "POST", body, redirect: "manual" });
    const location = response.headers.get("Location") ?? "/refused";
    const cookies = response.headers.getSetCookie();
    expect(cookies.filter((cookie) => !cookie.startsWith("yoi_session="))).toEqual([]);
    expect(new URL(location, workspace.server.url).origin).toBe(workspace.server.url);
    const form = await fetch(`${workspace.server.url}/login?next=${encodeURIComponent(next)}`);
    expect(await form.text()).not.toMatch(/value="[^"]*evil\.example[^"]*:|<script/);
  });
});
