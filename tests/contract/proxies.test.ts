/**
 * Through real proxies with the document's own examples, buffering on and links cut after ten idle seconds: a conversation
 * works with the prefix kept and stripped, by socket and by server-sent events, and where upgrades are not passed on.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONVERSATION_MAX_BYTES } from "../../protocol/conversation-file.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { ServerProcess } from "../support/server-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { IDLE_CUT_S, ProxyProcess, type ProxyKind, type ProxyOptions } from "../support/proxy-process.ts";
import { isCaughtUp, type Observer } from "../support/observer.ts";
import { RUNTIME_PATH, WorkspaceClient } from "../support/workspace-client.ts";

const IDLE_TEST_DEADLINE_MS = 3 * IDLE_CUT_S * 1_000;
const KINDS: readonly ProxyKind[] = ["nginx", "caddy", "haproxy"];
const CASES = KINDS.flatMap((kind) => [{ kind, prefix: "kept" } as const, { kind, prefix: "stripped" } as const]);

allowProcesses();

/** As the document says for each way. */
const SETTINGS = {
  kept: { YOI_BASE_PATH: "/yoi/" },
  stripped: { YOI_TRUSTED_PROXIES: "127.0.0.1" },
} as const;
const nameOf = ({ kind, prefix }: (typeof CASES)[number]) => `${kind} ${prefix}`;
const proxies = new Map<string, ProxyProcess>();
const servers = new Map<ProxyOptions["prefix"], ServerProcess>();

beforeAll(async () => {
  for (const prefix of ["kept", "stripped"] as const) {
    const environment = { YOI_DEMO_PACE: "0", YOI_HEARTBEAT_INTERVAL_MS: "4000", ...SETTINGS[prefix] };
    servers.set(prefix, await ServerProcess.start({ environment }));
  }
  await Promise.all(CASES.map(async (options) => proxies.set(nameOf(options), await startProxy(options))));
});
afterAll(async () => {
  for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
});

function startProxy(options: Omit<ProxyOptions, "upstreamPort">): Promise<ProxyProcess> {
  return ProxyProcess.start({ ...options, upstreamPort: servers.get(options.prefix)!.port });
}

function proxyOf(options: (typeof CASES)[number]): ProxyProcess {
  return proxies.get(nameOf(options))!;
}

/** Waits for a heartbeat long after the first, by a link that nobody cut. */
function outlivesIdleness(observer: Observer): Promise<true> {
  const hasLasted = ({ frames }: Observer) => {
    const times = frames.flatMap((frame) => (frame.kind === "heartbeat" ? [frame.ts] : []));
    return times.at(-1)! - times[0]! > (IDLE_CUT_S + 1) * 1_000 ? true : undefined;
  };
  return observer.until("a heartbeat after the idle time", hasLasted, IDLE_TEST_DEADLINE_MS);
}

describe.each(CASES)("behind $kind with the prefix $prefix", ({ kind, prefix }) => {
  test("the page and all that it names are there, below the prefix", async () => {
    const { url } = proxyOf({ kind, prefix });
    const page = await (await fetch(`${url}/`, { headers: { Accept: "text/html" } })).text();
    expect(page).toContain('"base":"/yoi/"');
    const addresses = [...page.matchAll(/\s(?:href|src)="(\/[^"]*)"/g)].map(([, address]) => address!);
    expect(addresses.filter((address) => !address.startsWith("/yoi/"))).toEqual([]);
    for (const address of addresses) {
      expect([address, (await fetch(new URL(address, url))).status]).toEqual([address, 200]);
    }
    const bare = await fetch(url, { redirect: "manual" });
    expect([bare.status, new URL(bare.headers.get("Location")!, url).pathname]).toEqual([308, "/yoi/"]);
  });

  test("a conversation's file comes through that is longer than any other body may be", async () => {
    const client = new WorkspaceClient(proxyOf({ kind, prefix }).url);
    const entries = Array.from({ length: 20 }, (_, ts) => ({
      kind: "user_input",
      ts,
      segments: [{ kind: "text", content: "x".repeat(100_000) }],
    }));
    const file = conversationFile({ entries });
    expect(await client.post(`${RUNTIME_PATH}/workers/import`, file)).toMatchObject({ status: 200 });
  });

  test.each(["socket", "sse"] as const)(
    "a conversation by %s comes piece by piece, and goes on after a cut",
    async (transport) => {
      const client = new WorkspaceClient(proxyOf({ kind, prefix }).url, transport);
      const ref = await client.createWorker();
      await using observer = client.observe(ref);
      const { cursor } = await observer.snapshot();
      // It hangs after some text: what has come by then was not held back until the end.
      await client.send(ref, "/demo stall");
      await observer.until("some text", ({ transcript }) => transcript.in_flight.blocks.length > 0);
      expect((await client.post(`/api/runtimes/${ref.runtime_id}/workers/${ref.worker_id}/cancel`, {})).status).toBe(
        200,
      );
      await observer.idle();
      await using back = client.observe(ref, { cursor, heartbeat: true });
      await back.until("everything", ({ frames }) => frames.some(isCaughtUp));
      expect(back.received).toEqual(observer.received.slice(1));
    },
  );
});

test("nginx's examples let through as much as the longest file has, and no more", () => {
  const document = readFileSync("docs/proxies.md", "utf8");
  const sizes = [...document.matchAll(/client_max_body_size (\d+)m;/g)].map(([, mebibytes]) => Number(mebibytes));
  expect(sizes.map((mebibytes) => mebibytes * 1024 * 1024)).toEqual([CONVERSATION_MAX_BYTES, CONVERSATION_MAX_BYTES]);
});

test("links by socket and by server-sent events outlive the time after which each proxy cuts idle ones", async () => {
  const observers = await Promise.all(
    CASES.flatMap((options) =>
      (["socket", "sse"] as const).map(async (transport) => {
        const client = new WorkspaceClient(proxyOf(options).url, transport);
        return client.observe(await client.createWorker(), { heartbeat: true });
      }),
    ),
  );
  try {
    const outlived = await Promise.all(observers.map((observer) => outlivesIdleness(observer)));
    expect(outlived).toEqual(observers.map(() => true));
  } finally {
    for (const observer of observers) observer.cut();
  }
});

/** Each example as it is before somebody has read about upgrades. */
const WITHOUT_UPGRADES: Readonly<Record<ProxyKind, (example: string) => string>> = {
  nginx: (example) => example.replace(/^.*proxy_set_header (?:Upgrade|Connection) .*\n/gm, ""),
  caddy: (example) =>
    example.replace(/handle \S+ \{/, "$&\n    @upgrade header Upgrade websocket\n    respond @upgrade 403"),
  haproxy: (example) => example.replace(/bind .*/, "$&\n  http-request deny if { req.hdr(upgrade) -i websocket }"),
};

test.each(KINDS)(
  "behind %s without upgrades no socket opens, and server-sent events bring the conversation",
  async (kind) => {
    await using proxy = await startProxy({ kind, prefix: "kept", change: WITHOUT_UPGRADES[kind] });
    const client = new WorkspaceClient(proxy.url, "sse");
    const ref = await client.createWorker();
    await using blocked = new WorkspaceClient(proxy.url).observe(ref);
    await blocked.end();
    expect(blocked.frames).toEqual([]);
    await using observer = await client.converse(ref, "Hello");
    expect(observer.names.at(-1)).toBe("status");
  },
);
