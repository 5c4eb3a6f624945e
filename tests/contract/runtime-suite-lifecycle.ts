/** Stop, shutdown and restart. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { SubmissionId } from "../../protocol/id.ts";
import { Follower, readLog } from "../support/follow.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeCapabilitiesUnderTest } from "../support/runtime-subject.ts";
import { hang, text } from "../support/scripted-model.ts";

const IDLE = { event: "status", data: { status: "idle" } };

/** `Runtime.stopWorker`, disposing, and what a restart finds. */
export function lifecycleSuite(
  createSubject: CreateSubject,
  { inProcess, restart }: RuntimeCapabilitiesUnderTest,
): void {
  describe("stopWorker()", () => {
    test("ends the run, then the Worker, and tells both", async () => {
      await using subject = await createSubject({ scripts: [[text("Hel"), text("lo"), hang]] });
      const { runtime, workerId } = subject;
      await using follower = new Follower(runtime, workerId);
      await subject.settle();
      await runtime.sendInput(workerId, { content: "hi" });
      await subject.settle();
      const ack = await runtime.stopWorker(workerId);
      await subject.settle();
      expect(follower.events.slice(-4)).toEqual([
        { event: "text_done", data: { text: "Hello" } },
        { event: "run_end", data: { result: "finished", cause: "stopped" } },
        IDLE,
        { event: "shutdown" },
      ]);
      expect(ack).toEqual({
        worker_ref: { runtime_id: runtime.runtimeId, worker_id: workerId },
        status: "stopped",
        event_id: follower.events.length,
      });
      expect(await runtime.getWorker(workerId)).toMatchObject({
        status: "stopped",
        execution: { run_state: "stopped" },
      });
    });

    test("again answers the same and publishes nothing, also at the same time and after a cancel", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      const [first, second] = await Promise.all([runtime.stopWorker(workerId), runtime.stopWorker(workerId)]);
      const cancelled = await runtime.cancelRun(workerId);
      const third = await runtime.stopWorker(workerId, "another reason");
      expect([second, third]).toEqual([first, first]);
      expect(cancelled).toEqual(first);
      expect((await readLog(subject)).map(({ payload }) => payload)).toEqual(['{"event":"shutdown"}']);
    });

    test("is final: no message is taken any more", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await runtime.stopWorker(workerId);
      expect(await problemCode(runtime.sendInput(workerId, { content: "hi" }))).toBe("worker_stopped");
      expect((await readLog(subject)).map(({ payload }) => payload)).toEqual(['{"event":"shutdown"}']);
    });

    // Elsewhere, what is asked in the same moment comes over two connections, in either order.
    test.runIf(inProcess)("takes no message from the moment on in which it is asked for", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      const stopping = runtime.stopWorker(workerId);
      expect(await problemCode(runtime.sendInput(workerId, { content: "hi" }))).toBe("worker_stopped");
      await stopping;
      expect((await readLog(subject)).map(({ payload }) => payload)).toEqual(['{"event":"shutdown"}']);
    });

    test.runIf(inProcess)("in the same moment as a message ends that message's run first", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      await Promise.all([runtime.sendInput(workerId, { content: "hi" }), runtime.stopWorker(workerId)]);
      await subject.settle();
      const payloads = (await readLog(subject)).map(({ payload }) => payload);
      expect(payloads.slice(-3)).toEqual([
        '{"event":"run_end","data":{"result":"finished","cause":"stopped"}}',
        JSON.stringify(IDLE),
        '{"event":"shutdown"}',
      ]);
    });

    test("leaves the other Workers as they are", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      const other = await runtime.createWorker({ profile: { kind: "runtime_default" } });
      await runtime.stopWorker(workerId);
      expect(await problemCode(runtime.sendInput(other.worker_id, { content: "hi" }))).toBe(null);
    });

    test("leaves the conversation readable and observable", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi" });
      await subject.settle();
      await runtime.stopWorker(workerId);
      expect((await runtime.transcript(workerId, { start: 0, limit: 10 })).items).toHaveLength(2);
      await using follower = new Follower(runtime, workerId);
      await subject.settle();
      expect(follower.transcript).toMatchObject({ status: "idle", shut_down: true, run: { state: "ended" } });
    });
  });

  describe("two Runtimes", () => {
    test("with Workers of equal ids never meet", async () => {
      await using a = await createSubject({ runtimeId: "runtime-a" });
      await using b = await createSubject({ runtimeId: "runtime-b" });
      expect(a.workerId).toBe(b.workerId);
      await using watcher = new Follower(b.runtime, b.workerId);
      const ack = await a.runtime.sendInput(a.workerId, { content: "for a" });
      await a.settle();
      expect(ack.worker_ref.runtime_id).toBe("runtime-a");
      expect(watcher.events).toEqual([]);
      expect((await b.runtime.transcript(b.workerId, { start: 0, limit: 10 })).total_items).toBe(0);
      await b.runtime.stopWorker(b.workerId);
      expect((await a.runtime.getWorker(a.workerId)).status).toBe("running");
    });
  });

  describe("disposing", () => {
    test("ends runs as interrupted, shows that to every observer, then ends the observations", async () => {
      const subject = await createSubject({ scripts: [[text("Hel"), hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi" });
      const followers = [new Follower(runtime, workerId), new Follower(runtime, workerId)];
      await subject.settle();
      await subject.shutDown();
      for (const follower of followers) {
        expect(await problemCode(follower.ended)).toBe(inProcess ? null : "runtime_unavailable");
        expect(follower.events.slice(-3)).toEqual([
          { event: "text_done", data: { text: "Hel" } },
          { event: "run_end", data: { result: "finished", cause: "interrupted" } },
          IDLE,
        ]);
      }
      expect(subject.clock.waiting).toBe(0);
    });

    test.runIf(inProcess)("shows an observer that is slow everything before it ends", async () => {
      const subject = await createSubject({ scripts: [[text("a"), hang]], limits: { runtime: { maxEventBatch: 1 } } });
      const { runtime, workerId } = subject;
      const steps = runtime.observe(workerId, { signal: new AbortController().signal })[Symbol.asyncIterator]();
      await steps.next();
      await runtime.sendInput(workerId, { content: "hi" });
      await subject.settle();
      await subject.shutDown();
      const payloads: string[] = [];
      for (let step = await steps.next(); !step.done; step = await steps.next()) {
        if (step.value.kind === "events") payloads.push(...step.value.events.map(({ payload }) => payload));
      }
      expect(payloads.slice(-2)).toEqual([
        '{"event":"run_end","data":{"result":"finished","cause":"interrupted"}}',
        JSON.stringify(IDLE),
      ]);
    });

    test("takes nothing new from its first moment on", async () => {
      const subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      const disposing = subject.shutDown();
      expect(await problemCode(runtime.sendInput(workerId, { content: "hi" }))).toBe("runtime_stopped");
      expect(await problemCode(runtime.createWorker({ profile: { kind: "runtime_default" } }))).toBe("runtime_stopped");
      await disposing;
      await subject.shutDown();
      expect(await problemCode(runtime.sendInput(workerId, { content: "hi" }))).toBe("runtime_stopped");
      expect(await runtime.detail()).toMatchObject({ status: "stopped", worker_creation_available: false });
    });

    test.runIf(inProcess)("waits for a message that is being committed, and ends its run too", async () => {
      const subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      const sent = runtime.sendInput(workerId, { content: "hi" });
      await subject.shutDown();
      await sent;
      expect((await runtime.getWorker(workerId)).execution.run_state).toBe("idle");
      expect(subject.clock.waiting).toBe(0);
    });
  });

  describe.runIf(restart)("a restart after a crash", () => {
    test("keeps the Workers, and ends the run that was going as interrupted with its text", async () => {
      const crashed = await createSubject({ scripts: [[text("Hel"), text("lo"), hang]] });
      await crashed.runtime.sendInput(crashed.workerId, { content: "hi" });
      await crashed.settle();
      const before = await readLog(crashed);
      await using subject = await crashed.restart();
      const { runtime, workerId } = subject;
      const after = await readLog(subject);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.slice(before.length).map(({ payload }) => JSON.parse(payload) as unknown)).toEqual([
        { event: "text_done", data: { text: "Hello" } },
        { event: "run_end", data: { result: "finished", cause: "interrupted" } },
        IDLE,
      ]);
      const { items } = await runtime.transcript(workerId, { start: 0, limit: 10 });
      expect(items.map(({ role, content }) => ({ role, content }))).toEqual([
        { role: "user", content: "hi" },
        { role: "assistant", content: "Hello" },
      ]);
      expect(await problemCode(runtime.sendInput(workerId, { content: "again" }))).toBe(null);
    });

    test("leaves an idle Worker's log as it was, and cursors from before it go on", async () => {
      const crashed = await createSubject();
      await crashed.runtime.sendInput(crashed.workerId, { content: "hi" });
      await crashed.settle();
      const before = await readLog(crashed);
      await using subject = await crashed.restart();
      const { runtime, workerId } = subject;
      expect(await readLog(subject)).toEqual(before);
      const middle = before[5]!;
      await using follower = new Follower(runtime, workerId, middle.cursor);
      await subject.settle();
      expect(follower.received).toEqual(before.slice(6));
      await runtime.sendInput(workerId, { content: "again" });
      await subject.settle();
      const whole = await readLog(subject);
      expect(follower.received).toEqual(whole.slice(6));
      expect(whole.length).toBeGreaterThan(before.length);
    });

    test("remembers what was acknowledged: the same submission id starts no second run", async () => {
      const crashed = await createSubject({ scripts: [[hang]] });
      const input = { content: "hi", submissionId: SubmissionId.parse("s-1") };
      const ack = await crashed.runtime.sendInput(crashed.workerId, input);
      await using subject = await crashed.restart();
      const { runtime, workerId } = subject;
      expect(await runtime.sendInput(workerId, input)).toEqual(ack);
      const other = runtime.sendInput(workerId, { ...input, content: "other" });
      expect(await problemCode(other)).toBe("submission_conflict");
      await subject.settle();
      expect(subject.model.requests).toEqual([]);
    });

    test("leaves a stopped Worker stopped, with the same acknowledgement", async () => {
      const crashed = await createSubject();
      const ack = await crashed.runtime.stopWorker(crashed.workerId);
      const before = await readLog(crashed);
      await using subject = await crashed.restart();
      const { runtime, workerId } = subject;
      expect(await runtime.stopWorker(workerId)).toEqual(ack);
      expect(await problemCode(runtime.sendInput(workerId, { content: "hi" }))).toBe("worker_stopped");
      expect(await readLog(subject)).toEqual(before);
    });

    test("gives new Workers ids that were not used before", async () => {
      const crashed = await createSubject();
      const old = await crashed.runtime.createWorker({ profile: { kind: "runtime_default" } });
      await using subject = await crashed.restart();
      const made = await subject.runtime.createWorker({ profile: { kind: "runtime_default" } });
      expect(made.worker_id).not.toBe(old.worker_id);
      expect(await subject.runtime.listWorkers()).toHaveLength(3);
    });
  });
}
