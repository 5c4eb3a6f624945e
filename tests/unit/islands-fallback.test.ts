/** When the link gives up sockets for plain HTTP, and what it goes on with. */
import ReconnectingWebSocket from "partysocket/ws";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../islands/store/clock.ts";
import { Connection } from "../../islands/store/connection.ts";
import type { ConnectionOptions } from "../../islands/store/connection-options.ts";
import { immediateScheduler } from "../../islands/store/frame-scheduler.ts";
import { ClientCursor } from "../../protocol/cursor.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const LATER_MS = 1_000;
const heartbeat = { kind: "heartbeat", ts: 1, interval_ms: 4_000, cursor: "bo_7" };

async function start(change: Partial<ConnectionOptions> = {}) {
  const [sockets, streams] = [fakeWebSockets(), fakeWebSockets()];
  const connection = new Connection({
    url: (cursor) => `ws://test/?cursor=${cursor ?? ""}`,
    cursor: () => ClientCursor.parse("bo_7"),
    dropCursor: () => {},
    receive: () => {},
    findRefusal: async () => "answered",
    loadFallback: async () => streams.WebSocket,
    clock: systemClock(),
    scheduler: immediateScheduler,
    random: () => 0,
    WebSocket: sockets.WebSocket,
    noteReadOnly: () => {},
    isOnline: () => true,
    ...change,
  });
  connection.start(ReconnectingWebSocket);
  await vi.advanceTimersByTimeAsync(0);
  return { connection, sockets, streams };
}

async function fail(fake: ReturnType<typeof fakeWebSockets>): Promise<void> {
  fake.newest().end();
  await vi.advanceTimersByTimeAsync(LATER_MS);
}

test("two sockets in a row that don't get through to a server that answers make it go on over HTTP, at its position", async () => {
  const { connection, sockets, streams } = await start();
  await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 0]);
  expect(connection.isFallback.value).toBe(false);
  await fail(sockets);
  expect([sockets.sockets.length, streams.sockets.map(({ url }) => url)]).toEqual([2, ["ws://test/?cursor=bo_7"]]);
  expect(connection.isFallback.value).toBe(true);
  streams.newest().open();
  streams.newest().frame(heartbeat);
  expect(connection.state.value).toEqual({ kind: "live" });
  await fail(streams);
  expect([sockets.sockets.length, streams.sockets.length]).toEqual([2, 2]);
});

test("sockets are not given up while the server does not answer either", async () => {
  const { connection, sockets, streams } = await start({ findRefusal: async () => undefined });
  for (let time = 0; time < 5; time += 1) await fail(sockets);
  expect(streams.sockets).toEqual([]);
  expect(connection.isFallback.value).toBe(false);
});

test("failures with a working socket between them are none in a row", async () => {
  const { connection, sockets } = await start();
  await fail(sockets);
  sockets.newest().open();
  sockets.newest().frame(heartbeat);
  await fail(sockets);
  await fail(sockets);
  expect(connection.isFallback.value).toBe(false);
});

test("sockets that open and then bring nothing are given up as well", async () => {
  const { connection, sockets, streams } = await start();
  for (let time = 0; time < 2; time += 1) {
    sockets.newest().open();
    await vi.advanceTimersByTimeAsync(10_001);
  }
  expect(connection.isFallback.value).toBe(true);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(streams.sockets.length).toBeGreaterThan(0);
});

test("another way that can't be loaded is asked for again after the next failure", async () => {
  const streams = fakeWebSockets();
  let asked = 0;
  const { connection, sockets } = await start({
    loadFallback() {
      asked += 1;
      return asked === 1 ? Promise.reject(new TypeError("Cannot load")) : Promise.resolve(streams.WebSocket);
    },
  });
  await fail(sockets);
  await fail(sockets);
  expect([asked, connection.isFallback.value]).toEqual([1, false]);
  await fail(sockets);
  expect([asked, connection.isFallback.value]).toEqual([2, true]);
  expect(streams.sockets).toHaveLength(1);
});
