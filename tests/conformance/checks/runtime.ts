/** The Runtime itself: its summary, and paths and methods that there are not. */
import { check, must, type Section } from "../check.ts";
import { expectOk, told } from "../http.ts";
import { Body } from "../shapes.ts";

export const runtimeChecks: Section = {
  name: "runtime",
  checks: [
    check("the summary has its shape", {}, async ({ subject }) => {
      await subject.runtimeId();
    }),
    check("the summary's counts agree", {}, async ({ subject }) => {
      const { runtime } = expectOk(await subject.ask("GET", ["v1", "runtime"]), Body.runtime);
      const { active_worker_count, stopped_worker_count, cancelled_worker_count, worker_count } = runtime;
      const sum = active_worker_count + stopped_worker_count + cancelled_worker_count;
      must(sum === worker_count, "active, stopped and cancelled Workers that are all of them", () => runtime);
    }),
    check("it is running and makes Workers", {}, async ({ subject, tolerate }) => {
      const { runtime } = expectOk(await subject.ask("GET", ["v1", "runtime"]), Body.runtime);
      must(runtime.status === "running", "the status running", () => runtime.status);
      if (runtime.worker_creation_available === undefined) return tolerate("no_creation_flag");
      must(runtime.worker_creation_available, "worker_creation_available: true", () => "false");
    }),
    check("a path that there is not is 404", {}, async ({ subject }) => {
      for (const route of [["v1", "nowhere"], ["nowhere"], ["v1", "workers", "a", "b", "c"]]) {
        const answer = await subject.ask("GET", route);
        must(answer.status === 404, `404 for /${route.join("/")}`, () => told(answer));
      }
    }),
    check("a wrong method is 405", {}, async ({ subject }) => {
      const wrong = [
        ["DELETE", ["v1", "runtime"]],
        ["PUT", ["v1", "workers"]],
        ["POST", ["v1", "runtime"]],
      ] as const;
      for (const [method, route] of wrong) {
        const answer = await subject.ask(method, route);
        must(answer.status === 405, `405 for ${method} /${route.join("/")}`, () => told(answer));
      }
    }),
  ],
};
