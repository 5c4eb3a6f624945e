/** The client against a Runtime of the reference's form, with that one's habits. */
import { describe, expect, test, vi } from "vitest";
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import type { WorkerId } from "../../protocol/id.ts";
import type { RemoteLimits } from "../../runtime/remote/limits.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { transcriptLine } from "../../runtime/transcript-line.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { Follower } from "../support/follow.ts";
import { problemCode } from "../support/problem-code.ts";
import { ReferencePeer } from "../support/reference-peer.ts";
import { remoteClient } from "../support/remote-client.ts";
import { DEADLINE_MS } from "../support/within.ts";

const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: DEADLINE_MS, interval: 5 });

const status = (to: string) => ({ event: "status", data: { status: to } });
const delta = (text: string) => ({ event: "text_delta", data: { text } });
const done = (text: string) => ({ event: "text_done", data: { text } });
const END = { event: "run_end", data: { result: "finished" } };

interface Scene extends AsyncDisposable {
  readonly peer: ReferencePeer;
  readonly runtime: Runtime;
  readonly workerId: WorkerId;
  /** A whole exchange. */
  say(question: string, answer: string): Promise<void>;
}

async function openScene(limits: Partial<RemoteLimits> = {}): Promise<Scene> {
  const peer = await ReferencePeer.start();
  const runtime = remoteClient(`http://127.0.0.1:${peer.port}`, limits);
  const { worker_id: workerId } = await runtime.createWorker({ profile: { kind: "runtime_default" } });
  return {
    peer,
    runtime,
    workerId,
    async say(question, answer) {
      await runtime.sendInput(workerId, { content: question });
      for (const event of [status("running"), delta(answer), done(answer), END, status("idle")]) {
        peer.publish(workerId, event);
      }
    },
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

async function follow({ runtime, workerId }: Scene, cursor?: RuntimeCursor): Promise<Follower> {
  const follower = new Follower(runtime, workerId, cursor);
  await until(() => follower.received.length > 0);
  return follower;
}

const linesOf = ({ transcript }: Follower) =>
  transcript.entries.flatMap((entry) => {
    const line = transcriptLine(entry);
    return line === null ? [] : [line.content];
  });

describe("a Runtime of the reference's form", () => {
  test("makes a Worker once it has the bundle", async () => {
    await using scene = await openScene();
    expect(scene.peer.commands).toEqual(["POST /v1/config-bundles", "POST /v1/workers"]);
    expect(await scene.runtime.capabilities()).toMatchObject({ createWorker: true, sendInput: true, maxWorkers: 200 });
  });

  test("tells that it is busy, and that a cancel was final", async () => {
    await using scene = await openScene();
    const { runtime, workerId } = scene;
    await runtime.sendInput(workerId, { content: "one" });
    expect(await problemCode(runtime.sendInput(workerId, { content: "two" }))).toBe("worker_busy");
    expect(await runtime.cancelRun(workerId)).toMatchObject({ status: "cancelled" });
    expect(await problemCode(runtime.sendInput(workerId, { content: "three" }))).toBe("worker_stopped");
    expect(await runtime.getWorker(workerId)).toMatchObject({ status: "cancelled" });
  });

  test("is given a real snapshot: the lines of before, what is kept, and what is in flight", async () => {
    await using scene = await openScene();
    await scene.say("one", "first");
    await scene.say("two", "second");
    // What made the first exchange is forgotten, and a part of the second.
    scene.peer.forget(8);
    await scene.runtime.sendInput(scene.workerId, { content: "three" });
    scene.peer.publish(scene.workerId, status("running"));
    scene.peer.publish(scene.workerId, delta("thi"));
    await using follower = await follow(scene);
    expect(follower.received.map(({ kind }) => kind)).toEqual(["snapshot"]);
    expect(linesOf(follower)).toEqual(["one", "first", "two", "second", "three"]);
    expect(follower.transcript).toMatchObject({
      status: "running",
      in_flight: { blocks: [{ kind: "text", text: "thi" }] },
    });
    for (const event of [delta("rd"), done("third"), END, status("idle")]) scene.peer.publish(scene.workerId, event);
    await until(() => follower.transcript.status === "idle");
    expect(linesOf(follower)).toEqual(["one", "first", "two", "second", "three", "third"]);
    expect(follower.transcript.in_flight.blocks).toEqual([]);
  });

  test("is observed over one socket, also where its snapshot had to be put together", async () => {
    await using scene = await openScene();
    await using follower = await follow(scene);
    await scene.say("one", "first");
    await until(() => linesOf(follower).length === 2);
    await expect.poll(() => scene.peer.observers).toBe(1);
  });

  test("is given a snapshot also where nothing is kept, or nothing was said", async () => {
    await using scene = await openScene();
    await using empty = await follow(scene);
    expect(linesOf(empty)).toEqual([]);
    await scene.say("one", "first");
    await until(() => empty.transcript.status === "idle" && linesOf(empty).length === 2);
    scene.peer.forget(100);
    await using late = await follow(scene);
    expect(linesOf(late)).toEqual(["one", "first"]);
  });

  test("is given a snapshot of the newest lines where the others are too long for one answer", async () => {
    await using scene = await openScene({ maxAnswerBytes: 6_000 });
    const long = (name: string) => `${name} ${"x".repeat(1_000)}`;
    for (const name of ["a", "b", "c"]) await scene.say(long(`${name}?`), long(`${name}.`));
    // Of each exchange it had six events.
    scene.peer.forget(12);
    await using follower = await follow(scene);
    expect(linesOf(follower).map((line) => line.slice(0, 2))).toEqual(["b?", "b.", "c?", "c."]);
    expect(follower.transcript.entries_start).toBe(2);
  });

  test("is gone on with after a cut, and its empty snapshot is not taken for the Worker's state", async () => {
    await using scene = await openScene();
    await scene.say("one", "first");
    await using before = await follow(scene);
    scene.peer.drop();
    expect(await problemCode(before.ended)).toBe("runtime_network_failed");
    await scene.say("two", "second");
    await using after = await follow(scene, before.received.at(-1)!.cursor);
    await until(() => after.events.length === 6);
    expect(after.received.every(({ kind }) => kind === "event")).toBe(true);
    expect(after.names).toEqual(["user_message", "status", "text_delta", "text_done", "run_end", "status"]);
  });

  test("tells a cursor that it no longer keeps from one that it does", async () => {
    await using scene = await openScene();
    await using before = await follow(scene);
    const { cursor } = before.received[0]!;
    await scene.say("one", "first");
    await until(() => before.events.length === 6);
    const early = before.received[1]!.cursor;
    scene.peer.forget(4);
    const gone = new Follower(scene.runtime, scene.workerId, early);
    expect(await problemCode(gone.ended)).toBe("cursor_unknown");
    // Zero is everything that is kept, whatever that is.
    await using rest = await follow(scene, cursor);
    await until(() => rest.events.length === 2);
  });

  test("neither renames a Worker nor takes a conversation in, and says so", async () => {
    await using scene = await openScene();
    const { runtime, workerId } = scene;
    const before = await runtime.listWorkers();
    expect(await problemCode(runtime.renameWorker(workerId, "Other"))).toBe("unsupported");
    expect(await problemCode(runtime.importWorker(conversationFile({ entries: everyEntry })))).toBe("unsupported");
    expect(await runtime.listWorkers()).toEqual(before);
  });

  test("pages its lines as entries", async () => {
    await using scene = await openScene();
    await scene.say("one", "first");
    await scene.say("two", "second");
    const page = await scene.runtime.entries(scene.workerId, { before: 3, limit: 2 });
    expect(page).toMatchObject({ entries_start: 1, entries_total: 4, oldest_kept: 0 });
    expect(page.entries.map((entry) => transcriptLine(entry)?.content)).toEqual(["first", "two"]);
  });
});
