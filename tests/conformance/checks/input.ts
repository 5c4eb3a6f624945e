/** Input: it is answered, one run at a time; what is no message is refused. */
import { check, must, SkipCheck, type Section } from "../check.ts";
import { expectError, expectOk, told, type Answer } from "../http.ts";
import { endsOf, eventsOf, runEnded } from "../recording.ts";
import { Body } from "../shapes.ts";
import type { Subject } from "../subject.ts";

const inputOf = (workerId: string) => ["v1", "workers", workerId, "input"];
const MESSAGES_AT_ONCE = 6;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** The lines of a person in a transcript. */
async function userLines(subject: Subject, workerId: string): Promise<readonly string[]> {
  const answer = await subject.ask("GET", ["v1", "workers", workerId, "transcript"]);
  const { items } = expectOk(answer, Body.transcript).transcript;
  return items.flatMap(({ role, content }) => (role === "user" ? [content] : []));
}

export const inputChecks: Section = {
  name: "input",
  checks: [
    check("a message is answered", { answers: 1 }, async ({ subject }) => {
      const { live } = await subject.recording();
      const [error] = eventsOf(live, "error");
      if (error !== undefined) throw new SkipCheck(`the Worker could not answer: ${error.data.code}`);
      must(eventsOf(live, "text_done").length > 0, "a text in answer to the message", () => {
        return live.map(({ event }) => event.event).join(", ");
      });
    }),
    check("its acknowledgement names the Worker and the line", { answers: 1 }, async ({ subject }) => {
      const { worker_id, worker_ref } = await subject.createWorker();
      const { ack } = expectOk(await subject.send(worker_id, subject.message), Body.input);
      must(ack.worker_ref.worker_id === worker_ref.worker_id, "the Worker's own reference", () => ack);
      must(ack.worker_ref.runtime_id === worker_ref.runtime_id, "the Worker's own reference", () => ack);
      must(ack.transcript_sequence >= 1, "a line of the transcript, counted from 1", () => ack);
      await subject.idle(worker_id);
    }),
    check("one run at a time: a busy Worker refuses", { answers: 2 }, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.createWorker();
      const observer = subject.observe(worker_id);
      await observer.opened();
      const messages = Array.from({ length: MESSAGES_AT_ONCE }, () => subject.send(worker_id, subject.message));
      const answers = await Promise.all(messages);
      const refusals = answers.filter(({ status }) => status !== 200);
      const accepted = answers.length - refusals.length;
      must(accepted > 0, "one message that is taken", () => answers.map(told));
      for (const refusal of refusals) {
        const code = expectError(refusal, 409, "worker_busy", "worker_execution_rejected");
        if (code === "worker_execution_rejected") tolerate("busy_is_rejected");
      }
      if (accepted === 1 && refusals.some(({ text }) => text.includes("worker_execution_rejected"))) {
        const { last_result } = (await subject.worker(worker_id)).execution;
        must(last_result?.outcome === "busy", "a last result of busy", () => last_result);
      }
      await runEnded(observer, 2 * subject.limits.answerTimeoutMs, accepted);
      const ends = endsOf(observer.events);
      must(ends === accepted, `${accepted} runs for ${accepted} messages`, () => ends);
      const lines = await userLines(subject, worker_id);
      must(lines.length === accepted, "a line for each message that was taken and for no other", () => lines);
      if (refusals.length === 0) throw new SkipCheck("the Worker answers before it could be asked again");
    }),
    check("a refused Worker takes input again once it is idle", { answers: 2 }, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      for (let round = 0; round < 2; round += 1) {
        expectOk(await subject.send(worker_id, subject.message), Body.input);
        await subject.idle(worker_id);
      }
    }),
    check("the same submission again is the same run (ours)", { answers: 3 }, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.createWorker();
      const submission_id = "conformance-1";
      const send = (content: string): Promise<Answer> => subject.send(worker_id, content, { submission_id });
      const first = expectOk(await send(subject.message), Body.input).ack;
      await subject.idle(worker_id);
      const second = expectOk(await send(subject.message), Body.input).ack;
      await subject.idle(worker_id);
      const lines = await userLines(subject, worker_id);
      if (lines.length === 2) return tolerate("no_submission_ids");
      must(lines.length === 1, "one line", () => lines);
      const isSame = first.transcript_sequence === second.transcript_sequence && first.event_id === second.event_id;
      must(isSame, "the first acknowledgement again", () => [first, second]);
      expectError(await send(`${subject.message} And more.`), 409, "submission_conflict");
    }),
    check("what is no message is refused", {}, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const ask = (body: unknown) => subject.ask("POST", inputOf(worker_id), { body });
      expectError(await ask({ kind: "user", content: " \n" }), 400, "invalid_request");
      expectError(await ask({ content: "x" }), 400, "invalid_json");
      expectError(await ask({ kind: "user" }), 400, "invalid_json");
      expectError(await ask({ kind: "user", content: 1 }), 400, "invalid_json");
      expectError(await ask({ kind: "conformance", content: "x" }), 400, "invalid_json");
    }),
    check("what is no JSON, or is not called so, is invalid_json", {}, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const text = JSON.stringify({ kind: "user", content: "x" });
      const ask = (body: string, type: string) =>
        subject.ask("POST", inputOf(worker_id), { text: body, headers: { "Content-Type": type } });
      expectError(await ask("{", "application/json"), 400, "invalid_json");
      expectError(await ask("", "application/json"), 400, "invalid_json");
      expectError(await ask(text, "text/plain"), 400, "invalid_json");
    }),
    check("a body beyond its bound is refused", {}, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.quietWorker();
      const body = { kind: "user", content: "x".repeat(MAX_BODY_BYTES) };
      // A server may let go of a connection whose body it has not read: no other request shall be on it.
      const answer = await subject.ask("POST", inputOf(worker_id), { body, headers: { Connection: "close" } });
      if (answer.status === 413) return tolerate("plain_too_large");
      expectError(answer, 400, "invalid_json");
    }),
    check("input of the kind system is the Worker's to refuse", { answers: 1 }, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.createWorker();
      const answer = await subject.ask("POST", inputOf(worker_id), { body: { kind: "system", content: "x" } });
      if (answer.status !== 200) return void expectError(answer, 409, "worker_execution_rejected");
      expectOk(answer, Body.input);
      tolerate("no_system_refusal");
    }),
  ],
};
