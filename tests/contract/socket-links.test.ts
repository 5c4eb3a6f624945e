import { expect, test } from "vitest";
import type { WorkerRef } from "../../protocol/id.ts";
import { isCaughtUp, Observer } from "../support/observer.ts";
import { isSameJson } from "../support/same-json.ts";
import { serveWorkspace, type ServedWorkspace } from "../support/served-workspace.ts";
import { TcpProxy, type Direction } from "../support/tcp-proxy.ts";

const workspace = serveWorkspace({ YOI_DEMO_PACE: "0.2" });

/** It goes on for longer than this process may stand still, so that a link breaks in the middle of it. */
const ANSWER = "/demo markdown";

interface BrokenLink {
  readonly ref: WorkerRef;
  /** Sees everything, without the proxy. */
  readonly whole: Observer;
  readonly proxy: TcpProxy;
  /** Goes through the proxy. */
  readonly behind: Observer;
}

/** A run under way that two viewers see, one of them through a proxy. */
async function runBehindProxy({ server, client }: ServedWorkspace): Promise<BrokenLink> {
  const ref = await client.createWorker();
  const proxy = await TcpProxy.start(server.port);
  const whole = client.observe(ref);
  const behind = new Observer(proxy.url, ref, { heartbeat: true });
  await Promise.all([whole.snapshot(), behind.snapshot()]);
  await client.send(ref, ANSWER);
  await behind.until("some text", ({ names }) => names.includes("text_delta"));
  return { ref, whole, proxy, behind };
}

/** What both viewers of the same Worker have received in the end, the second one by several sockets. */
async function expectWhole({ whole }: BrokenLink, sockets: readonly Observer[]): Promise<void> {
  await whole.idle();
  const last = sockets.at(-1)!;
  await last.until("all of it", ({ cursor }) => cursor === whole.cursor);
  const cursors = sockets.flatMap(({ received }) => received).map(({ cursor }) => cursor);
  expect(cursors).toEqual(whole.received.map(({ cursor }) => cursor));
  expect(isSameJson(last.transcript, whole.transcript)).toBe(true);
  for (const socket of [...sockets, whole]) socket.cut();
}

test.each<readonly Direction[]>([["to_client"], ["to_server"], ["to_client", "to_server"]])(
  "a link that is half-open (%s %s) harms nobody, and its viewer resumes exactly elsewhere",
  async (...directions) => {
    const link = await runBehindProxy(workspace);
    await using proxy = link.proxy;
    proxy.swallow(directions.filter(Boolean));
    const seen = [...link.behind.received];
    const after = link.behind.resume(workspace.server.url);
    await after.until("the end of the run", ({ names }) => names.includes("run_end"));
    // The silent link's viewer got no more than was on its way, unless only its own direction was dead.
    const isDeaf = directions.includes("to_client");
    const late = link.behind.received.slice(seen.length, seen.length + after.received.length);
    expect(late.map(({ cursor }) => cursor)).toEqual(after.received.slice(0, late.length).map(({ cursor }) => cursor));
    expect(isDeaf && link.behind.names.includes("run_end")).toBe(false);
    expect(proxy.openAtServer).toBeGreaterThan(0);
    await link.whole.idle();
    await after.until("all of it", ({ cursor }) => cursor === link.whole.cursor);
    expect([...seen, ...after.received].map(({ cursor }) => cursor)).toEqual(
      link.whole.received.map(({ cursor }) => cursor),
    );
    for (const observer of [link.behind, after, link.whole]) observer.cut();
  },
);

test("a link that is reset in the middle of a run resumes exactly", async () => {
  const link = await runBehindProxy(workspace);
  await using proxy = link.proxy;
  proxy.reset();
  expect((await link.behind.end()).diagnostic).toBeUndefined();
  await expectWhole(link, [link.behind, link.behind.resume()]);
});

test("a link that is cut at whatever byte resumes exactly", async () => {
  const { server, client } = workspace;
  const ref = await client.createWorker();
  const whole = await client.converse(ref, ANSWER);
  await using proxy = await TcpProxy.start(server.port);
  const start = new Observer(server.url, ref, { cursor: whole.received[0]!.cursor });
  await start.until("all of it", ({ cursor }) => cursor === whole.cursor);
  start.cut();

  let at = new Observer(server.url, ref);
  at.cut();
  const sockets: Observer[] = [];
  for (let afterBytes = 1; afterBytes < 6_000; afterBytes = Math.ceil(afterBytes * 1.35)) {
    proxy.accept({ kind: "cut", afterBytes });
    const cursor = sockets.findLast(({ received }) => received.length > 0)?.cursor ?? whole.received[0]!.cursor;
    at = new Observer(proxy.url, ref, { cursor });
    sockets.push(at);
    await at.closed;
  }
  proxy.resume();
  const cursor = sockets.findLast(({ received }) => received.length > 0)?.cursor ?? whole.received[0]!.cursor;
  const last = new Observer(proxy.url, ref, { cursor, heartbeat: true });
  await last.until("everything", ({ frames }) => frames.some(isCaughtUp));
  const received = [...sockets, last].flatMap((socket) => socket.received);
  expect(sockets.filter((socket) => socket.received.length > 0).length).toBeGreaterThan(3);
  expect(received.map(({ cursor: id }) => id)).toEqual(whole.received.slice(1).map(({ cursor: id }) => id));
  for (const socket of [whole, last]) socket.cut();
});

test("fifty links that break at once leave the server unharmed", async () => {
  const { server, client } = workspace;
  const ref = await client.createWorker();
  await using proxy = await TcpProxy.start(server.port);
  const observers = Array.from({ length: 50 }, () => new Observer(proxy.url, ref));
  await Promise.all(observers.map((observer) => observer.snapshot()));
  await client.send(ref, ANSWER);
  await observers[0]!.until("some text", ({ names }) => names.includes("text_delta"));
  proxy.reset();
  await Promise.all(observers.map((observer) => observer.end()));
  await using back = observers[0]!.resume(server.url);
  await back.until("the end of the run", ({ names }) => names.includes("run_end"));
  expect(server.output).not.toMatch(/\bat .*:\d+:\d+/);
});
