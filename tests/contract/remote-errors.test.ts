/** Every failure of a Runtime elsewhere, provoked for real, becomes its own problem. */
import { describe, expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { WorkerId } from "../../protocol/id.ts";
import { isProblemCode, ProblemError, problemRow, type ProblemCode } from "../../protocol/problem.ts";
import { problemCode } from "../support/problem-code.ts";
import { acceptUpgrade, HostileServer, json } from "../support/hostile-server.ts";
import { remoteClient, TOKEN } from "../support/remote-client.ts";
import {
  CANARY,
  CURSOR_FAILURES,
  eventFrame,
  HTTP_FAILURES,
  runtimeBody,
  SOCKET_FAILURES,
  timeoutsFor,
  WORKER,
} from "../support/remote-failures.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const workerId = WorkerId.parse(WORKER);
const never = () => AbortSignal.timeout(20_000);

/** Everything that a problem may show, to people or to whoever logs it. */
const wordsOf = (problem: ProblemError): string =>
  JSON.stringify([problem.message, problem.detail, String(problem.stack), String(problem.cause)]);

async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

describe("a request", () => {
  test.each(HTTP_FAILURES)("to $name ends with $code, in words of ours", async ({ code, place }) => {
    await using there = await place();
    await using remote = remoteClient(there.baseUrl, timeoutsFor(code));
    const problem = await problemOf(remote.detail());
    expect(problem.code).toBe(code);
    expect(isProblemCode(problem.code)).toBe(true);
    for (const secret of [CANARY, TOKEN, ...there.secrets]) expect(wordsOf(problem)).not.toContain(secret);
  });

  test.each(["store_full", "store_read_only", "store_failed"] as const)(
    "that a Runtime's store does not keep ends with %s, as it does here",
    async (code) => {
      await using hostile = await HostileServer.start({
        http(request, response) {
          if (request.url === "/v1/runtime") json(response, 200, runtimeBody());
          else json(response, problemRow(code).status, { error: { code, message: CANARY } });
        },
      });
      await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`);
      const problem = await problemOf(remote.sendInput(workerId, { content: "hi" }));
      expect(problem.code).toBe(code);
      expect(wordsOf(problem)).not.toContain(CANARY);
    },
  );

  test("by a name that a Runtime without a token does not go by says what is missing there", async () => {
    await using hostile = await HostileServer.start({
      http: (_, response) => json(response, 421, { error: { code: "host_refused", message: CANARY } }),
    });
    await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`);
    const problem = await problemOf(remote.detail());
    expect(problem).toMatchObject({ code: "runtime_rejected", detail: expect.stringContaining("no token") });
    expect(wordsOf(problem)).not.toContain(CANARY);
  });

  test("is not carried on to where a redirect points, nor is the token", async () => {
    await using other = await HostileServer.start({ http: (_, response) => json(response, 200, runtimeBody()) });
    const target = `http://127.0.0.1:${other.port}/v1/runtime`;
    for (const status of [301, 302, 303, 307, 308]) {
      await using here = await HostileServer.start({
        http: (_, response) => void response.writeHead(status, { Location: target }).end(),
        upgrade: (_, socket) =>
          void socket.end(`HTTP/1.1 ${status} No\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`),
      });
      await using remote = remoteClient(`http://127.0.0.1:${here.port}`);
      expect(await problemCode(remote.getWorker(workerId))).toBe("runtime_redirected");
      expect(await problemCode(remote.listWorkers())).toBe("runtime_redirected");
      expect(here.authorizations).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
    }
    expect(other.asked).toEqual([]);
  });

  test("ends with its signal's reason as soon as that aborts", async () => {
    await using hostile = await HostileServer.start({ http: () => {} });
    await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`, { requestTimeoutMs: 20_000 });
    const reason = new Error("no longer wanted");
    await expect(remote.getWorker(workerId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stopping = new AbortController();
    const call = remote.getWorker(workerId, { signal: stopping.signal });
    stopping.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe("an observation", () => {
  const first = (baseUrl: string, code: ProblemCode, cursor?: string) => {
    const remote = remoteClient(baseUrl, timeoutsFor(code));
    const from = cursor === undefined ? {} : { cursor: RuntimeCursor.parse(cursor) };
    return {
      remote,
      step: remote
        .observe(workerId, { signal: never(), ...from })
        [Symbol.asyncIterator]()
        .next(),
    };
  };

  test.each([...HTTP_FAILURES, ...SOCKET_FAILURES])(
    "of $name ends with $code, in words of ours",
    async ({ code, place }) => {
      await using there = await place();
      const { remote, step } = first(there.baseUrl, code);
      await using _remote = remote;
      const problem = await problemOf(step);
      expect(problem.code).toBe(code);
      for (const secret of [CANARY, TOKEN, "canary-", ...there.secrets]) expect(wordsOf(problem)).not.toContain(secret);
    },
  );

  test.each(CURSOR_FAILURES)("with $name ends with $code", async ({ code, place }) => {
    await using there = await place();
    const { remote, step } = first(there.baseUrl, code, "wo_0000000000000007");
    await using _remote = remote;
    expect((await problemOf(step)).code).toBe(code);
  });

  test("that only seems to be there ends with runtime_timeout, whichever direction is silent", async () => {
    for (const directions of [["to_client"], ["to_server"], ["to_client", "to_server"]] as const) {
      await using hostile = await HostileServer.start({
        http: (_, response) => json(response, 200, runtimeBody()),
        upgrade(request, socket) {
          acceptUpgrade(request, socket);
          socket.write(eventFrame("wo_0000000000000001", { event: "status", data: { status: "idle" } }));
          // Answers a ping as a WebSocket must; what a client sends is masked.
          socket.on("data", (bytes: Buffer) => {
            if ((bytes[0]! & 15) === 9) socket.write(Uint8Array.of(0x8a, 0));
          });
        },
      });
      await using proxy = await TcpProxy.start(hostile.port);
      await using remote = remoteClient(proxy.url, { pingIntervalMs: 20, silenceTimeoutMs: 300 });
      const steps = remote.observe(workerId, { signal: never() })[Symbol.asyncIterator]();
      expect((await steps.next()).value).toMatchObject({ kind: "events" });
      proxy.swallow(directions);
      expect(await problemCode(steps.next())).toBe("runtime_timeout");
    }
  });

  test("whose message takes longer to come than a sign of life or a snapshot may is not given up", async () => {
    await using hostile = await HostileServer.start({
      http: (_, response) => json(response, 200, runtimeBody()),
      upgrade(request, socket) {
        acceptUpgrade(request, socket);
        let rest = eventFrame("wo_0000000000000001", { event: "text_delta", data: { text: "a".repeat(100) } });
        const drip = setInterval(() => {
          socket.write(rest.subarray(0, 1));
          rest = rest.subarray(1);
          if (rest.length === 0) clearInterval(drip);
        }, 15);
        socket.on("close", () => clearInterval(drip));
      },
    });
    // Longer than this process may stand still, which counts as silence too.
    await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`, {
      pingIntervalMs: 100,
      silenceTimeoutMs: 2_500,
      handshakeTimeoutMs: 1_500,
      requestTimeoutMs: 1_500,
    });
    const steps = remote.observe(workerId, { signal: never() })[Symbol.asyncIterator]();
    expect((await steps.next()).value).toMatchObject({ kind: "events" });
  });

  test("that answers pings and says nothing else is given up", async () => {
    await using hostile = await HostileServer.start({
      http: (_, response) => json(response, 200, runtimeBody()),
      upgrade(request, socket) {
        acceptUpgrade(request, socket);
        socket.on("data", (bytes: Buffer) => {
          if ((bytes[0]! & 15) === 9) socket.write(Uint8Array.of(0x8a, 0));
        });
      },
    });
    const limits = { pingIntervalMs: 20, handshakeTimeoutMs: 300, requestTimeoutMs: 300 };
    await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`, limits);
    const steps = remote.observe(workerId, { signal: never() })[Symbol.asyncIterator]();
    expect(await problemCode(steps.next())).toBe("runtime_timeout");
  });

  test("that is cut after any number of bytes gives whole events only, and then ends with a problem", async () => {
    const payloads = ["a", "ü", "語"].map((text) => ({ event: "text_delta", data: { text } }));
    const frames = payloads.map((payload, index) => eventFrame(`wo_000000000000000${index + 1}`, payload));
    const whole = Buffer.concat(frames);
    const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);
    for (let cut = 0; cut < whole.length; cut += 7) {
      await using hostile = await HostileServer.start({
        http: (_, response) => json(response, 200, runtimeBody()),
        upgrade(request, socket) {
          acceptUpgrade(request, socket);
          socket.end(whole.subarray(0, cut));
        },
      });
      await using remote = remoteClient(`http://127.0.0.1:${hostile.port}`);
      const received: unknown[] = [];
      const follow = async () => {
        for await (const step of remote.observe(workerId, { signal: never() })) {
          if (step.kind === "events")
            received.push(...step.events.map(({ payload }) => JSON.parse(payload) as unknown));
        }
      };
      expect(await problemCode(follow())).toBe("runtime_network_failed");
      expect(received).toEqual(payloads.slice(0, ends.filter((end) => end <= cut).length));
    }
  });
});
