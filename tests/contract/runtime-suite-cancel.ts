/** Runs that somebody ends. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { ModelError } from "../../runtime/model/model.ts";
import { answering, IDLE, message, outcome, START, tail } from "../support/answering-subject.ts";
import type { Follower } from "../support/follow.ts";
import type { CreateSubject, RuntimeCapabilitiesUnderTest } from "../support/runtime-subject.ts";
import { fail, hang, text, thinking } from "../support/scripted-model.ts";

/** When the run that goes has started. */
function startOf({ transcript: { run } }: Follower): number {
  if (run.state !== "active") throw new Error("Cannot tell: no run goes");
  return run.started_ts;
}

export function cancelSuite(createSubject: CreateSubject, { inProcess }: RuntimeCapabilitiesUnderTest): void {
  describe("a run that is cancelled", () => {
    test("keeps what streamed, says so, and the Worker takes input again", async () => {
      await using subject = await answering(createSubject, {
        scripts: [[thinking("hm"), text("Hel"), text("lo"), hang]],
      });
      const { runtime, workerId, follower } = subject;
      const ack = await runtime.cancelRun(workerId);
      await subject.settle();
      expect(tail(follower, 3)).toEqual([
        { event: "text_done", data: { text: "Hello" } },
        { event: "run_end", data: { result: "finished", cause: "cancelled" } },
        IDLE,
      ]);
      expect(ack).toEqual({
        worker_ref: { runtime_id: runtime.runtimeId, worker_id: workerId },
        status: "running",
        event_id: follower.events.length,
      });
      expect(outcome(follower)).toMatchObject({ run: "finished", cause: "cancelled", status: "idle", inFlight: 0 });
      expect(outcome(follower).texts.at(-1)).toBe(message("Hello"));
      await runtime.sendInput(workerId, { content: "again" });
      await subject.settle();
      expect(outcome(follower)).toMatchObject({ run: "finished", cause: null });
    });

    test("before its first token leaves no answer", async () => {
      await using subject = await answering(createSubject, { scripts: [[hang]] });
      await subject.runtime.cancelRun(subject.workerId);
      await subject.settle();
      expect(subject.follower.names).toEqual([...START, "run_end", "status"]);
      expect(outcome(subject.follower).texts).toEqual([]);
    });

    test("while it waits for another attempt ends at once", async () => {
      const failing = [fail(new ModelError("provider_unavailable", "503 overloaded", { status: 503 }))];
      await using subject = await answering(createSubject, { scripts: [failing] });
      expect(subject.follower.names.at(-1)).toBe("llm_retry");
      await subject.runtime.cancelRun(subject.workerId);
      await subject.settle();
      expect(outcome(subject.follower)).toMatchObject({ run: "finished", cause: "cancelled" });
      await subject.advance(60_000);
      expect(subject.model.requests).toHaveLength(1);
    });

    test("twice at once ends once", async () => {
      await using subject = await answering(createSubject, { scripts: [[text("a"), hang]] });
      const { runtime, workerId, follower } = subject;
      const [first, second] = await Promise.all([runtime.cancelRun(workerId), runtime.cancelRun(workerId)]);
      expect(second).toEqual(first);
      await subject.settle();
      expect(follower.events.filter(({ event }) => event === "run_end")).toHaveLength(1);
    });

    test.runIf(inProcess)("in the same moment as its message ends too", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      const sent = runtime.sendInput(workerId, { content: "hi" });
      await Promise.all([sent, runtime.cancelRun(workerId)]);
      expect((await runtime.getWorker(workerId)).execution.run_state).toBe("idle");
    });

    test("and named, is that one and no other", async () => {
      await using subject = await answering(createSubject, { scripts: [[hang], [hang]] });
      const { runtime, workerId, follower } = subject;
      const runStartedTs = startOf(follower);
      await runtime.cancelRun(workerId, { runStartedTs });
      await subject.advance(1_000);
      await runtime.sendInput(workerId, { content: "the next" });
      await subject.settle();
      const { length } = follower.events;
      expect(await runtime.cancelRun(workerId, { runStartedTs })).toMatchObject({ status: "running" });
      await subject.settle();
      expect(follower.events).toHaveLength(length);
      expect(outcome(follower)).toMatchObject({ status: "running" });
      await runtime.cancelRun(workerId);
      await subject.settle();
      expect(outcome(follower)).toMatchObject({ run: "finished", cause: "cancelled", status: "idle" });
    });

    test("when there is none changes nothing", async () => {
      await using subject = await answering(createSubject, {});
      const { runtime, workerId, follower } = subject;
      const { length } = follower.events;
      const ack = await runtime.cancelRun(workerId);
      await subject.settle();
      expect(ack.event_id).toBe(length);
      expect(follower.events).toHaveLength(length);
    });
  });
}
