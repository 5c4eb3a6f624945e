/** Who is let in, by real requests and real sockets: other websites, visitors without a login, guesses. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { closeCodeOf } from "../../protocol/problem.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess, testEngine } from "../support/server-process.ts";
import { within } from "../support/within.ts";

const TOKEN = "an-access-token-of-some-length";
/** Each failure past the free ones doubles the wait: however slow the machine, one of so many comes during a wait. */
const MAX_GUESSES = 12;
const EVENTS = "/api/runtimes/backend-internal/workers/companion/events/ws";
const snapshotOf = (socket: WebSocket) =>
  within(new Promise((resolve) => socket.once("message", resolve)), () => "a snapshot");
const SITE = { "Sec-Fetch-Site": "cross-site", Origin: "http://evil.example" };

describe("a server on loopback", () => {
  const workspace = serveWorkspace();

  test("takes no post, no socket and no read of the API from another website", async () => {
    const { server } = workspace;
    const post = { "Content-Type": "text/plain", "Content-Length": "16", ...SITE };
    for (const head of [
      `${requestHead("POST", "/api/companion/messages", post)}{"content":"hi"}`,
      requestHead("GET", EVENTS, { ...WEBSOCKET_HEADERS, ...SITE }),
      requestHead("GET", "/api/workers", SITE),
      requestHead("GET", EVENTS, { ...WEBSOCKET_HEADERS, Origin: "null" }),
      requestHead("GET", EVENTS, { ...WEBSOCKET_HEADERS, Origin: `http://localhost:${server.port}` }),
    ]) {
      const answer = await sendRaw(server.port, head);
      expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([403, "origin_refused"]);
      expect(answer.headers.get("access-control-allow-origin")).toBe(undefined);
    }
  });

  test("gives no socket under a name that someone pointed here", async () => {
    const { server } = workspace;
    for (const target of [EVENTS, "/", "/api/workers", "/healthz", "/assets/nothing.js"]) {
      const upgrade = target === EVENTS ? WEBSOCKET_HEADERS : {};
      const head = requestHead("GET", target, { ...upgrade, Host: `rebound.example:${server.port}` });
      expect([target, (await sendRaw(server.port, head)).status]).toEqual([target, 421]);
    }
  });

  test("serves its own pages without a login, and has none", async () => {
    const { client } = workspace;
    expect((await client.get("/")).status).toBe(200);
    expect((await client.get("/login")).status).toBe(404);
  });

  test("opens a page that another website links to", async () => {
    expect((await workspace.client.get("/", { "Sec-Fetch-Site": "cross-site" })).status).toBe(200);
  });
});

