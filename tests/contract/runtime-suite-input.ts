/** Messages: what is accepted, once, and what is refused. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { SubmissionId } from "../../protocol/id.ts";
import { WorkerInteractionAck } from "../../protocol/runtime-api.ts";
import { Follower, readLog } from "../support/follow.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeSubject } from "../support/runtime-subject.ts";
import { hang, stop, text } from "../support/scripted-model.ts";

const S1 = SubmissionId.parse("s-1");
const S2 = SubmissionId.parse("s-2");

/** How many messages the log has. */
async function messages(subject: RuntimeSubject): Promise<number> {
  const log = await readLog(subject);
  return log.filter(({ payload }) => payload.startsWith('{"event":"user_message"')).length;
}

/** `Runtime.sendInput`. */
export function inputSuite(createSubject: CreateSubject): void {
  describe("sendInput()", () => {
    test("the acknowledgement names the message's own position, which is in the log already", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      await using follower = new Follower(runtime, workerId);
      await subject.settle();
      const ack = await runtime.sendInput(workerId, { content: "count the files" });
      expect(WorkerInteractionAck.parse(ack)).toEqual({
        worker_ref: { runtime_id: runtime.runtimeId, worker_id: workerId },
        status: "running",
        transcript_sequence: 1,
        event_id: 2,
      });
      const page = await runtime.transcript(workerId, { start: 0, limit: 10 });
      expect(page.items).toMatchObject([{ sequence: 1, role: "user", content: "count the files", event_id: 2 }]);
      await subject.settle();
      expect(follower.events[ack.event_id - 1]).toEqual({
        event: "user_message",
        data: { segments: [{ kind: "text", content: "count the files" }] },
      });
    });

    test("a short message is answered although the one before it had outgrown the model's window", async () => {
      await using subject = await createSubject({});
      const { model, runtime, workerId } = subject;
      await using follower = new Follower(runtime, workerId);
      await runtime.sendInput(workerId, { content: "語".repeat(99_999) });
      await subject.settle();
      expect(follower.transcript.run).toMatchObject({ state: "ended", result: "errored" });
      await runtime.sendInput(workerId, { content: "short" });
      await subject.settle();
      expect(model.requests.at(-1)?.messages.slice(1)).toEqual([{ role: "user", content: "short" }]);
      expect(follower.transcript.run).toMatchObject({ state: "ended", result: "finished" });
    });

    test("a second message gets the next sequence, and its own position", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "one" });
      await subject.settle();
      const ack = await runtime.sendInput(workerId, { content: "two" });
      const { items } = await runtime.transcript(workerId, { start: 0, limit: 10 });
      expect(items.find(({ event_id }) => event_id === ack.event_id)).toMatchObject({
        sequence: ack.transcript_sequence,
        role: "user",
        content: "two",
      });
    });

    test("the content reaches the model and the transcript as it was written", async () => {
      await using subject = await createSubject();
      const { runtime, workerId, model } = subject;
      const content = "  こんにちは\n\n```ts\nconst a = '\u2028</script>';\n```  ";
      await runtime.sendInput(workerId, { content });
      await subject.settle();
      expect(model.requests[0]?.messages).toEqual([
        { role: "system", content: "You are a test." },
        { role: "user", content },
      ]);
      expect((await runtime.transcript(workerId, { start: 0, limit: 1 })).items[0]?.content).toBe(content);
    });

    test("the model is given the conversation so far", async () => {
      await using subject = await createSubject({ scripts: [[text("One."), stop]] });
      const { runtime, workerId, model } = subject;
      for (const content of ["first", "second"]) {
        await runtime.sendInput(workerId, { content });
        await subject.settle();
      }
      expect(model.requests[1]?.messages.slice(1)).toEqual([
        { role: "user", content: "first" },
        { role: "assistant", content: "One." },
        { role: "user", content: "second" },
      ]);
    });

    test.each(["", " ", "\n\t\u3000"])("an empty message is refused: %j", async (content) => {
      await using subject = await createSubject();
      expect(await problemCode(subject.runtime.sendInput(subject.workerId, { content }))).toBe("input_empty");
      expect(await messages(subject)).toBe(0);
    });

    test("a message may be as long as the limit, and no longer", async () => {
      await using subject = await createSubject({ limits: { worker: { maxInputChars: 50 } } });
      const { runtime, workerId } = subject;
      const send = (chars: number) => problemCode(runtime.sendInput(workerId, { content: "x".repeat(chars) }));
      expect(await send(51)).toBe("input_too_large");
      expect(await send(50)).toBe(null);
    });
  });

  describe("one run at a time", () => {
    test("of messages sent at once exactly one wins, and the others are told that the Worker is busy", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId, model } = subject;
      const sends = ["a", "b", "c", "d", "e"].map((content) => problemCode(runtime.sendInput(workerId, { content })));
      const answers = await Promise.all(sends);
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      expect(answers.filter((answer) => answer === "worker_busy")).toHaveLength(4);
      expect(await messages(subject)).toBe(1);
      expect(model.requests).toHaveLength(1);
    });

    test("a message during a run is refused and leaves no trace; after the run it is taken", async () => {
      await using subject = await createSubject({ scripts: [[text("a"), hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "first" });
      await subject.settle();
      expect(await problemCode(runtime.sendInput(workerId, { content: "second" }))).toBe("worker_busy");
      expect((await runtime.getWorker(workerId)).execution.last_result).toMatchObject({
        operation: "input",
        outcome: "busy",
      });
      expect(await messages(subject)).toBe(1);
      await runtime.cancelRun(workerId);
      expect(await problemCode(runtime.sendInput(workerId, { content: "second" }))).toBe(null);
      expect(await messages(subject)).toBe(2);
    });
  });

  describe("submission ids", () => {
    test("a repetition gets the first acknowledgement, during the run and after it", async () => {
      await using subject = await createSubject({ scripts: [[text("a"), hang]] });
      const { runtime, workerId, model } = subject;
      const input = { content: "hi", submissionId: S1 };
      const ack = await runtime.sendInput(workerId, input);
      await subject.settle();
      expect(await runtime.sendInput(workerId, input)).toEqual(ack);
      await runtime.cancelRun(workerId);
      expect(await runtime.sendInput(workerId, input)).toEqual(ack);
      await runtime.stopWorker(workerId);
      expect(await runtime.sendInput(workerId, input)).toEqual(ack);
      expect(await messages(subject)).toBe(1);
      expect(model.requests).toHaveLength(1);
    });

    test("a double click is one message with one acknowledgement", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      const send = () => runtime.sendInput(workerId, { content: "hi", submissionId: S1 });
      const acks = await Promise.all([send(), send(), send()]);
      expect(acks).toEqual([acks[0], acks[0], acks[0]]);
      expect(await messages(subject)).toBe(1);
    });

    test("the id stands on the message, so that its sender recognises it", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi", submissionId: S1 });
      const { entries } = await runtime.entries(workerId, { limit: 10 });
      expect(entries.find(({ kind }) => kind === "user_input")).toMatchObject({ submission_id: "s-1" });
    });

    test("the same id with another content is refused", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi", submissionId: S1 });
      await subject.settle();
      const other = runtime.sendInput(workerId, { content: "hi!", submissionId: S1 });
      expect(await problemCode(other)).toBe("submission_conflict");
      expect(await messages(subject)).toBe(1);
    });

    test("the id of a message that was refused can be used again", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "first", submissionId: S1 });
      const again = () => problemCode(runtime.sendInput(workerId, { content: "second", submissionId: S2 }));
      expect(await again()).toBe("worker_busy");
      await runtime.cancelRun(workerId);
      expect(await again()).toBe(null);
      expect(await messages(subject)).toBe(2);
    });

    test("two Workers may be given the same id", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      const other = await runtime.createWorker({ profile: { kind: "runtime_default" } });
      for (const id of [workerId, other.worker_id]) {
        const ack = await runtime.sendInput(id, { content: `to ${id}`, submissionId: S1 });
        expect(ack.worker_ref.worker_id).toBe(id);
      }
    });

    test("past the limit the oldest id is forgotten first", async () => {
      await using subject = await createSubject({ limits: { worker: { retentionSubmissions: 1 } } });
      const { runtime, workerId } = subject;
      const send = async (submissionId: SubmissionId) => {
        const ack = await runtime.sendInput(workerId, { content: "hi", submissionId });
        await subject.settle();
        return ack.event_id;
      };
      const first = await send(S1);
      const second = await send(S2);
      expect(await send(S2)).toBe(second);
      expect(await send(S1)).toBeGreaterThan(second);
      expect(second).toBeGreaterThan(first);
    });
  });
}
