/** The embedded Runtime over a store that fails, that holds what it can't read, or that it shares with nobody. */
import { describe, expect, test } from "vitest";
import { SubmissionId, WorkerId } from "../../protocol/id.ts";
import { createEmbeddedRegistry } from "../../runtime/registry.ts";
import { bundleOf, sealed } from "../support/config-bundle.ts";
import { createFailingStore } from "../support/failing-store.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { Follower, readLog } from "../support/follow.ts";
import { settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";
import { COMPANION, ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { hang, stop, text, thinking, wait, type Script } from "../support/scripted-model.ts";
import { storedWorkers } from "../support/stored-workers.ts";

const names = async (runtime: Runtime) =>
  (await readLog({ runtime, settle, workerId: COMPANION })).map(
    ({ payload }) => (JSON.parse(payload) as { event: string }).event,
  );

/** What streams by when, of the answer below, where the store refuses one write then. */
const KEPT: Readonly<Record<number, readonly [thoughts: string, words: string]>> = {
  0: ["", ""],
  10: ["Hm.", "ab"],
  20: ["Hm.", "abc"],
  30: ["Hm.", "abcd"],
  40: ["Hm.", "abcd"],
};

describe("a store that fails", () => {
  test("at a message refuses it; the id can be used again and nothing was published", async () => {
    const store = createFailingStore();
    await using subject = await openRuntimeFixture({ store });
    const { runtime } = subject;
    await ensureCompanion(runtime);
    const input = { content: "hi", submissionId: SubmissionId.parse("s-1") };
    store.fail("append", 1);
    await expect(runtime.sendInput(COMPANION, input)).rejects.toThrow("The disk is full");
    expect(await names(runtime)).toEqual([]);
    expect((await runtime.getWorker(COMPANION)).execution.run_state).toBe("idle");
    await runtime.sendInput(COMPANION, input);
    await settle();
    expect((await names(runtime)).at(-1)).toBe("status");
    expect(subject.model.requests).toHaveLength(1);
  });

  test.each([1, 2, 3, 4, 5])("%d times during a run leaves the Worker able to go on", async (times) => {
    const store = createFailingStore();
    await using subject = await openRuntimeFixture({ store, scripts: [[text("a"), text("b"), stop]] });
    const { runtime } = subject;
    await ensureCompanion(runtime);
    await using follower = new Follower(runtime, COMPANION);
    const held = store.hold();
    const sent = runtime.sendInput(COMPANION, { content: "hi" });
    await settle();
    held.release();
    await sent;
    store.fail("append", times);
    await settle();
    // Whoever cancels is told while the store still fails; once it works, the run ends.
    for (let again = 0; again < 4; again += 1) await runtime.cancelRun(COMPANION).catch(() => {});
    await settle();
    expect(follower.transcript).toMatchObject({ status: "idle", run: { state: "ended" }, in_flight: { blocks: [] } });
    expect(await problemCode(runtime.sendInput(COMPANION, { content: "again" }))).toBe(null);
    await settle();
    expect(follower.transcript.run).toMatchObject({ state: "ended", result: "finished" });
  });

  test.each([0, 10, 20, 30, 40])("%d ms into an answer leaves no hole in it: all that streamed is kept", async (at) => {
    const store = createFailingStore();
    const pause = wait(10);
    const script: Script = [
      thinking("Hm"),
      pause,
      thinking("."),
      text("a"),
      text("b"),
      pause,
      text("c"),
      pause,
      text("d"),
      pause,
      stop,
    ];
    await using subject = await openRuntimeFixture({ store, scripts: [script] });
    const { runtime, clock } = subject;
    await ensureCompanion(runtime);
    await using follower = new Follower(runtime, COMPANION);
    await runtime.sendInput(COMPANION, { content: "hi" });
    if (at > 0) await clock.advance(at - 10);
    store.fail("append", 1);
    await clock.advance(100);
    const said = (...names: readonly string[]) =>
      follower.events.filter(({ event }) => names.includes(event)).map(({ data }) => (data as { text: string }).text);
    const pieces = [said("thinking_delta").join(""), said("text_delta").join("")];
    expect(pieces).toEqual(KEPT[at]);
    expect([said("thinking_done"), said("text_done")]).toEqual(pieces.map((whole) => (whole === "" ? [] : [whole])));
    expect(follower.transcript).toMatchObject({ status: "idle", run: { state: "ended" }, in_flight: { blocks: [] } });
    expect(follower.names.filter((name) => name === "error" || name === "run_end")).toEqual(["error", "run_end"]);
  });

  test("at a run's end refuses what is new, and acknowledges again what it has kept", async () => {
    const store = createFailingStore();
    await using subject = await openRuntimeFixture({ store, scripts: [[text("a"), stop]] });
    const { runtime } = subject;
    await ensureCompanion(runtime);
    const input = { content: "hi", submissionId: SubmissionId.parse("s-1") };
    const held = store.hold();
    const sent = runtime.sendInput(COMPANION, input);
    await settle();
    held.release();
    const acknowledged = await sent;
    store.fail("append", 100);
    await settle();
    await expect(runtime.sendInput(COMPANION, { content: "again" })).rejects.toThrow("The disk is full");
    expect(await runtime.sendInput(COMPANION, input)).toEqual(acknowledged);
    const other = { ...input, content: "another" };
    expect(await problemCode(runtime.sendInput(COMPANION, other))).toBe("submission_conflict");
  });

  test("is given what comes in one turn together, the answer's end with its last pieces", async () => {
    const store = createFailingStore();
    const pieces = Array.from({ length: 8 }, (_, index) => text(String(index)));
    await using subject = await openRuntimeFixture({ store, scripts: [[...pieces, stop]] });
    await ensureCompanion(subject.runtime);
    await subject.runtime.sendInput(COMPANION, { content: "hi" });
    await settle();
    const [message, start, answer, end] = [3, 2, 8 + 3, 2];
    expect(store.appends).toEqual([message, start, answer, end]);
  });

  test("at a stop leaves the stop to be repeated", async () => {
    const store = createFailingStore();
    await using subject = await openRuntimeFixture({ store });
    const { runtime } = subject;
    await ensureCompanion(runtime);
    store.fail("append", 1);
    await expect(runtime.stopWorker(COMPANION)).rejects.toThrow("The disk is full");
    expect(await runtime.stopWorker(COMPANION)).toMatchObject({ status: "stopped", event_id: 1 });
    expect(await names(runtime)).toEqual(["shutdown"]);
  });

  test("at a new Worker makes none", async () => {
    const store = createFailingStore();
    await using subject = await openRuntimeFixture({ store });
    store.fail("putWorker", 1);
    const create = () => subject.runtime.createWorker({ profile: { kind: "runtime_default" } });
    await expect(create()).rejects.toThrow("The disk is full");
    expect(await subject.runtime.listWorkers()).toEqual([]);
    expect((await create()).status).toBe("running");
  });
});

test("A store is given nothing of a profile or a bundle that nobody here knows, however deep it is", async () => {
  const store = createFailingStore();
  await using subject = await openRuntimeFixture({ store });
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000)) as unknown;
  await subject.runtime.createWorker({ profile: { kind: "runtime_default", deep } });
  const bundle = await sealed(bundleOf());
  await subject.runtime.storeConfigBundle({ ...bundle, deep });
  expect((await storedWorkers(store)).map(({ record }) => record.profile)).toEqual([{ kind: "runtime_default" }]);
  const kept = await store.loadConfigBundles();
  expect(kept.map((one) => Object.keys(one).toSorted())).toEqual([["metadata", "profiles"]]);
  expect(await subject.runtime.listConfigBundles()).toMatchObject([{ digest: bundle.metadata.digest }]);
});

