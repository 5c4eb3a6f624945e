/** A Runtime process and the server process, each killed while a Worker answers, and started again. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { listOf, RuntimeSummary, WorkerSummary } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import type { Observer } from "../support/observer.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { healed, RemoteWorkspace, seenBy, troubled, troubleOf, written } from "../support/remote-workspace.ts";
import { isSameJson } from "../support/same-json.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { testEngine } from "../support/server-process.ts";
import { DEADLINE_MS, within } from "../support/within.ts";
import { problemOf, workerPath, type WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

/** An answer that takes some seconds. */
const SLOW = "/demo slow";
/** What a Runtime that is down looks like through a proxy, which accepts before it knows. */
const AWAY = "runtime_network_failed";
const GONE = { code: closeCodeOf("worker_not_found"), reason: "worker_not_found" };

let site: RemoteSite;
let workspace: RemoteWorkspace;
const client = (): WorkspaceClient => workspace.client;

beforeAll(async () => {
  const environment = { YOI_DEMO_PACE: "0.03" };
  site = await RemoteSite.start({ id: "lab", engine: otherEngine(testEngine), environment });
  workspace = await RemoteWorkspace.start({ sites: [site], timeoutMs: DEADLINE_MS });
});
afterEach(() => site.proxy.resume());
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

/** A viewer of a new Worker that is answering. */
async function answering(): Promise<{ readonly ref: WorkerRef; readonly observer: Observer }> {
  const ref = await client().createWorker(site.path);
  const observer = client().observe(ref, { heartbeat: true });
  await observer.snapshot();
  await client().send(ref, SLOW);
  await written(observer);
  return { ref, observer };
}

describe("a server that is killed in the middle of an answer", () => {
  test("shows its viewers the rest when it is there again, by the cursors that they have", async () => {
    const { ref, observer: first } = await answering();
    await using second = client().observe(ref);
    await second.snapshot();
    await workspace.kill();
    await Promise.all([first, second].map(({ closed }) => within(closed, "the end of a viewer's socket")));
    await workspace.restart();
    const back = [first, second].map((observer) => observer.resume(client().url));
    await Promise.all(
      back.map((observer) => observer.until("the end", ({ transcript }) => transcript.status === "idle")),
    );
    const published = await site.published(ref.worker_id);
    expect([...seenBy(first), ...seenBy(back[0]!)]).toEqual(published);
    const seen = [...seenBy(second), ...seenBy(back[1]!)];
    // Who comes after the end has seen none of it.
    expect(seen).toEqual(published.slice(published.length - seen.length));
    expect(isSameJson(back[0]!.transcript, back[1]!.transcript)).toBe(true);
    for (const observer of back) observer.cut();
  });

  test("and again at random moments shows a viewer that keeps coming back every event once", async () => {
    const { ref, observer: first } = await answering();
    const random = createSeededRandom(7);
    const lives = [first];
    for (let kills = 1; kills <= 4; kills += 1) {
      const observer = lives.at(-1)!;
      const [deltas = 0] = random.bytes(1);
      await observer.until(
        "the moment",
        (seeing) => seeing.transcript.status === "idle" || seeing.eventsOf("text_delta").length >= deltas % 24,
      );
      await workspace.kill();
      await within(observer.closed, "the end of the viewer's socket");
      await workspace.restart();
      lives.push(observer.resume(client().url));
    }
    await lives.at(-1)!.until("the end", ({ transcript }) => transcript.status === "idle");
    expect(lives.flatMap((life) => seenBy(life))).toEqual(await site.published(ref.worker_id));
    lives.at(-1)!.cut();
  });

  test("and comes back before its link does tells viewers what is missing, and has lost nothing when that heals", async () => {
    const { ref, observer } = await answering();
    await workspace.kill();
    await within(observer.closed, "the end of the viewer's socket");
    site.proxy.accept({ kind: "cut", afterBytes: 0 });
    await workspace.restart();
    await using early = observer.resume(client().url);
    expect(await early.end()).toMatchObject({ reason: AWAY, diagnostic: { problem: AWAY } });
    await using anew = client().observe(ref);
    expect(await anew.end()).toMatchObject({ reason: AWAY });
    site.proxy.resume();
    await using late = early.resume();
    await late.until("the end", ({ transcript }) => transcript.status === "idle");
    expect([...seenBy(observer), ...seenBy(late)]).toEqual(await site.published(ref.worker_id));
  });
});