describe("a server with an access token", () => {
  const workspace = serveWorkspace({ YOI_ACCESS_TOKEN: TOKEN, YOI_ALLOWED_ORIGINS: "https://Friend.example:443" });

  const logIn = (token: string, next = "") =>
    fetch(`${workspace.server.url}/login`, {
      method: "POST",
      body: new URLSearchParams({ token, next }),
      redirect: "manual",
    });
  const cookieOf = (response: Response) => (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  const open = (headers: Record<string, string>) => {
    const url = `${workspace.server.url.replace("http", "ws")}${EVENTS}`;
    return new WebSocket(url, { headers });
  };

  test.each([
    ["GET", "/api/workers"],
    ["GET", "/api/runtimes"],
    ["POST", "/api/companion/messages"],
    ["GET", "/api/nothing"],
    ["GET", "/nothing"],
    ["POST", "/logout"],
    ["GET", EVENTS],
  ])("refuses %s %s to whoever has not logged in, whatever is there", async (method, path) => {
    const response = await fetch(workspace.server.url + path, { method, redirect: "manual" });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, "login_required"]);
  });

  test("sends people to the login and back to where they were going, and nowhere else", async () => {
    const page = await fetch(`${workspace.server.url}/runtimes/a/workers/b?before=3`, {
      headers: { Accept: "text/html" },
      redirect: "manual",
    });
    const location = page.headers.get("Location") ?? "";
    expect([page.status, location]).toEqual([303, "/login?next=runtimes%2Fa%2Fworkers%2Fb%3Fbefore%3D3"]);
    const form = await (await fetch(workspace.server.url + location)).text();
    expect(form).toContain('value="runtimes/a/workers/b?before=3"');
    const went = await logIn(TOKEN, "runtimes/a/workers/b?before=3");
    expect([went.status, went.headers.get("Location")]).toEqual([303, "/runtimes/a/workers/b?before=3"]);
    for (const next of [
      "//evil.example",
      "https://evil.example",
      "/\\evil.example",
      "\r\nX: 1",
      "javascript:alert(1)",
    ]) {
      const answer = await logIn(TOKEN, next);
      expect([next, answer.status]).toEqual([next, 303]);
      const target = new URL(answer.headers.get("Location") ?? "", workspace.server.url);
      expect([next, target.origin]).toEqual([next, workspace.server.url]);
    }
    // What the form would be refused for is not put into it.
    const far = await fetch(`${workspace.server.url}/login?next=${"a".repeat(2_049)}`);
    expect(await far.text()).not.toContain("aaaa");
  });

  test("gives a cookie that no script can read and no other site sends", async () => {
    const response = await logIn(TOKEN);
    expect(response.headers.get("Set-Cookie")).toMatch(
      /^yoi_session=[0-9a-f]{64}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(response.headers.get("Set-Cookie")).not.toContain(TOKEN);
  });

  test("serves everything to a session, and closes its sockets when it logs out", async () => {
    const cookie = cookieOf(await logIn(TOKEN));
    const headers = { Cookie: cookie };
    expect((await fetch(`${workspace.server.url}/api/workers`, { headers })).status).toBe(200);
    const otherCookie = cookieOf(await logIn(TOKEN));
    const [socket, other] = [open(headers), open({ Cookie: otherCookie })];
    const closed = Promise.withResolvers<number>();
    socket.once("close", (code) => closed.resolve(code));
    await Promise.all([socket, other].map(snapshotOf));
    const out = await fetch(`${workspace.server.url}/logout`, { method: "POST", headers, redirect: "manual" });
    expect([out.status, out.headers.get("Location")]).toEqual([303, "/login"]);
    expect(await within(closed.promise, () => "the socket's end")).toBe(closeCodeOf("login_required"));
    expect((await fetch(`${workspace.server.url}/api/workers`, { headers })).status).toBe(401);
    expect(other.readyState).toBe(WebSocket.OPEN);
    other.terminate();
  });

  test("answers a form with a page: the login's for whoever is out already, and what is wrong", async () => {
    const post = (path: string, headers: Record<string, string> = {}) =>
      fetch(workspace.server.url + path, {
        method: "POST",
        headers: { Accept: "text/html", ...headers },
        body: new URLSearchParams({ token: TOKEN }),
        redirect: "manual",
      });
    const out = await post("/logout");
    expect([out.status, out.headers.get("Location")]).toEqual([303, "/login?next=logout"]);
    const refused = await post("/login", { Origin: "https://evil.example" });
    expect([refused.status, refused.headers.get("Content-Type")]).toEqual([403, "text/html; charset=UTF-8"]);
  });

  test("lets programs in by the token itself, in a header and never in an address", async () => {
    const read = (authorization: string) =>
      fetch(`${workspace.server.url}/api/workers`, { headers: { Authorization: authorization } });
    expect((await read(`Bearer ${TOKEN}`)).status).toBe(200);
    expect((await read(`Bearer ${TOKEN}x`)).status).toBe(401);
    expect((await read(TOKEN)).status).toBe(401);
    const inAddress = await fetch(`${workspace.server.url}/api/workers?token=${encodeURIComponent(TOKEN)}`);
    expect(inAddress.status).toBe(401);
  });

  test("reads no body of whoever has not logged in, and at the login none that is more than its form", async () => {
    const chunked = { "Content-Type": "application/json", "Transfer-Encoding": "chunked" };
    const refused = await sendRaw(workspace.server.port, requestHead("POST", "/api/companion/messages", chunked));
    expect(refused.status).toBe(401);
    expect((await logIn("x".repeat(16 * 1024))).status).toBe(413);
  });

  test("refuses a cookie that it has not made", async () => {
    for (const value of ["", "0".repeat(64), "x".repeat(10_000), "__proto__"]) {
      const headers = { Cookie: `yoi_session=${value}` };
      const response = await fetch(`${workspace.server.url}/api/workers`, { headers });
      expect([401, 431]).toContain(response.status);
    }
  });

  test("serves the health check and the login's own files without a login", async () => {
    const form = await (await fetch(`${workspace.server.url}/login`)).text();
    const style = /href="(\/assets\/[^"]+\.css)"/.exec(form)?.[1];
    expect((await fetch(`${workspace.server.url}${style}`)).status).toBe(200);
    expect((await fetch(`${workspace.server.url}/healthz`)).status).toBe(200);
  });

  test("takes a socket from a site on its list", async () => {
    const headers = { Cookie: cookieOf(await logIn(TOKEN)), Origin: "https://friend.example" };
    const socket = open(headers);
    expect(String(await snapshotOf(socket))).toContain('"kind":"event"');
    socket.terminate();
  });
});

