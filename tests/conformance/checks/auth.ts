/** The token: exactly it is let in, on every path and on the upgrade. */
import { check, must, type Section } from "../check.ts";
import { expectError, expectOk, told } from "../http.ts";
import { Body } from "../shapes.ts";
import type { Subject } from "../subject.ts";

/** Headers that must not be let in; an empty one is not sent. */
function wrongHeaders(token: string): readonly string[] {
  return [
    "",
    token,
    `bearer ${token}`,
    `BEARER ${token}`,
    `Bearer  ${token}`,
    `Basic ${token}`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token}x`,
    `Bearer ${token}, Bearer ${token}`,
  ];
}

async function refused(subject: Subject, method: string, route: readonly string[], header: string): Promise<void> {
  const answer = await subject.ask(method, route, { headers: { Authorization: header } });
  expectError(answer, 401, "unauthorized");
  must(!answer.headers.has("WWW-Authenticate"), "no WWW-Authenticate header", () => told(answer));
  must(!answer.text.includes(subject.token ?? "\0"), "a refusal without the token in it", () => "the token");
}

export const authChecks: Section = {
  name: "auth",
  checks: [
    check("exactly the token is let in", { needs: "token" }, async ({ subject }) => {
      for (const header of wrongHeaders(subject.token ?? "")) await refused(subject, "GET", ["v1", "runtime"], header);
      expectOk(await subject.ask("GET", ["v1", "runtime"]), Body.runtime);
    }),
    check("other paths and methods are refused alike", { needs: "token" }, async ({ subject }) => {
      await refused(subject, "GET", ["v1", "nowhere"], "");
      await refused(subject, "DELETE", ["v1", "runtime"], "");
      await refused(subject, "POST", ["v1", "workers"], "");
      await refused(subject, "GET", ["v1", "workers", "nobody"], "");
    }),
    check("an upgrade without it is refused before it happens", { needs: "token" }, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const wrong: readonly Record<string, string>[] = [{}, { Authorization: `Bearer ${subject.token}x` }];
      for (const headers of wrong) {
        const end = await subject.observe(worker_id, {}, headers).refusal();
        must(end?.kind === "refused" && end.status === 401, "401 on the upgrade", () => end);
      }
    }),
    check("without a token of its own it ignores the header", { needs: "no token" }, async ({ subject }) => {
      const headers = { Authorization: "Bearer anything" };
      expectOk(await subject.ask("GET", ["v1", "runtime"], { headers }), Body.runtime);
    }),
  ],
};