describe("a Runtime that is killed in the middle of an answer", () => {
  test("is waited for with the sockets open; without its Workers, viewers are told that theirs is gone", async () => {
    const { ref, observer } = await answering();
    await site.kill();
    await troubled(observer);
    expect(troubleOf(observer)).toBe(AWAY);
    expect(problemOf(await client().post(`${workerPath(ref)}/input`, { content: "hi" })).code).toBe(AWAY);
    const list = await client().read(listOf(WorkerSummary), "/api/workers");
    expect(list.items.map(({ runtime_id }) => runtime_id)).toEqual(["backend-internal"]);
    expect(list.diagnostics.map(({ code }) => code)).toEqual([AWAY]);
    await site.start();
    expect(await observer.end()).toMatchObject({ ...GONE, diagnostic: { problem: "worker_not_found" } });
    await using late = observer.resume();
    expect(await late.end()).toMatchObject(GONE);
    expect(problemOf(await client().get(workerPath(ref))).code).toBe("worker_not_found");
    await using next = await client().converse(await client().createWorker(site.path), "hello");
    expect(next.transcript).toMatchObject({ status: "idle", run: { state: "ended", result: "finished" } });
  });

  test("and gives the id to another Worker shows that one anew, and nobody as answering", async () => {
    const { ref, observer } = await answering();
    await using _observer = observer;
    await site.kill();
    await troubled(observer);
    site.proxy.accept({ kind: "cut", afterBytes: 0 });
    await site.start();
    await reviveWorker(ref.worker_id);
    site.proxy.resume();
    await observer.until("the other Worker", ({ received }) => received.at(-1)?.event.event === "snapshot");
    expect(troubleOf(observer)).toBe(null);
    expect(observer.transcript).toMatchObject({ status: "idle", entries: [], in_flight: { blocks: [] } });
    await client().send(ref, "hello");
    await observer.idle();
    const seen = seenBy(observer);
    const published = await site.published(ref.worker_id);
    expect(seen.slice(-published.length)).toEqual(published);
  });

  test("and gives the id to another Worker shows nobody the former one's conversation as the new one's", async () => {
    const { ref, observer } = await answering();
    await site.kill();
    await troubled(observer);
    await site.start();
    const made: string[] = [];
    while (!made.includes(ref.worker_id)) made.push((await client().createWorker(site.path)).worker_id);
    expect(["cursor_unknown", "worker_not_found"]).toContain((await observer.end()).reason);
    await using anew = client().observe(ref);
    expect((await anew.snapshot()).event).toMatchObject({ data: { entries: [], status: "idle" } });
    await client().send(ref, "hello");
    await anew.idle();
    expect(seenBy(anew)).toEqual(await site.published(ref.worker_id));
  });

  /** Makes Workers at the Runtime itself until one has the id. */
  async function reviveWorker(workerId: string): Promise<void> {
    for (;;) {
      const response = await fetch(`${site.url}/v1/workers`, {
        method: "POST",
        headers: { Authorization: `Bearer ${site.token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ profile: { kind: "runtime_default" } }),
      });
      if ((await response.text()).includes(`"worker_id":"${workerId}"`)) return;
    }
  }

  test("together with the server leaves no viewer and no page that shows it at work", async () => {
    const { ref, observer } = await answering();
    await Promise.all([workspace.kill(), site.kill()]);
    await within(observer.closed, "the end of the viewer's socket");
    await Promise.all([workspace.restart(), site.start()]);
    await using back = observer.resume(client().url);
    expect(await back.end()).toMatchObject(GONE);
    await using anew = client().observe(ref);
    expect(await anew.end()).toMatchObject(GONE);
  });
});

describe("a Runtime that is down when the server starts", () => {
  test("is shown with the reason, and is there by itself when it has come up", async () => {
    await site.kill();
    await workspace.restart();
    const lab = async () =>
      (await client().read(listOf(RuntimeSummary), "/api/runtimes")).items.find(
        ({ runtime_id }) => runtime_id === "lab",
      );
    expect(await lab()).toMatchObject({
      status: "unavailable",
      capabilities: { can_spawn_worker: false },
      diagnostics: [{ code: AWAY }],
    });
    expect((await client().get("/", { Accept: "text/html" })).status).toBe(200);
    await site.start();
    await vi.waitUntil(async () => (await lab())?.capabilities.can_spawn_worker, {
      timeout: DEADLINE_MS,
      interval: 50,
    });
    await using observer = await client().converse(await client().createWorker(site.path), "hello");
    expect(seenBy(observer)).toHaveLength(observer.received.length - 1);
  });
});

describe("a Worker with many viewers", () => {
  test("is observed over one socket, which is opened for the first and serves those who come later", async () => {
    const refs = [await client().createWorker(site.path), await client().createWorker(site.path)];
    const countOf = ({ worker_id }: WorkerRef) => site.proxy.countOf(`/${worker_id}/events/ws`);
    const openOf = ({ worker_id }: WorkerRef) => site.proxy.openOf(`/${worker_id}/events/ws`);
    const before = refs.map(countOf);
    for (const ref of refs) {
      const observers = Array.from({ length: 5 }, () => client().observe(ref));
      await Promise.all(observers.map((observer) => observer.snapshot()));
      await client().send(ref, "hello");
      await Promise.all(observers.map((observer) => observer.idle()));
      for (const observer of observers) observer.cut();
      await Promise.all(observers.map(({ closed }) => within(closed, "the end of a viewer's socket")));
      await using back = observers[0]!.resume(undefined, { heartbeat: true });
      await healed(back);
    }
    expect(refs.map(countOf)).toEqual(before.map((count) => count + 1));
    expect(refs.map(openOf)).toEqual([1, 1]);
  });
});