describe("a process that dies", () => {
  test("with a Worker whose log has ended and whose record does not say so leaves the Worker stopped", async () => {
    const store = createFailingStore();
    const crashed = await openRuntimeFixture({ store });
    await ensureCompanion(crashed.runtime);
    const [before] = await storedWorkers(store);
    await crashed.runtime.stopWorker(COMPANION);
    await store.putWorker(before!.record);
    await using subject = await openRuntimeFixture({ store, seed: 2 });
    expect(await subject.runtime.getWorker(COMPANION)).toMatchObject({ status: "stopped" });
    expect(await problemCode(subject.runtime.sendInput(COMPANION, { content: "hi" }))).toBe("worker_stopped");
  });

  test("at any event of a run leaves a run with a typed end and the text that was seen", async () => {
    const whole = createFailingStore();
    const script = [text("Hello "), text("there."), stop];
    const first = await openRuntimeFixture({ store: whole, scripts: [script] });
    await ensureCompanion(first.runtime);
    await first.runtime.sendInput(COMPANION, { content: "hi" });
    await settle();
    const [kept] = await storedWorkers(whole);
    for (let count = 0; count <= kept!.events.length; count += 1) {
      const store = createFailingStore();
      await store.putWorker(kept!.record);
      await store.append(COMPANION, kept!.events.slice(0, count));
      await using subject = await openRuntimeFixture({ store, seed: 2 });
      await using follower = new Follower(subject.runtime, COMPANION);
      await settle();
      const { run, status, in_flight } = follower.transcript;
      expect([run.state, status, in_flight.blocks]).toEqual([count === 0 ? "none" : "ended", "idle", []]);
      const seen = kept!.events
        .slice(0, count)
        .filter(({ payload }) => payload.startsWith('{"event":"text_delta"'))
        .map(({ payload }) => (JSON.parse(payload) as { data: { text: string } }).data.text)
        .join("");
      const { items } = await subject.runtime.transcript(COMPANION, { start: 0, limit: 10 });
      expect(items.filter(({ role }) => role === "assistant").map(({ content }) => content)).toEqual(
        seen === "" ? [] : [seen],
      );
    }
  });
});

