/** When `follow()` gives up sockets for plain HTTP, and when it does not. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { workerRef } from "../../client/client.ts";
import { follow } from "../../client/follow.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** Longer than the waits between so few attempts, and shorter than a handshake may take. */
const LATER_MS = 3_000;
/** How long an open link may bring nothing. */
const SILENCE_MS = 10_000;
const heartbeat = { kind: "heartbeat", ts: 1, interval_ms: 4_000, cursor: "bo_7" };

/** A follower whose sockets and streams the test opens and ends. */
async function start(probe: () => Promise<unknown> = async () => "the Worker") {
  const [sockets, streams] = [fakeWebSockets(), fakeWebSockets()];
  const steps = follow(
    {
      ref: workerRef("lab", "scout"),
      socketUrl: () => "ws://here/",
      token: undefined,
      // why: the link uses no more of a socket than the local ones have
      WebSocket: sockets.WebSocket as typeof WebSocket,
      Fallback: streams.WebSocket as typeof WebSocket,
      probe,
    },
    {},
  );
  const ended = (async () => {
    while ((await steps.next()).done !== true);
  })();
  ended.catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  return { sockets, streams, ended };
}

async function fail(fake: ReturnType<typeof fakeWebSockets>): Promise<void> {
  fake.newest().end();
  await vi.advanceTimersByTimeAsync(LATER_MS);
}

test("two sockets in a row that don't get through to a server that answers are enough, and no more are tried", async () => {
  const { sockets, streams } = await start();
  await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 0]);
  await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 1]);
  streams.newest().open();
  streams.newest().frame(heartbeat);
  await fail(streams);
  await fail(streams);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 3]);
});

test("sockets are not given up while the server does not answer either", async () => {
  const { sockets, streams } = await start(() => Promise.reject(new TypeError("Nobody is there")));
  for (let time = 0; time < 5; time += 1) await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([6, 0]);
});

test("failures with a working socket between them are none in a row", async () => {
  const { sockets, streams } = await start();
  await fail(sockets);
  sockets.newest().open();
  sockets.newest().frame(heartbeat);
  await fail(sockets);
  await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([4, 0]);
});

test("sockets that open and then bring nothing are given up as well", async () => {
  const { sockets, streams } = await start();
  for (let time = 0; time < 2; time += 1) {
    sockets.newest().open();
    await vi.advanceTimersByTimeAsync(SILENCE_MS + LATER_MS);
  }
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 1]);
});

test("what the server has against the reader is thrown rather than tried another way", async () => {
  const { sockets, streams, ended } = await start(() => Promise.reject(new ProblemError("worker_not_found", "Gone")));
  await fail(sockets);
  await expect(ended).rejects.toMatchObject({ code: "worker_not_found" });
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([1, 0]);
});