test("logins outlive a restart, unless the token is another one then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "yoi-access-"));
  try {
    const start = (token: string) =>
      ServerProcess.start({ environment: { YOI_ACCESS_TOKEN: token, YOI_DATA_DIR: folder } });
    const cookie = await (async () => {
      await using server = await start(TOKEN);
      const body = new URLSearchParams({ token: TOKEN });
      const response = await fetch(`${server.url}/login`, { method: "POST", body, redirect: "manual" });
      return (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
    })();
    const file = readFileSync(join(folder, "sessions.json"), "utf8");
    expect(file).not.toContain(cookie.split("=")[1]);
    expect(file).not.toContain(TOKEN);
    const statuses: number[] = [];
    for (const token of [TOKEN, `${TOKEN}-and-another`]) {
      await using server = await start(token);
      statuses.push((await fetch(`${server.url}/api/workers`, { headers: { Cookie: cookie } })).status);
    }
    expect(statuses).toEqual([200, 401]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("guesses are limited, the right token waits with them, and nothing tells how near a guess was", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_ACCESS_TOKEN: TOKEN } });
  const enter = (token: string) =>
    fetch(`${server.url}/login`, { method: "POST", body: new URLSearchParams({ token }), redirect: "manual" });
  /** Guesses until whoever guesses has to wait. */
  const guess = async () => {
    const answers: number[] = [];
    while (!answers.includes(429) && answers.length < MAX_GUESSES) {
      answers.push((await enter(TOKEN.slice(0, -1) + String(answers.length))).status);
    }
    return answers;
  };
  const answers = await guess();
  expect([answers.slice(0, 5), answers.at(-1)]).toEqual([[401, 401, 401, 401, 401], 429]);
  const right = async () => {
    await guess();
    const answer = await enter(TOKEN);
    return { status: answer.status, wait: answer.headers.get("Retry-After"), text: await answer.text() };
  };
  // The wait may have passed by then, and whoever is in by that begins anew.
  await expect.poll(right).toEqual({
    status: 429,
    wait: expect.stringMatching(/^[1-9]\d*$/),
    text: expect.stringMatching(/Try again in \d+ s\./),
  });
});

test("a server beyond loopback does not start without a token, and says what to do", async () => {
  await using server = ServerProcess.spawn({ environment: { YOI_HOST: "0.0.0.0" } });
  const { code } = await server.exited;
  expect([code, server.output]).toEqual([1, expect.stringContaining("YOI_ACCESS_TOKEN")]);
});

test(`on ${testEngine}, a user whom a trusted proxy names is let in, and the same header from elsewhere is not`, async () => {
  const environment = { YOI_USER_HEADER: "X-Forwarded-User", YOI_ACCESS_TOKEN: TOKEN };
  const status = async (trusted: string) => {
    await using server = await ServerProcess.start({ environment: { ...environment, YOI_TRUSTED_PROXIES: trusted } });
    const headers = { "X-Forwarded-User": "ada" };
    return (await fetch(`${server.url}/api/workers`, { headers })).status;
  };
  expect([await status("127.0.0.1"), await status("10.0.0.0/8")]).toEqual([200, 401]);
});

test("a user whom a proxy names, and who may not know the token, ends no login but by it", async () => {
  const environment = {
    YOI_USER_HEADER: "X-Forwarded-User",
    YOI_ACCESS_TOKEN: TOKEN,
    YOI_TRUSTED_PROXIES: "127.0.0.1",
    YOI_READ_ONLY_VIEWERS: "eve",
  };
  await using server = await ServerProcess.start({ environment });
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
  const isIn = async (cookie: string) =>
    (await fetch(`${server.url}/api/workers`, { headers: { Cookie: cookie } })).status === 200;
  const login = await post("/login", { token: TOKEN, next: "" });
  const cookie = (login.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  expect(await isIn(cookie)).toBe(true);
  expect((await post("/logout", { everywhere: "1" }, { "X-Forwarded-User": "eve" })).status).toBe(303);
  expect(await isIn(cookie)).toBe(true);
  expect((await post("/logout", { everywhere: "1" }, { Cookie: cookie })).status).toBe(303);
  expect(await isIn(cookie)).toBe(false);
});
