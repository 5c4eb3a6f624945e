/** The doctor on its way to a running server, through proxies that are well, and that are not. */
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectWs } from "../../runtime/remote/ws-client.ts";
import { checkSocket, checkStream } from "../../server/doctor/check-links.ts";
import { checkPresence } from "../../server/doctor/check-site.ts";
import { Site } from "../../server/doctor/site.ts";
import { askNode } from "../../server/node-doctor-ask.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { ACCESS_TOKEN, addressOf, examineIn, statusesOf } from "../support/doctor-run.ts";
import { HostileServer } from "../support/hostile-server.ts";
import { NoUpgradeProxy } from "../support/no-upgrade-proxy.ts";
import { ProxyProcess } from "../support/proxy-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";

allowProcesses();

let folder = "";
beforeAll(() => {
  folder = makeDataFolder();
});
afterAll(() => removeDataFolder(folder));

const examine = (environment: Record<string, string>, ...words: readonly string[]) =>
  examineIn(folder, environment, ...words);

describe("the way to a running server", () => {
  let server: ServerProcess;
  let bare: ServerProcess;
  beforeAll(async () => {
    const environment = { YOI_ACCESS_TOKEN: ACCESS_TOKEN, YOI_HEARTBEAT_INTERVAL_MS: "200", YOI_BASE_PATH: "/yoi/" };
    server = await ServerProcess.start({ environment });
    bare = await ServerProcess.start({ environment: { YOI_HEARTBEAT_INTERVAL_MS: "1500" } });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await bare[Symbol.asyncDispose]();
  });

  const WELL = ["proxy", "base path", "compression", "login", "cookies", "websocket", "websocket", "stream"];
  const SITE = new Set(WELL);
  const look = async (url: string, environment: Record<string, string> = {}, ...words: readonly string[]) => {
    const { code, findings } = await examine(environment, "--url", url, ...words);
    return { code, findings: findings.filter(({ subject }) => SITE.has(subject)) };
  };
  const nginx = (upstreamPort: number, change: (example: string) => string) =>
    ProxyProcess.start({ kind: "nginx", prefix: "kept", upstreamPort, change });

  test("through a proxy as the document has it is well", async () => {
    await using proxy = await nginx(server.port, (example) => example);
    const { code, findings } = await look(proxy.url, { YOI_ACCESS_TOKEN: ACCESS_TOKEN });
    expect([code, statusesOf(findings)]).toEqual([0, WELL.map((subject) => `${subject}: ok`)]);
  });

  test("needs the token, by a reference, and says when it is missing or not the right one", async () => {
    const url = `${server.url}/yoi/`;
    const last = async (environment: Record<string, string>, ...words: readonly string[]) =>
      (await look(url, environment, ...words)).findings.filter(({ subject }) => subject === "login");
    expect(await last({ MINE: ACCESS_TOKEN }, "--token-env", "MINE")).toMatchObject([{ status: "ok" }]);
    await writeFile(join(folder, "token"), `${ACCESS_TOKEN}\n`);
    expect(await last({}, "--token-file", join(folder, "token"))).toMatchObject([{ status: "ok" }]);
    expect(await last({})).toMatchObject([{ status: "warn" }]);
    expect(await last({ MINE: "another-canary" }, "--token-env", "MINE")).toMatchObject([
      { status: "fail", found: "the server does not take the access token (401)" },
    ]);
    expect(await last({}, "--token-env", "NOBODY")).toMatchObject([{ status: "fail" }]);
  });

  test("is cut by a proxy that has less patience than the server", async () => {
    await using proxy = await nginx(bare.port, (example) =>
      example.replace(
        "proxy_pass http://127.0.0.1:8787;",
        "proxy_pass http://127.0.0.1:8787/; proxy_read_timeout 500ms;",
      ),
    );
    const probes = { ask: askNode, connectWebSocket: connectWs, now: () => Date.now(), isPatient: false };
    const watch = (url: string) => {
      const site = new Site(new URL(url), null);
      return Promise.all([checkSocket(site, probes), checkStream(site, probes)]);
    };
    // What serves links is loaded by the first ones, which takes a busy machine longer than this proxy waits.
    for (const findings of await watch(bare.url)) expect(findings.at(-1)).toMatchObject({ status: "ok" });
    for (const findings of await watch(proxy.url)) {
      expect(findings.at(-1)).toMatchObject({ status: "fail" });
      expect(findings.at(-1)?.found).toMatch(/^is cut after \d{3,4} ms$/);
      expect(findings.at(-1)?.advice).toContain("server.heartbeat_interval_ms");
    }
  });

  test("is seen to lose its upgrade", async () => {
    await using proxy = await nginx(server.port, (example) =>
      example
        .replace("proxy_set_header Upgrade $http_upgrade;", "")
        .replace("proxy_set_header Connection $yoi_connection;", ""),
    );
    const probes = { ask: askNode, connectWebSocket: connectWs, now: () => Date.now(), isPatient: false };
    expect(await checkSocket(new Site(new URL(proxy.url), ACCESS_TOKEN), probes)).toMatchObject([
      { status: "fail", found: "the proxy takes the upgrade away" },
    ]);
  });

  test("is seen to be held up by a proxy that keeps an answer until it has all of it", async () => {
    await using proxy = await HostileServer.start({
      http: (incoming, outgoing) => {
        const { url = "/", headers } = incoming;
        const onward = request({ host: "127.0.0.1", port: server.port, path: url, headers }, (answer) => {
          buffer(answer).then(
            (whole) => outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(whole),
            () => outgoing.destroy(),
          );
        });
        outgoing.on("close", () => onward.destroy());
        onward.on("error", () => outgoing.destroy());
        onward.end();
      },
    });
    const site = new Site(new URL(`${addressOf(proxy)}/yoi/`), ACCESS_TOKEN);
    const limits = { firstFrameMaxMs: 500, lateMaxMs: 500 };
    const probes = { ask: askNode, connectWebSocket: connectWs, now: () => Date.now(), isPatient: false, ...limits };
    expect((await checkPresence(site, askNode)).isThere).toBe(true);
    const [finding] = await checkStream(site, probes);
    expect(finding).toMatchObject({ status: "fail", found: "nothing came within 500 ms" });
    expect(finding?.advice).toContain("proxy_buffering");
    expect(await checkSocket(site, probes)).toMatchObject([
      { status: "fail", found: "the upgrade is not answered as one" },
    ]);
  });

  test("through a proxy that refuses upgrades is by the stream alone", async () => {
    await using proxy = await NoUpgradeProxy.start(server.port);
    const { code, findings } = await look(`${proxy.url}/yoi`, { YOI_ACCESS_TOKEN: ACCESS_TOKEN });
    expect([code, statusesOf(findings).slice(-2)]).toEqual([1, ["websocket: fail", "stream: ok"]]);
    expect(findings.at(-2)?.found).toBe("the proxy refuses the upgrade (403)");
  });

  test("below a prefix that the server does not know of leads to pages whose files are elsewhere", async () => {
    await using proxy = await nginx(bare.port, (example) =>
      example.replace("proxy_pass http://127.0.0.1:8787;", "proxy_pass http://127.0.0.1:8787/;"),
    );
    const { code, findings } = await look(proxy.url);
    const wrong = findings.find(({ subject }) => subject === "base path");
    expect([code, wrong?.status, wrong?.found]).toEqual([
      1,
      "fail",
      expect.stringMatching(/^the page looks for its files at \/assets\/\S+, not below \/yoi\/$/),
    ]);
    expect(wrong?.advice).toContain("server.base_path");
    // Where the prefix is kept, not even the first request arrives.
    await using kept = await nginx(bare.port, (example) => example);
    expect((await look(kept.url)).findings).toMatchObject([{ subject: "base path", status: "fail" }]);
  });

  test("by a name that the server does not go by, to nobody, and to somebody else, is told apart", async () => {
    await using proxy = await nginx(bare.port, (example) => example.replace("$http_host", "other.example"));
    expect((await look(proxy.url)).findings[0]?.found).toMatch(/\(host_refused\)$/);
    await using astray = await nginx(1, (example) => example);
    expect((await look(astray.url)).findings[0]?.found).toBe("does not reach the server (502)");
    expect((await look("http://127.0.0.1:1/")).findings[0]?.found).toMatch(/does not accept connections/);
    await using stranger = await HostileServer.start({ http: (_request, response) => response.end("hello") });
    expect((await look(addressOf(stranger))).findings[0]?.found).toBe("something else answers (200)");
    const taken = await examine({ YOI_PORT: String(stranger.port) });
    expect([taken.code, taken.of("address")[0]?.status]).toEqual([1, "fail"]);
  });
});
