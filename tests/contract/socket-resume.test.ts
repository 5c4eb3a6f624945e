import { beforeAll, describe, expect, test } from "vitest";
import { closeCodeOf } from "../../protocol/problem.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { isCaughtUp, Observer, type ReceivedEvent } from "../support/observer.ts";
import { isSameJson } from "../support/same-json.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient } from "../support/workspace-client.ts";

const RETENTION_EVENTS = 16;

/** Waits until a viewer that asked for heartbeats has everything. */
const caughtUp = (observer: Observer) => observer.until("everything", ({ frames }) => frames.some(isCaughtUp));

describe.each(["socket", "sse"] as const)("a viewer by %s", (transport) => {
  const workspace = serveWorkspace({}, transport);
  // The run goes on for longer than this process may stand still, so that there are events left to cut at.
  const paced = serveWorkspace({ YOI_DEMO_PACE: "1" }, transport);
  const forgetful = serveWorkspace({ YOI_RETENTION_EVENTS: String(RETENTION_EVENTS) }, transport);

  test("a viewer that was cut at any event of a run gets exactly the rest", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using whole = await client.converse(ref, "/demo think");
    expect(whole.received.length).toBeGreaterThan(30);
    for (const [index, { cursor }] of whole.received.entries()) {
      await using observer = client.observe(ref, { cursor, heartbeat: true });
      await caughtUp(observer);
      expect(observer.received, `after event ${index}`).toEqual(whole.received.slice(index + 1));
    }
  });

  test("a viewer that is cut at every event of a run while it goes loses and doubles nothing", async () => {
    const { client } = paced;
    const ref = await client.createWorker();
    await using whole = client.observe(ref);
    await whole.snapshot();
    const received: ReceivedEvent[] = [];
    let observer = client.observe(ref);
    let sockets = 0;
    await observer.snapshot();
    await client.send(ref, "/demo think");
    const hasEnded = () =>
      received
        .slice(-2)
        .map(({ event }) => event.event)
        .join() === "run_end,status";
    for (;;) {
      const { received: seen } = await observer.until("an event", (seeing) => seeing.received.length > 0 && seeing);
      // Nothing waits between this and the cut: what comes later belongs to the next socket.
      received.push(...seen);
      sockets += 1;
      if (hasEnded()) break;
      const next = observer.resume();
      observer.cut();
      observer = next;
    }
    observer.cut();
    await whole.idle();
    expect(sockets).toBeGreaterThan(20);
    expect(received).toEqual(whole.received);
    expect(isSameJson(observer.transcript, whole.transcript)).toBe(true);
  });

  test("a viewer comes back from before several runs, and twice from the same cursor", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = client.observe(ref);
    const { cursor } = await observer.snapshot();
    for (let run = 1; run <= 3; run += 1) {
      await client.send(ref, `Message ${run}`);
      await observer.idle(run);
    }
    for (const _time of [1, 2]) {
      await using back = client.observe(ref, { cursor, heartbeat: true });
      await caughtUp(back);
      expect(back.received).toEqual(observer.received.slice(1));
    }
  });

  test("a viewer that has everything gets a heartbeat and no snapshot", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using whole = await client.converse(ref, "Hello");
    await using observer = client.observe(ref, { cursor: whole.cursor, heartbeat: true });
    await caughtUp(observer);
    expect(observer.frames).toEqual([expect.objectContaining({ kind: "heartbeat", cursor: whole.cursor })]);
  });

  // --- cursors that lead nowhere ----------------------------------------------------------------------------------------

  /** All that a viewer got, and how its socket ended. */
  async function refusalOf(observer: Observer) {
    const { code, reason, diagnostic } = await observer.end();
    return { code, reason, diagnostic, frames: observer.frames.length };
  }

  /** The end that a problem with a cursor has: one frame that says why, and the close code of the same problem. */
  function refused(problem: Parameters<typeof closeCodeOf>[0], word: string) {
    const diagnostic = { code: `backend.${word}`, message: expect.stringMatching(/^cursor: /), problem };
    return { code: closeCodeOf(problem), reason: problem, diagnostic, frames: 1 };
  }

  const MALFORMED = refused("cursor_malformed", "cursor_malformed");
  const UNKNOWN = refused("cursor_unknown", "cursor_unknown_or_expired");
  const FOREIGN = refused("cursor_foreign", "cursor_unknown_or_expired");
  const EXPIRED = refused("cursor_expired", "cursor_unknown_or_expired");

  describe("a cursor", () => {
    let ref: WorkerRef;
    let cursor = "";
    beforeAll(async () => {
      const { client } = workspace;
      ref = await client.createWorker();
      const observer = await client.converse(ref, "Hello");
      cursor = observer.cursor;
      observer.cut();
    });

    test.each([
      ["empty", () => ""],
      ["of another alphabet", () => "bo_ä🦆"],
      ["a word", () => "yesterday"],
      ["without its beginning", () => cursor.slice(3)],
      ["without its end", () => cursor.slice(0, 30)],
      ["of a Runtime", () => cursor.slice(cursor.indexOf("wo_"))],
      ["a snapshot's event id", () => `snapshot:${cursor}`],
      ["too long", () => cursor + "0".repeat(300)],
      ["with something after it", () => `${cursor}.0`],
      ["with a hostile end", () => `${cursor}"}`],
    ])("is malformed when it is %s", async (_how, make) => {
      expect(await refusalOf(workspace.client.observe(ref, { cursor: make() }))).toEqual(MALFORMED);
    });

    test.each([
      [
        "has another seal",
        () => cursor.replace(/^(bo_.{4})(.)/, (_all, tag: string, char: string) => tag + (char === "A" ? "B" : "A")),
      ],
      ["is ahead of the log", () => `${cursor.slice(0, -8)}0fffffff`],
      ["names a log that never was", () => `${cursor.slice(0, -16)}12345678${cursor.slice(-8)}`],
    ])("is unknown when it %s", async (_how, make) => {
      expect(await refusalOf(workspace.client.observe(ref, { cursor: make() }))).toEqual(UNKNOWN);
    });

    test("is foreign at another Worker", async () => {
      const other = await workspace.client.createWorker();
      expect(await refusalOf(workspace.client.observe(other, { cursor }))).toEqual(FOREIGN);
    });

    test("is foreign at its own Worker when it holds a position of another's log", async () => {
      const other = await workspace.client.converse(await workspace.client.createWorker(), "Hello");
      const mixed = cursor.slice(0, cursor.indexOf("wo_")) + other.cursor.slice(other.cursor.indexOf("wo_"));
      other.cut();
      expect(await refusalOf(workspace.client.observe(ref, { cursor: mixed }))).toEqual(FOREIGN);
    });

    test("leads to a snapshot when the viewer connects without it", async () => {
      await using refused = workspace.client.observe(ref, { cursor: "yesterday" });
      await refused.end();
      await using observer = workspace.client.observe(ref);
      expect((await observer.snapshot()).cursor).toBe(cursor);
    });

    test("is unknown to a server that was started anew, with the same secret and without", async () => {
      const environment = { YOI_CURSOR_SECRET: "a-secret-of-more-than-32-characters-0001" };
      const companion = async (server: ServerProcess) => {
        const observer = new WorkspaceClient(server.url, transport).observe((await companionOf(server)).ref);
        return { observer, cursor: (await observer.snapshot()).cursor };
      };
      await using former = await ServerProcess.start({ environment });
      const { observer, cursor: old } = await companion(former);
      observer.cut();
      for (const options of [{ environment }, {}]) {
        await using later = await ServerProcess.start(options);
        const { ref: again } = await companionOf(later);
        expect(await refusalOf(new Observer(later.url, again, { cursor: old, transport }))).toEqual(UNKNOWN);
      }
    });
  });

  test("a cursor near the end leads on although the beginning of the run is no longer kept", async () => {
    const { client } = forgetful;
    const ref = await client.createWorker();
    await using observer = client.observe(ref);
    await observer.snapshot();
    await client.send(ref, "/demo markdown");
    await observer.idle();
    observer.cut();
    const { received } = observer;
    await using back = client.observe(ref, { cursor: received.at(-4)!.cursor, heartbeat: true });
    await caughtUp(back);
    expect(back.received).toEqual(received.slice(-3));
  });

  test("a cursor has expired once the log has left it far behind", async () => {
    const { client } = forgetful;
    const ref = await client.createWorker();
    await using observer = client.observe(ref);
    const { cursor } = await observer.snapshot();
    for (let run = 1; run <= 3; run += 1) {
      await client.send(ref, "/demo markdown");
      await observer.idle(run);
    }
    expect(observer.received.length).toBeGreaterThan(4 * RETENTION_EVENTS);
    expect(await refusalOf(client.observe(ref, { cursor }))).toEqual(EXPIRED);
  });
});

async function companionOf(server: ServerProcess): Promise<{ readonly ref: WorkerRef }> {
  const { worker } = JSON.parse((await new WorkspaceClient(server.url).get("/api/companion/status")).text);
  return { ref: { runtime_id: worker.runtime_id, worker_id: worker.worker_id } };
}
