import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { Observer } from "../support/observer.ts";
import { requestHead } from "../support/raw-http.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

/** What an operator who has asked it to stop waits for it. */
const PROMPT_MS = 5_000;

/** Streams some text and then nothing more. */
const HANGING = "/demo stall";

const start = () => ServerProcess.start({ environment: { YOI_DEMO_PACE: "0" } });

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s during a run shows its end to every viewer, then ends the process",
  async (signal) => {
    await using server = await start();
    const client = new WorkspaceClient(server.url);
    const [ref, idle] = [await client.createWorker(), await client.createWorker()];
    const observers = [client.observe(ref), client.observe(ref), client.observe(ref)];
    const bystander = client.observe(idle);
    await Promise.all([...observers, bystander].map((observer) => observer.snapshot()));
    await client.send(ref, HANGING);
    await Promise.all(
      observers.map((observer) => observer.until("some text", ({ names }) => names.includes("text_delta"))),
    );

    expect(await server.kill(signal, PROMPT_MS)).toEqual({ code: 0, signal: null });

    const shutDown = {
      code: 4503,
      reason: "shutting_down",
      diagnostic: {
        code: "backend.upstream_disconnect",
        message: expect.stringMatching(/\S/),
        problem: "shutting_down",
      },
    };
    for (const observer of observers) {
      expect(await observer.end()).toEqual(shutDown);
      expect(observer.names.slice(-3)).toEqual(["text_done", "run_end", "status"]);
      expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([
        { result: "finished", cause: "interrupted" },
      ]);
      expect(observer.transcript).toMatchObject({ status: "idle", run: { state: "ended", cause: "interrupted" } });
      expect(observer.frames.at(-1)?.kind).toBe("diagnostic");
    }
    expect(await bystander.end()).toEqual(shutDown);
    expect(bystander.names).toEqual(["snapshot"]);
    expect(await isRefused(server.port)).toBe(true);
    expect(server.output).not.toMatch(/\bat .*:\d+:\d+/);
  },
);

test("SIGTERM ends a process that nobody has talked to", async () => {
  await using server = await start();
  expect(await server.kill("SIGTERM", PROMPT_MS)).toEqual({ code: 0, signal: null });
});

test("SIGTERM waits for no viewer whose link is half-open, idle connection or half a request", async () => {
  await using server = await start();
  const client = new WorkspaceClient(server.url);
  const ref = await client.createWorker();
  await using proxy = await TcpProxy.start(server.port);
  const silent = new Observer(proxy.url, ref);
  await silent.snapshot();
  proxy.swallow();
  const head = requestHead("POST", "/api/companion/messages", {
    Connection: "keep-alive",
    "Content-Type": "application/json",
    "Content-Length": "1000",
  });
  const sockets = [`${head}{`, "GET /heal", requestHead("GET", "/healthz", { Connection: "keep-alive" })].map(
    (bytes) => {
      const socket = connect({ host: "127.0.0.1", port: server.port });
      socket.on("error", () => {});
      socket.write(bytes);
      return socket;
    },
  );
  await once(sockets[2]!, "data");
  try {
    expect(await server.kill("SIGTERM", PROMPT_MS)).toEqual({ code: 0, signal: null });
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.cut();
  }
});

test("a second signal while it stops does not keep it", async () => {
  await using server = await start();
  const client = new WorkspaceClient(server.url);
  await using observer = client.observe(await client.createWorker());
  await observer.snapshot();
  const ended = server.kill("SIGTERM", PROMPT_MS);
  await observer.end();
  void server.kill("SIGINT", PROMPT_MS).catch(() => {});
  // Whoever sends it twice wants it gone: it has ended by itself, or by the second signal.
  const ways = [
    { code: 0, signal: null },
    { code: 1, signal: null },
  ];
  expect(ways).toContainEqual(await ended);
});
