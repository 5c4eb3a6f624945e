/** The link's state machine: attempts and their cursors, half-open links, waking up, what diagnostics lead to. */
import ReconnectingWebSocket from "partysocket/ws";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../islands/store/clock.ts";
import { Connection } from "../../islands/store/connection.ts";
import type { ConnectionOptions } from "../../islands/store/connection-options.ts";
import type { Envelope } from "../../islands/store/conversation.ts";
import { immediateScheduler } from "../../islands/store/frame-scheduler.ts";
import { ClientCursor } from "../../protocol/cursor.ts";
import type { StreamDiagnostic } from "../../protocol/frame.ts";
import { closeCodeOf, type ProblemCode } from "../../protocol/problem.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";

const INTERVAL_MS = 4_000;

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function setUp(change: Partial<ConnectionOptions> = {}) {
  const fake = fakeWebSockets();
  const received: Envelope[] = [];
  const position: { cursor: ClientCursor | undefined } = { cursor: ClientCursor.parse("bo_0") };
  const browser = { isOnline: true };
  const rights: boolean[] = [];
  const connection = new Connection({
    url: (cursor) => `ws://test/?cursor=${cursor ?? ""}`,
    cursor: () => position.cursor,
    dropCursor: () => (position.cursor = undefined),
    receive: (envelope) => {
      received.push(envelope);
      position.cursor = envelope.cursor;
    },
    findRefusal: async () => undefined,
    loadFallback: () => Promise.reject(new Error("There is no other way in this test")),
    clock: systemClock(),
    scheduler: immediateScheduler,
    random: () => 0,
    WebSocket: fake.WebSocket,
    noteReadOnly: (isReadOnly) => rights.push(isReadOnly),
    isOnline: () => browser.isOnline,
    ...change,
  });
  return { connection, ...fake, received, position, browser, rights };
}
type Setup = ReturnType<typeof setUp>;

const settle = () => vi.advanceTimersByTimeAsync(0);
const heartbeat = (cursor: string) => ({ kind: "heartbeat", ts: 1, interval_ms: INTERVAL_MS, cursor });
const event = (position: number) => ({
  kind: "event",
  envelope: {
    cursor: `bo_${position}`,
    event_id: `e${position}`,
    runtime_id: "r",
    worker_id: "w",
    payload: { event: "text_delta", data: { text: "a" } },
  },
});
const diagnostic = (problem: ProblemCode) => ({
  kind: "diagnostic",
  diagnostic: { code: "backend.x", message: "…", problem },
});

async function live(setup: Setup): Promise<void> {
  setup.connection.start(ReconnectingWebSocket);
  await settle();
  setup.newest().open();
  setup.newest().frame(heartbeat(setup.position.cursor ?? ""));
}

