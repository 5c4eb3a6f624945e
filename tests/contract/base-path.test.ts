/** Below a base path: the app answers with the prefix and without it, and every address that it writes has it. */
import { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { within } from "../support/within.ts";

const TOKEN = "an-access-token-of-some-length";
const EVENTS = "api/runtimes/backend-internal/workers/companion/events";
const HTML = { Accept: "text/html" };

/** Every address in a page. */
function addressesOf(html: string): readonly string[] {
  return [...html.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address!);
}

/** Those that would leave the base. */
function strayed(html: string, base: string): readonly string[] {
  return addressesOf(html).filter((address) => !address.startsWith(base) && !/^(?:#|\?|data:)/.test(address));
}

describe("a server with YOI_BASE_PATH", () => {
  const workspace = serveWorkspace({ YOI_BASE_PATH: "team/yoi", YOI_ACCESS_TOKEN: TOKEN });
  const BASE = "/team/yoi/";
  const fetchFrom = (path: string, init: RequestInit = {}) =>
    fetch(workspace.server.url + path, { redirect: "manual", ...init });
  const logIn = async (path: string) => {
    const body = new URLSearchParams({ token: TOKEN, next: "runtimes/a/workers/b" });
    const response = await fetchFrom(`${path}login`, { method: "POST", body });
    return { response, cookie: (response.headers.get("Set-Cookie") ?? "").split(";") };
  };

  test.each([["/team/yoi/"], ["/"]])("answers at %s: pages, files, API, stream and socket", async (prefix) => {
    const { cookie } = await logIn(prefix);
    const headers = { Cookie: cookie[0] ?? "" };
    const page = await (await fetchFrom(prefix, { headers: { ...headers, ...HTML } })).text();
    expect(strayed(page, BASE)).toEqual([]);
    expect(page).toContain('"base":"/team/yoi/"');
    const files = addressesOf(page).filter((address) => /\.(?:js|css|png|webmanifest)$/.test(address));
    expect(files.length).toBeGreaterThan(3);
    const paths = [...files.map((file) => file.slice(BASE.length)), "healthz", "api/workers", "icon.svg"];
    for (const path of paths) {
      const { status, body } = await fetchFrom(prefix + path, { headers });
      await body?.cancel();
      expect([path, status]).toEqual([path, 200]);
    }
    const stream = await fetchFrom(prefix + EVENTS, { headers });
    expect(stream.headers.get("Content-Type")).toBe("text/event-stream; charset=utf-8");
    await stream.body?.cancel();
    const socket = new WebSocket(`${workspace.server.url.replace("http", "ws")}${prefix}${EVENTS}/ws`, { headers });
    const opened = new Promise((resolve, reject) => socket.once("message", resolve).once("error", reject));
    expect(String(await within(opened, () => "a snapshot"))).toContain('"event":"snapshot"');
    socket.terminate();
  });

  test.each([["/team/yoi/"], ["/"]])("writes its base into what the login at %s says", async (prefix) => {
    const sent = await fetchFrom(`${prefix}runtimes/a/workers/b?before=3`, { headers: HTML });
    expect([sent.status, sent.headers.get("Location")]).toEqual([
      303,
      "/team/yoi/login?next=runtimes%2Fa%2Fworkers%2Fb%3Fbefore%3D3",
    ]);
    const form = await (await fetchFrom(`${prefix}login`, { headers: HTML })).text();
    expect(strayed(form, BASE)).toEqual([]);
    expect(addressesOf(form)).toContain("/team/yoi/login");
    const { response, cookie } = await logIn(prefix);
    expect(response.headers.get("Location")).toBe("/team/yoi/runtimes/a/workers/b");
    expect(cookie).toContain(" Path=/team/yoi/");
    const out = await fetchFrom(`${prefix}logout`, { method: "POST", headers: { Cookie: cookie[0] ?? "" } });
    expect(out.headers.get("Location")).toBe("/team/yoi/login");
    expect(out.headers.get("Set-Cookie")).toContain("Path=/team/yoi/");
  });

  test("sends whoever leaves the last slash out to the base, and keeps its failures' pages below it", async () => {
    const bare = await fetchFrom("/team/yoi");
    expect([bare.status, bare.headers.get("Location")]).toEqual([308, BASE]);
    const headers = { ...HTML, Cookie: (await logIn(BASE)).cookie[0] ?? "" };
    for (const path of ["/team/yoi/nothing", "/nothing", "/team/yoinothing"]) {
      const page = await fetchFrom(path, { headers });
      expect([path, page.status, strayed(await page.text(), BASE)]).toEqual([path, 404, []]);
    }
  });

  test("keeps the page of a form that is too large below it as well", async () => {
    const headers = { ...HTML, "Content-Length": "2000000" };
    const page = await sendRaw(workspace.server.port, requestHead("POST", `${BASE}login`, headers));
    expect([page.status, addressesOf(page.body).length > 0, strayed(page.body, BASE)]).toEqual([413, true, []]);
  });

  test("keeps other websites from the API below the base as well", async () => {
    const site = { "Sec-Fetch-Site": "cross-site", Origin: "http://evil.example" };
    for (const [target, upgrade] of [
      ["api/workers", {}],
      [EVENTS, {}],
      [`${EVENTS}/ws`, WEBSOCKET_HEADERS],
    ] as const) {
      const answer = await sendRaw(workspace.server.port, requestHead("GET", BASE + target, { ...upgrade, ...site }));
      expect([target, answer.status]).toEqual([target, 403]);
    }
  });
});

describe("a server that trusts a proxy", () => {
  const workspace = serveWorkspace({ YOI_TRUSTED_PROXIES: "127.0.0.1" });
  const baseFor = async (prefix: string, path = "/") => {
    const head = requestHead("GET", path, { ...HTML, "X-Forwarded-Prefix": prefix });
    const { status, body } = await sendRaw(workspace.server.port, head);
    return [status, /"base":"([^"]*)"/.exec(body)?.[1]];
  };

  test.each([
    ["/yoi", "/yoi/"],
    ["/yoi/", "/yoi/"],
    ["/a/b.c", "/a/b.c/"],
    ["/from-elsewhere, /nearest", "/nearest/"],
  ])("takes the prefix %s from it", async (prefix, base) => {
    expect(await baseFor(prefix)).toEqual([200, base]);
  });

  test("takes it also where the proxy has kept it in the path", async () => {
    expect(await baseFor("/yoi", "/yoi/")).toEqual([200, "/yoi/"]);
  });

  test.each([
    ["another site", "//evil.example"],
    ["another scheme", "https://evil.example/"],
    ["a way up", "/a/../b"],
    ["a way up at the end", "/.."],
    ["a backslash", "/\\evil.example"],
    ["quotes", '/"><script>alert(1)</script>'],
    ["a quoted line break", "/a%0d%0aSet-Cookie:x=1"],
    ["a query", "/a?b"],
    ["a path of the app's own", "/api"],
    ["more than a path is long", `/${"a".repeat(10_000)}`],
  ])("goes on at the root when the prefix is %s", async (_what, prefix) => {
    expect(await baseFor(prefix)).toEqual([200, "/"]);
  });

  test("a line break in the prefix is no header of the answer", async () => {
    const head = requestHead("GET", "/", { ...HTML, "X-Forwarded-Prefix": "/a\r\n\tb" });
    const { status, headers, body } = await sendRaw(workspace.server.port, head);
    expect([200, 400]).toContain(status);
    expect(headers.get("b")).toBe(undefined);
    expect(body).not.toContain("/a\r\n");
  });
});

describe("a server that trusts nobody", () => {
  const workspace = serveWorkspace();

  test("takes no prefix from anybody", async () => {
    const page = await (
      await fetch(workspace.server.url, { headers: { ...HTML, "X-Forwarded-Prefix": "/yoi" } })
    ).text();
    expect(page).toContain('"base":"/"');
  });

  test.each([["//evil"], ["/a/../b"], ['/"'], ["/api"], ["/a?b"], [`/${"a".repeat(300)}`]])(
    "does not start with YOI_BASE_PATH=%s, and says what would be right",
    async (value) => {
      await using server = ServerProcess.spawn({ environment: { YOI_BASE_PATH: value } });
      const { code } = await server.exited;
      expect([code, server.output]).toEqual([1, expect.stringMatching(/YOI_BASE_PATH is ".+: expected /)]);
    },
  );
});