describe("what a store holds that can't be read", () => {
  test.each([
    ["a Worker of a profile that is gone", { profile: { kind: "named", value: "gone" } as const }, "{}"],
    ["an event that is not JSON", {}, "{"],
    ["an event that is none", {}, '{"event":"text_delta","data":{"text":3}}'],
  ])("is skipped with a diagnostic, and the others go on: %s", async (_case, changes, payload) => {
    const store = createFailingStore();
    const before = await openRuntimeFixture({ store });
    await ensureCompanion(before.runtime);
    const [companion] = await storedWorkers(store);
    const broken = { ...companion!.record, ...changes, workerId: WorkerId.parse("worker-00000001"), epoch: "00000009" };
    await store.putWorker(broken);
    await store.append(broken.workerId, [{ position: 1, ts: 0, payload }]);
    await using subject = await openRuntimeFixture({ store, seed: 2 });
    const { runtime } = subject;
    expect((await runtime.listWorkers()).map(({ worker_id }) => worker_id)).toEqual([COMPANION]);
    expect(await runtime.diagnostics()).toMatchObject([{ code: "worker_unreadable", severity: "error" }]);
    expect(await problemCode(runtime.sendInput(COMPANION, { content: "hi" }))).toBe(null);
    // Its id and what is kept under it are left alone.
    expect((await runtime.createWorker({ profile: { kind: "runtime_default" } })).worker_id).toBe("worker-00000002");
    expect((await storedWorkers(store)).map(({ record }) => record.workerId)).toContain(broken.workerId);
  });
});

describe("the registry of embedded Runtimes", () => {
  test("opens an id once, also for several at a time, and again after it was closed", async () => {
    const registry = createEmbeddedRegistry();
    let made = 0;
    const create = async () => {
      made += 1;
      return (await openRuntimeFixture({ scripts: [[hang]] })).runtime;
    };
    const fixture = await openRuntimeFixture();
    const { runtimeId } = fixture.runtime;
    const [a, b] = await Promise.all([registry.open(runtimeId, create), registry.open(runtimeId, create)]);
    expect(b).toBe(a);
    expect(made).toBe(1);
    await registry.close(runtimeId);
    await registry.close(runtimeId);
    expect((await a.detail()).status).toBe("stopped");
    expect(await registry.open(runtimeId, create)).not.toBe(a);
  });

  test("forgets one that could not be opened", async () => {
    const registry = createEmbeddedRegistry();
    const { runtime } = await openRuntimeFixture();
    await expect(registry.open(runtime.runtimeId, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await registry.open(runtime.runtimeId, async () => runtime)).toBe(runtime);
  });
});
