/** Stop and cancel: what ends with each, and what answers when it is asked again. */
import { canonicalJson } from "../../support/same-json.ts";
import { check, must, type Section } from "../check.ts";
import { expectError, expectOk, told } from "../http.ts";
import { Body } from "../shapes.ts";
import type { Subject } from "../subject.ts";

const routeOf = (workerId: string, verb: string) => ["v1", "workers", workerId, verb];

async function end(subject: Subject, workerId: string, verb: "stop" | "cancel", body?: unknown) {
  const options = body === undefined ? {} : { body };
  return expectOk(await subject.ask("POST", routeOf(workerId, verb), options), Body.ended).ack;
}

export const lifecycleChecks: Section = {
  name: "stop and cancel",
  checks: [
    check("a stop ends the Worker, and again answers the same", {}, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      const first = await end(subject, worker_id, "stop", { reason: "conformance" });
      must(first.status === "stopped" && first.worker_ref.worker_id === worker_id, "the status stopped", () => first);
      const second = await end(subject, worker_id, "stop");
      must(canonicalJson(second) === canonicalJson(first), "the first acknowledgement again", () => second);
      const { status } = await subject.worker(worker_id);
      must(status === "stopped", "a Worker that is still there, stopped", () => status);
    }),
    check("a stopped Worker takes no input", {}, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      await end(subject, worker_id, "stop");
      expectError(await subject.send(worker_id, "x"), 400, "invalid_request");
    }),
    check("a stop ends a run under way", { answers: 1 }, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      expectOk(await subject.send(worker_id, subject.message), Body.input);
      await end(subject, worker_id, "stop");
      const { status } = await subject.idle(worker_id);
      must(status === "stopped", "the status stopped", () => status);
    }),
    check("a cancel ends the run and not the Worker", { answers: 2 }, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.createWorker();
      expectOk(await subject.send(worker_id, subject.message), Body.input);
      const { status } = await end(subject, worker_id, "cancel", { reason: "conformance" });
      if (status === "cancelled") {
        tolerate("cancel_is_final");
        expectError(await subject.send(worker_id, "x"), 400, "invalid_request");
        return;
      }
      must(status === "running", "the status running", () => status);
      await subject.idle(worker_id);
      expectOk(await subject.send(worker_id, subject.message), Body.input);
      await subject.idle(worker_id);
    }),
    check("a cancel without a run changes nothing", {}, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.createWorker();
      const answer = await subject.ask("POST", routeOf(worker_id, "cancel"));
      if (answer.status === 409) {
        expectError(answer, 409, "worker_execution_rejected");
        return tolerate("cancel_refused");
      }
      const { ack } = expectOk(answer, Body.ended);
      if (ack.status === "cancelled") return tolerate("cancel_is_final");
      must(ack.status === "running", "the status running", () => told(answer));
    }),
    check("a reason that is no JSON is invalid_json", {}, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      for (const verb of ["cancel", "stop"]) {
        expectError(await subject.ask("POST", routeOf(worker_id, verb), { text: "{" }), 400, "invalid_json");
      }
      const { status } = await subject.worker(worker_id);
      must(status === "running", "a Worker that runs on", () => status);
    }),
  ],
};
