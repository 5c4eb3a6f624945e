/** The Runtime as a real process, on the engine that runs the tests: its start, its signals, its end. */
import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { ZERO_CURSOR } from "../support/runtime-server.ts";
import { allowProcesses } from "../support/served-workspace.ts";

allowProcesses();

const TOKEN = "canary-token-of-this-test";
const WORKER = "worker-00000001";

async function post(url: string, path: string, body: unknown): Promise<number> {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

/** A Runtime that answers slowly, in the middle of an answer, and one who observes it. */
async function startAnswering(environment: Readonly<Record<string, string>> = {}) {
  const runtime = new RuntimeProcess({
    args: ["--id", "lab-one"],
    environment: { YOI_RUNTIME_TOKEN: TOKEN, YOI_DEMO_PACE: "1", ...environment },
  });
  const url = await runtime.url();
  expect(await post(url, "/v1/workers", { profile: { kind: "runtime_default" } })).toBe(200);
  const observer = await new RuntimeObserver(url, WORKER, {
    cursor: ZERO_CURSOR,
    headers: { Authorization: `Bearer ${TOKEN}` },
  }).open();
  expect(await post(url, `/v1/workers/${WORKER}/input`, { kind: "user", content: "/demo slow" })).toBe(200);
  await observer.until(({ names }) => names.includes("text_delta"), "the answer to begin");
  return { runtime, observer, url };
}

describe("the Runtime process", () => {
  test("says where it listens and never what its token is; answers; ends on SIGTERM", async () => {
    await using runtime = new RuntimeProcess({ args: ["--id=lab-one"], environment: { YOI_RUNTIME_TOKEN: TOKEN } });
    const url = await runtime.url();
    const response = await fetch(`${url}/v1/runtime`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(await response.json()).toMatchObject({ runtime: { runtime_id: "lab-one", status: "running" } });
    expect((await fetch(`${url}/v1/runtime`)).status).toBe(401);
    expect(await runtime.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(runtime.output).toContain(`Runtime lab-one is at ${url}\nRequests need its token.\n`);
    expect(runtime.output).not.toContain(TOKEN);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "on %s ends the run typed, says why, and closes the socket",
    async (signal) => {
      const { runtime, observer } = await startAnswering();
      await using _runtime = runtime;
      await using _observer = observer;
      const exit = runtime.kill(signal);
      expect(await observer.end()).toEqual({ code: 4503, reason: "shutting_down" });
      expect(await exit).toEqual({ code: 0, signal: null });
      expect(observer.names.slice(-2)).toEqual(["run_end", "status"]);
      expect(observer.events.at(-2)!.envelope.payload).toMatchObject({ data: { cause: "interrupted" } });
      expect(observer.frames.at(-1)).toMatchObject({ diagnostic: { code: "runtime.upstream_closed" } });
    },
  );

  test("on SIGTERM waits neither for an idle connection nor for an observer that does not close", async () => {
    const { runtime, observer, url } = await startAnswering();
    await using _runtime = runtime;
    await using _observer = observer;
    observer.pause();
    const idle = connect(Number(new URL(url).port), "127.0.0.1");
    idle.on("error", () => {});
    await once(idle, "connect");
    expect(await runtime.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    idle.destroy();
  });

  test("goes on where nobody takes its log any more", async () => {
    await using runtime = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: TOKEN, YOI_LOG_LEVEL: "info" } });
    const url = await runtime.url();
    runtime.leaveLog();
    for (let command = 0; command < 3; command += 1) {
      expect(await post(url, "/v1/workers", { profile: { kind: "runtime_default" } })).toBe(200);
    }
    expect(await runtime.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  test("killed outright, its socket breaks without a Close, and the next one knows no cursor of it", async () => {
    const { runtime, observer } = await startAnswering();
    await using _observer = observer;
    expect(await runtime.kill("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    expect((await observer.end()).code).toBe(1006);
    await using next = new RuntimeProcess({ environment: { YOI_RUNTIME_TOKEN: TOKEN } });
    const url = await next.url();
    await post(url, "/v1/workers", { profile: { kind: "runtime_default" } });
    const { cursor } = observer.events.at(-1)!.envelope;
    const headers = { Authorization: `Bearer ${TOKEN}` };
    await using again = await new RuntimeObserver(url, WORKER, { cursor, headers }).open();
    expect(await again.end()).toEqual({ code: 4410, reason: "cursor_unknown" });
  });

  test.each<[string, readonly string[], Record<string, string>, string]>([
    ["a wrong setting", [], { YOI_RUNTIME_MAX_WORKERS: "none" }, "YOI_RUNTIME_MAX_WORKERS"],
    ["a token on the command line", ["--token", TOKEN], {}, "a token is no flag"],
    ["an open address without a token", ["--bind", "0.0.0.0:0"], {}, "YOI_RUNTIME_LET_ANYONE_COMMAND"],
    ["a token's file that is not there", ["--token-file", "/not/there"], {}, "YOI_RUNTIME_TOKEN_FILE"],
  ])("%s ends it with 1 and one line", async (_case, args, environment, words) => {
    await using runtime = new RuntimeProcess({ args, environment });
    expect(await runtime.end()).toEqual({ code: 1, signal: null });
    expect(runtime.output).toMatch(/^Cannot start: .+\n$/);
    expect(runtime.output).toContain(words);
    expect(runtime.output).not.toContain(TOKEN);
  });

  test("a port that is taken ends it with 1 and one line", async () => {
    await using holder = new RuntimeProcess();
    const { host } = new URL(await holder.url());
    await using runtime = new RuntimeProcess({ args: ["--bind", host] });
    expect(await runtime.end()).toEqual({ code: 1, signal: null });
    expect(runtime.output).toMatch(/^Cannot start: .+\n$/);
  });

  test("a port that is taken costs a run that goes on after a restart none of its attempts", async () => {
    const folder = makeDataFolder();
    using _folder = { [Symbol.dispose]: () => removeDataFolder(folder) };
    const kept = { YOI_RUNTIME_DATA_DIR: folder, YOI_RUNTIME_TOKEN: TOKEN, YOI_CONTINUE_INTERRUPTED: "yes" };
    const { runtime, observer } = await startAnswering(kept);
    await using _observer = observer;
    await runtime.kill("SIGKILL");
    await using holder = new RuntimeProcess();
    const { host } = new URL(await holder.url());
    await using refused = new RuntimeProcess({ args: ["--id", "lab-one", "--bind", host], environment: kept });
    expect(await refused.end()).toEqual({ code: 1, signal: null });
    await using next = new RuntimeProcess({ args: ["--id", "lab-one"], environment: kept });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    await using again = await new RuntimeObserver(await next.url(), WORKER, { cursor: ZERO_CURSOR, headers }).open();
    await again.until(({ names }) => names.includes("run_end"), "the answer to end");
    expect(again.names.filter((name) => name === "llm_continuation")).toHaveLength(1);
  });

  test("an address beyond this machine is told loudly where it is open", async () => {
    await using runtime = new RuntimeProcess({ args: ["--bind", "0.0.0.0:0", "--let-anyone-command", "yes"] });
    const { port } = new URL(await runtime.url());
    expect(runtime.output).toContain("DANGER");
    const answer = await sendRaw(Number(port), requestHead("GET", "/v1/runtime"));
    expect(answer.status).toBe(200);
  });
});
