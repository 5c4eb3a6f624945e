/**
 * The link between the server process and a Runtime process, broken in every way while a Worker answers. Each way has a
 * scene of its own, and all break at the same time, since some take long to notice.
 */
import { expect, test, vi } from "vitest";
import { listOf, WorkerSummary } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import type { Observer } from "../support/observer.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { healed, RemoteWorkspace, seenBy, troubled, troubleOf, written } from "../support/remote-workspace.ts";
import { isSameJson } from "../support/same-json.ts";
import { createSeededRandom } from "../support/seeded-random.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { testEngine } from "../support/server-process.ts";
import type { ProxyMode } from "../support/tcp-proxy.ts";
import { DEADLINE_MS } from "../support/within.ts";
import { problemOf, workerPath, type WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

/** An answer that takes some seconds. */
const SLOW = "/demo slow";
/** Longer than anything that runs beside the other scenes takes. */
const LONG_MS = 2 * DEADLINE_MS;

/** A Worker elsewhere, and a viewer of it. */
class Scene implements AsyncDisposable {
  readonly site: RemoteSite;
  readonly client: WorkspaceClient;
  readonly ref: WorkerRef;
  readonly observer: Observer;
  readonly #workspace: RemoteWorkspace;

  private constructor(site: RemoteSite, workspace: RemoteWorkspace, ref: WorkerRef) {
    this.site = site;
    this.#workspace = workspace;
    this.client = workspace.client;
    this.ref = ref;
    this.observer = this.client.observe(ref, { heartbeat: true });
  }

  static async open(timeoutMs: number = DEADLINE_MS): Promise<Scene> {
    const environment = { YOI_DEMO_PACE: "0.05" };
    const site = await RemoteSite.start({ id: "lab", engine: otherEngine(testEngine), environment });
    const workspace = await RemoteWorkspace.start({ sites: [site], timeoutMs });
    const scene = new Scene(site, workspace, await workspace.client.createWorker(site.path));
    await scene.observer.snapshot();
    return scene;
  }

  /** Has the Worker begin an answer. */
  async ask(): Promise<void> {
    await this.client.send(this.ref, SLOW);
    await written(this.observer);
  }

  /** Sends a message until it is taken, as a console does: under one submission id it is one message. */
  async sendStubbornly(content: string, submission_id: string): Promise<void> {
    const path = `${workerPath(this.ref)}/input`;
    await vi.waitUntil(async () => (await this.client.post(path, { content, submission_id })).status === 200, {
      timeout: LONG_MS,
      interval: 20,
    });
  }

  get sockets(): number {
    return this.site.proxy.countOf("/events/ws");
  }

  published() {
    return this.site.published(this.ref.worker_id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.observer.cut();
    await this.#workspace[Symbol.asyncDispose]();
    await this.site[Symbol.asyncDispose]();
  }
}

/** How often a viewer has heard anew that the Runtime is away. */
function troublesOf(frames: Observer["frames"]): number {
  const beats = frames.flatMap((frame) => (frame.kind === "heartbeat" ? [frame.upstream !== undefined] : []));
  return beats.filter((isAway, index) => isAway && beats[index - 1] !== true).length;
}

test.concurrent("A link that is reset again and again is made anew, and two viewers go on where they were", async () => {
  await using scene = await Scene.open();
  const { site, client, ref, observer: first } = scene;
  await scene.ask();
  await using second = client.observe(ref, { heartbeat: true });
  await second.snapshot();
  for (let resets = 1; resets <= 3; resets += 1) {
    site.proxy.reset();
    for (const observer of [first, second]) {
      await observer.until("the reset", ({ frames }) => troublesOf(frames) >= resets);
      await healed(observer);
    }
  }
  await Promise.all([first.idle(), second.idle()]);
  const published = await scene.published();
  expect(seenBy(first)).toEqual(published);
  const seen = seenBy(second);
  expect(seen).toEqual(published.slice(-seen.length));
  expect(isSameJson(first.transcript, second.transcript)).toBe(true);
  expect(first.received.filter(({ event }) => event.event === "snapshot")).toHaveLength(1);
  expect(scene.sockets).toBe(4);
});

test.concurrent.each([1, 2])(
  "A link that is cut at random bytes loses and doubles nothing (seed %d)",
  async (seed) => {
    await using scene = await Scene.open();
    const { site, observer } = scene;
    const random = createSeededRandom(seed);
    site.proxy.accept((): ProxyMode => {
      const [high = 0, low = 0] = random.bytes(2);
      return { kind: "cut", afterBytes: ((high << 8) | low) % 6_000 };
    });
    site.proxy.reset();
    for (let run = 1; run <= 3; run += 1) {
      await scene.sendStubbornly("/demo think", `s-${run}`);
      await observer.until("a run's end", () => observer.eventsOf("run_end").length >= run, LONG_MS);
    }
    site.proxy.resume();
    await healed(observer);
    await observer.idle(3);
    expect(scene.sockets).toBeGreaterThan(4);
    expect(seenBy(observer)).toEqual(await scene.published());
    expect(observer.eventsOf("user_message")).toHaveLength(3);
  },
  2 * LONG_MS,
);

test.concurrent("A link that carries noise is given up and made anew", async () => {
  await using scene = await Scene.open();
  const { site, client, observer } = scene;
  await scene.ask();
  site.proxy.accept({ kind: "garble" });
  site.proxy.reset();
  await troubled(observer);
  expect(problemOf(await client.get(workerPath(scene.ref))).code).toBe("runtime_network_failed");
  site.proxy.resume();
  await observer.idle();
  expect(seenBy(observer)).toEqual(await scene.published());
});

test.concurrent("A link that carries one byte at a time is slow and nothing else", async () => {
  await using scene = await Scene.open();
  const { site, client, ref, observer } = scene;
  site.proxy.accept({ kind: "slice", bytes: 1 });
  site.proxy.reset();
  await client.send(ref, "/demo think");
  await observer.idle();
  expect(seenBy(observer)).toEqual(await scene.published());
});

test.concurrent(
  "A link that swallows everything is noticed, told to the viewer, and made anew when it heals",
  async () => {
    await using scene = await Scene.open(5_000);
    const { site, client, ref, observer } = scene;
    await scene.ask();
    site.proxy.accept({ kind: "swallow", directions: ["to_client", "to_server"] });
    site.proxy.swallow();
    // Commands find out within their own time, long before an observation that has nothing to say.
    expect(problemOf(await client.get(workerPath(ref))).code).toBe("runtime_timeout");
    const list = await client.read(listOf(WorkerSummary), "/api/workers");
    expect(list.items.map(({ runtime_id }) => runtime_id)).toEqual(["backend-internal"]);
    expect(list.diagnostics.map(({ code }) => code)).toEqual(["runtime_timeout"]);
    await troubled(observer, LONG_MS);
    expect(troubleOf(observer)).toBe("runtime_timeout");
    const before = observer.received.length;
    site.proxy.resume();
    await healed(observer);
    await observer.idle();
    expect(observer.received.length).toBeGreaterThan(before);
    expect(seenBy(observer)).toEqual(await scene.published());
  },
  2 * LONG_MS,
);