describe("Connection", () => {
  test("says that the server waits for the Runtime while heartbeats do, and is live again after", async () => {
    const setup = setUp();
    await live(setup);
    const upstream = { problem: "runtime_refused", since_ts: 7 };
    setup.newest().frame({ ...heartbeat("bo_0"), upstream });
    expect(setup.connection.state.value).toEqual({ kind: "waiting", problem: "runtime_refused", staleSince: 7 });
    setup.newest().frame({ ...heartbeat("bo_0"), upstream: { ...upstream, problem: "of_a_newer_server" } });
    expect(setup.connection.state.value).toMatchObject({ kind: "waiting", problem: "runtime_unavailable" });
    setup.newest().frame(heartbeat("bo_0"));
    expect(setup.connection.state.value).toEqual({ kind: "live" });
  });

  test("goes from connecting over catching up to live at the first heartbeat", async () => {
    const setup = setUp();
    expect(setup.connection.state.value.kind).toBe("connecting");
    setup.connection.start(ReconnectingWebSocket);
    await settle();
    expect(setup.connection.state.value.kind).toBe("connecting");
    setup.newest().open();
    expect(setup.connection.state.value.kind).toBe("catching_up");
    setup.newest().frame(event(1));
    expect(setup.connection.state.value.kind).toBe("catching_up");
    setup.newest().frame(heartbeat("bo_1"));
    expect(setup.connection.state.value.kind).toBe("live");
    expect(setup.received).toHaveLength(1);
  });

  test("counts down what it has missed, seldom enough to be drawn, and is live when all of it has come", async () => {
    const setup = setUp();
    setup.connection.start(ReconnectingWebSocket);
    await settle();
    setup.newest().open();
    setup.newest().frame({ ...heartbeat("bo_0"), behind: 40 });
    expect(setup.connection.state.value).toEqual({ kind: "catching_up", behind: 40 });
    setup.newest().frame(event(1));
    setup.newest().frame(event(2));
    expect(setup.connection.state.value).toEqual({ kind: "catching_up", behind: 40 });
    await vi.advanceTimersByTimeAsync(100);
    setup.newest().frame(event(3));
    expect(setup.connection.state.value).toEqual({ kind: "catching_up", behind: 37 });
    setup.newest().frame(heartbeat("bo_3"));
    expect(setup.connection.state.value).toEqual({ kind: "live" });
    // A count is of one link: the next one has its own, or none.
    setup.newest().frame({ ...heartbeat("bo_3"), behind: 5 });
    setup.newest().end();
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().open();
    setup.newest().frame(event(4));
    expect(setup.connection.state.value).toEqual({ kind: "catching_up" });
    expect(setup.connection.counters.value.gaps).toBe(0);
  });

  test("tells as often as the server does whether the person may only read", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame({ ...heartbeat("bo_0"), read_only: true });
    setup.newest().frame(heartbeat("bo_0"));
    expect(setup.rights).toEqual([false, true, false]);
  });

  test("each attempt carries the newest cursor, and nothing is ever sent", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame(event(5));
    setup.newest().end();
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().open();
    setup.newest().frame(event(6));
    setup.newest().end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(setup.sockets.map(({ url }) => url)).toEqual([
      "ws://test/?cursor=bo_0",
      "ws://test/?cursor=bo_5",
      "ws://test/?cursor=bo_6",
    ]);
    expect(setup.sockets.flatMap(({ sent }) => sent)).toEqual([]);
  });

  test("says when the next attempt is, and waits longer after each failure", async () => {
    const setup = setUp();
    await live(setup);
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      setup.newest().end();
      await settle();
      const state = setup.connection.state.value;
      if (state.kind !== "reconnecting") throw new Error(`Unexpected state ${state.kind}`);
      const waitMs = (state.nextAttemptAt ?? 0) - Date.now();
      waits.push(waitMs);
      await vi.advanceTimersByTimeAsync(waitMs);
    }
    expect(waits[0]).toBe(125);
    expect(waits.every((wait, index) => index === 0 || wait >= (waits[index - 1] ?? 0))).toBe(true);
    expect(waits.at(-1)).toBe(5_000);
  });

  test("a link that breaks after each event is come back to soon each time", async () => {
    const setup = setUp();
    await live(setup);
    for (let position = 1; position <= 20; position += 1) {
      setup.newest().frame(event(position));
      setup.newest().end();
      await vi.advanceTimersByTimeAsync(250);
      setup.newest().open();
    }
    expect(setup.sockets).toHaveLength(21);
  });

  test("a link that gives no sign of life for 2.5 intervals is renewed with the cursor", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame(event(3));
    const first = setup.newest();
    await vi.advanceTimersByTimeAsync(2.5 * INTERVAL_MS - 1);
    expect(setup.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(setup.sockets).toHaveLength(2);
    expect(first.closedWith).toBe(3000);
    expect(setup.newest().url).toBe("ws://test/?cursor=bo_3");
    expect(setup.connection.state.value.kind).toBe("reconnecting");
    expect(setup.connection.counters.value.silent).toBe(1);
  });

  test("a link that opens and then says nothing is renewed", async () => {
    const setup = setUp();
    setup.connection.start(ReconnectingWebSocket);
    await settle();
    setup.newest().open();
    await vi.advanceTimersByTimeAsync(10_001);
    expect(setup.sockets).toHaveLength(2);
  });

  test("a handshake that hangs is given up", async () => {
    const setup = setUp();
    setup.connection.start(ReconnectingWebSocket);
    await settle();
    await vi.advanceTimersByTimeAsync(8_001);
    expect(setup.connection.state.value.kind).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(setup.sockets).toHaveLength(2);
  });

  test("late frames of a link that was given up are ignored", async () => {
    const setup = setUp();
    await live(setup);
    const old = setup.newest();
    await vi.advanceTimersByTimeAsync(2.5 * INTERVAL_MS + 10);
    old.frame(event(1));
    setup.newest().open();
    old.frame(event(2));
    setup.newest().frame(event(3));
    expect(setup.received.map(({ cursor }) => cursor)).toEqual(["bo_3"]);
  });

  test("waking up after a sleep renews a silent link at once", async () => {
    const setup = setUp();
    await live(setup);
    vi.setSystemTime(Date.now() + 60_000);
    setup.connection.checkLiveness();
    await settle();
    expect(setup.sockets).toHaveLength(2);
  });

  test("being looked at again leaves a link alone that has just spoken", async () => {
    const setup = setUp();
    await live(setup);
    vi.setSystemTime(Date.now() + 1_000);
    setup.connection.checkLiveness();
    await settle();
    expect(setup.sockets).toHaveLength(1);
  });

  test("being looked at again ends the wait for the next attempt", async () => {
    const setup = setUp();
    await live(setup);
    for (let failure = 0; failure < 6; failure += 1) {
      setup.newest().end();
      await vi.advanceTimersByTimeAsync(failure < 5 ? 5_000 : 0);
    }
    const attempts = setup.sockets.length;
    setup.connection.checkLiveness();
    await settle();
    expect(setup.sockets).toHaveLength(attempts + 1);
  });

  test("says offline while the browser has no network, and tries at once when it is back", async () => {
    const setup = setUp();
    await live(setup);
    setup.browser.isOnline = false;
    setup.newest().end();
    expect(setup.connection.state.value).toMatchObject({ kind: "offline", failedAttempts: 1 });
    await settle();
    setup.browser.isOnline = true;
    setup.connection.networkChanged();
    await settle();
    expect(setup.connection.state.value.kind).toBe("reconnecting");
    expect(setup.sockets).toHaveLength(2);
  });

  test("tells since when what is shown may be out of date", async () => {
    const setup = setUp();
    await live(setup);
    const heardAt = Date.now();
    await vi.advanceTimersByTimeAsync(3_000);
    setup.newest().end();
    expect(setup.connection.state.value).toMatchObject({ staleSince: heardAt });
  });

  test.each(["cursor_unknown", "cursor_expired", "cursor_foreign", "cursor_malformed"] as const)(
    "%s drops the cursor and asks for a snapshot at once",
    async (problem) => {
      const setup = setUp();
      await live(setup);
      setup.newest().frame(diagnostic(problem));
      await settle();
      expect(setup.sockets).toHaveLength(2);
      expect(setup.newest().url).toBe("ws://test/?cursor=");
      expect(setup.connection.counters.value.freshSnapshots).toBe(1);
    },
  );

  test("a cursor diagnostic without a cursor waits like any failure", async () => {
    const setup = setUp();
    await live(setup);
    setup.position.cursor = undefined;
    setup.newest().frame(diagnostic("cursor_unknown"));
    setup.newest().end(closeCodeOf("cursor_unknown"));
    await settle();
    expect(setup.sockets).toHaveLength(1);
    expect(setup.connection.state.value.kind).toBe("reconnecting");
  });

  test("a Worker that is gone ends the link for good", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame(diagnostic("worker_not_found"));
    setup.newest().end(closeCodeOf("worker_not_found"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(setup.connection.state.value).toEqual({ kind: "ended", problem: "worker_not_found" });
    expect(setup.sockets).toHaveLength(1);
  });

  test("a Worker that is gone when the link comes back ends it too, though the browser hides the answer to a handshake", async () => {
    let refusal: StreamDiagnostic | undefined = undefined;
    const setup = setUp({ findRefusal: async () => refusal });
    await live(setup);
    setup.newest().end();
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().end();
    await settle();
    expect(setup.connection.state.value.kind).toBe("reconnecting");
    refusal = { code: "worker_not_found", message: "…" };
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().end();
    await settle();
    const attempts = setup.sockets.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(setup.connection.state.value).toEqual({ kind: "ended", problem: "worker_not_found" });
    expect(setup.sockets).toHaveLength(attempts);
    setup.connection.reconnectNow();
    await settle();
    expect(setup.sockets).toHaveLength(attempts + 1);
  });

  test("says why the server refuses the link, for as long as it does", async () => {
    let refusal: StreamDiagnostic | undefined = { code: "login_required", message: "…" };
    const setup = setUp({ findRefusal: async () => refusal });
    await live(setup);
    setup.newest().end(closeCodeOf("login_required"));
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().end();
    await settle();
    expect(setup.connection.state.value).toMatchObject({ kind: "reconnecting", problem: "login_required" });
    refusal = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    setup.newest().end();
    await settle();
    expect(setup.connection.state.value.kind).toBe("reconnecting");
    expect(setup.connection.state.value).not.toHaveProperty("problem");
  });

  test("a server that shuts down is come back to", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame(diagnostic("shutting_down"));
    setup.newest().end(closeCodeOf("shutting_down"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(setup.sockets).toHaveLength(2);
  });

  test("a person can end the wait", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().end();
    await settle();
    expect(setup.sockets).toHaveLength(1);
    setup.connection.reconnectNow();
    await settle();
    expect(setup.sockets).toHaveLength(2);
  });

  test("a position that heartbeats name twice and that never came is a gap, and is asked for", async () => {
    const setup = setUp();
    await live(setup);
    setup.newest().frame(event(1));
    setup.newest().frame(heartbeat("bo_2"));
    expect(setup.connection.counters.value.gaps).toBe(0);
    setup.newest().frame(heartbeat("bo_2"));
    await settle();
    expect(setup.connection.counters.value.gaps).toBe(1);
    expect(setup.newest().url).toBe("ws://test/?cursor=bo_1");
  });

  test("stop() ends everything", async () => {
    const setup = setUp();
    await live(setup);
    setup.connection.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(setup.sockets).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
