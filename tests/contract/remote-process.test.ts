/** The client against Runtimes that are processes of their own, on each engine that is here. */
import { describe, expect, test, vi } from "vitest";
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import { WorkerId } from "../../protocol/id.ts";
import { Follower } from "../support/follow.ts";
import { takeLastingPort } from "../support/lasting-port.ts";
import { problemCode } from "../support/problem-code.ts";
import { remoteClient, TOKEN } from "../support/remote-client.ts";
import { LAB } from "../support/remote-failures.ts";
import { ENGINES, RuntimeProcess } from "../support/runtime-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { DEADLINE_MS } from "../support/within.ts";

allowProcesses();

const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: DEADLINE_MS, interval: 5 });
const start = (engine: (typeof ENGINES)[number], bind = "127.0.0.1:0") =>
  new RuntimeProcess({ engine, args: ["--id", LAB, "--bind", bind], environment: { YOI_RUNTIME_TOKEN: TOKEN } });
const NOBODY = WorkerId.parse("worker-00000001");
// why: part of the wire, everything that is kept.
const OLDEST = "wo_0000000000000000" as RuntimeCursor;

describe.each(ENGINES)("a Runtime process on %s", (engine) => {
  test("makes a Worker, answers it, and is observed as it happens and again", async () => {
    await using runtime = start(engine);
    await using remote = remoteClient(await runtime.url(), { requestTimeoutMs: DEADLINE_MS });
    const { worker_id: workerId } = await remote.createWorker({ profile: { kind: "runtime_default" } });
    await using live = new Follower(remote, workerId);
    await until(() => live.received.length > 0);
    await remote.sendInput(workerId, { content: "hello" });
    await until(() => live.names.includes("run_end") && live.names.at(-1) === "status");
    expect(live.transcript).toMatchObject({ status: "idle", run: { state: "ended", result: "finished" } });
    await using again = new Follower(remote, workerId, OLDEST);
    await until(() => again.received.length === live.events.length);
    expect(again.received).toEqual(live.received.slice(1));
    const stranger = remoteClient(await runtime.url(), { requestTimeoutMs: DEADLINE_MS }, "not-the-token-of-it");
    expect(await problemCode(stranger.detail())).toBe("runtime_auth_failed");
  });

  test("that is asked to stop tells its observers; that is killed breaks them off; each is back by itself", async () => {
    const bind = `127.0.0.1:${await takeLastingPort()}`;
    const first = start(engine, bind);
    const url = await first.url();
    await using remote = remoteClient(url, { requestTimeoutMs: DEADLINE_MS, holdOffMs: 0 });
    const follow = async () => {
      const { worker_id: workerId } = await remote.createWorker({ profile: { kind: "runtime_default" } });
      const follower = new Follower(remote, workerId);
      await until(() => follower.received.length > 0);
      return follower;
    };
    const stopped = await follow();
    await first.kill("SIGTERM");
    expect(await problemCode(stopped.ended)).toBe("runtime_unavailable");
    expect(await problemCode(remote.getWorker(NOBODY))).toBe("runtime_refused");
    await using second = start(engine, bind);
    await second.url();
    const killed = await follow();
    await second.kill("SIGKILL");
    expect(await problemCode(killed.ended)).toBe("runtime_network_failed");
    await using third = start(engine, bind);
    await third.url();
    expect(await problemCode(remote.getWorker(NOBODY))).toBe("worker_not_found");
  });
});
