/** When a link's frames are read: events together, when it is their turn, and never later than what depends on them. */
import ReconnectingWebSocket from "partysocket/ws";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../islands/store/clock.ts";
import { Connection } from "../../islands/store/connection.ts";
import { immediateScheduler, pacedScheduler, type FrameScheduler } from "../../islands/store/frame-scheduler.ts";
import { ClientCursor } from "../../protocol/cursor.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const heartbeat = (cursor: string) => ({ kind: "heartbeat", ts: 1, interval_ms: 4_000, cursor });
const event = (position: number) => ({
  kind: "event",
  envelope: { cursor: `bo_${position}`, event_id: `e${position}`, runtime_id: "r", worker_id: "w", payload: {} },
});

/** A link that is live at `bo_0`. */
async function live(scheduler: FrameScheduler) {
  const fake = fakeWebSockets();
  const received: string[] = [];
  const rights: boolean[] = [];
  let position: ClientCursor | undefined = ClientCursor.parse("bo_0");
  const connection = new Connection({
    url: (cursor) => `ws://test/?cursor=${cursor ?? ""}`,
    cursor: () => position,
    dropCursor: () => (position = undefined),
    receive: ({ cursor }) => {
      received.push(cursor);
      position = cursor;
    },
    findRefusal: async () => undefined,
    loadFallback: () => Promise.reject(new Error("There is no other way in this test")),
    clock: systemClock(),
    scheduler,
    random: () => 0,
    WebSocket: fake.WebSocket,
    noteReadOnly: (isReadOnly) => rights.push(isReadOnly),
    isOnline: () => true,
  });
  connection.start(ReconnectingWebSocket);
  await settle();
  fake.newest().open();
  fake.newest().frame(heartbeat("bo_0"));
  return { ...fake, connection, received, rights };
}

test("reads events when it is their turn, and before anything about the link", async () => {
  const setup = await live(pacedScheduler(systemClock()));
  setup.newest().frame(event(1));
  setup.newest().frame(event(2));
  expect(setup.received).toHaveLength(0);
  await settle();
  expect(setup.received).toHaveLength(2);
  setup.newest().frame(event(3));
  setup.newest().frame({ ...heartbeat("bo_3"), read_only: true });
  expect(setup.received).toHaveLength(3);
  expect(setup.rights).toEqual([false, true]);
  setup.newest().frame('{"kind":"event","envelope":');
  await vi.advanceTimersByTimeAsync(100);
  expect(setup.connection.counters.value).toMatchObject({ badFrames: 1, lateFrames: 0, gaps: 0 });
});

test("an attempt goes on from the last event that has come, whether or not its turn was", async () => {
  const setup = await live(() => () => {});
  setup.newest().frame(event(5));
  setup.newest().end();
  await vi.advanceTimersByTimeAsync(1_000);
  setup.newest().open();
  setup.newest().frame(event(6));
  setup.connection.reconnectNow();
  await settle();
  expect(setup.sockets.map(({ url }) => url)).toEqual([
    "ws://test/?cursor=bo_0",
    "ws://test/?cursor=bo_5",
    "ws://test/?cursor=bo_6",
  ]);
  setup.newest().open();
  setup.newest().frame(event(7));
  setup.newest().end(closeCodeOf("cursor_expired"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(setup.newest().url).toBe("ws://test/?cursor=");
  expect(setup.received).toHaveLength(3);
});

test("frames that are no frames are counted and harmless", async () => {
  const setup = await live(immediateScheduler);
  setup.newest().frame("<html>");
  setup.newest().frame({ kind: "event", envelope: {} });
  setup.newest().frame(event(1));
  expect(setup.connection.counters.value.badFrames).toBe(2);
  expect(setup.received).toEqual(["bo_1"]);
});

test("a link that tells of a frame's pieces is kept until the frame has come", async () => {
  const setup = await live(immediateScheduler);
  const old = setup.newest();
  for (let piece = 0; piece < 4; piece += 1) {
    await vi.advanceTimersByTimeAsync(8_000);
    old.progress();
  }
  old.frame(event(1));
  expect([setup.received.length, setup.connection.counters.value.silent]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(10_001);
  expect([setup.sockets.length, setup.connection.counters.value.silent]).toEqual([2, 1]);
  // An older link's pieces say nothing of the present one.
  setup.newest().open();
  await vi.advanceTimersByTimeAsync(8_000);
  old.progress();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(setup.connection.counters.value.silent).toBe(2);
});
