/** Viewers of a relay: those that are slow, those that stall, and what tells them that their link is alive. */
import { describe, expect, test } from "vitest";
import { ProblemError } from "../../protocol/problem.ts";
import { closedBy } from "../support/relay-fixture.ts";
import { setUp, stateOf, words } from "../support/relay-scene.ts";

const DAY_MS = 24 * 3_600_000;

describe("slow viewers", () => {
  const limits = { viewerBufferBytes: 1_000, viewerDrainCheckMs: 20, viewerStallTimeoutMs: 5_000, windowFrames: 10 };
  // The relay takes a batch at a time; here each is one event.
  const runtimeLimits = { runtime: { maxEventBatch: 1 } };

  test("are written while they drain, and no further than the cap", async () => {
    const { clock, join, publish } = await setUp({ limits: { ...limits, windowFrames: 1_000 }, runtimeLimits });
    const slow = await join();
    slow.isStalled = true;
    await publish(...words(50));
    const longest = Math.max(...slow.texts.map(({ length }) => length));
    expect(slow.bufferedBytes).toBeGreaterThan(1_000);
    // One timer looks after it, however much comes meanwhile, and one beats for all.
    expect(clock.waiting).toBe(2);
    expect(slow.bufferedBytes).toBeLessThanOrEqual(1_000 + longest);
    slow.drain();
    await clock.advance(20);
    expect(slow.events).toHaveLength(51);
    expect(clock.waiting).toBe(1);
  });

  test("that fall behind the window get a snapshot instead, once, and go on from there", async () => {
    const { clock, join, publish, stateJson } = await setUp({ limits, runtimeLimits });
    const slow = await join();
    const swift = await join();
    slow.isStalled = true;
    await publish(...words(50));
    const before = slow.events.length;
    slow.drain();
    await clock.advance(20);
    expect(slow.events.slice(before).map(({ event_id }) => event_id)).toEqual([`snapshot:${swift.cursor}`]);
    expect(stateOf(slow)).toBe(stateJson());
    await publish(...words(3, 50));
    expect(slow.events.slice(before + 1)).toEqual(swift.events.slice(-3));
    expect(swift.events).toHaveLength(54);
  });

  test("that take nothing are let go with 4408 and keep nothing waiting, while the others get everything", async () => {
    const { clock, fixture, join, publish } = await setUp({ limits, runtimeLimits });
    const stalled = await join();
    const swift = await join();
    stalled.isStalled = true;
    await publish(...words(50));
    const { bufferedBytes } = stalled;
    await clock.advance(5_000);
    expect(stalled.closeCode).toBe(null);
    await publish(...words(50, 50));
    await clock.advance(20);
    expect(stalled).toMatchObject({ ...closedBy("viewer_too_slow"), closeCode: 4408, bufferedBytes });
    expect(swift.events).toHaveLength(101);
    swift.cut();
    await clock.advance(fixture.limits.relayGraceMs);
    expect(clock.waiting).toBe(0);
  });

  test.each([
    ["ahead", DAY_MS],
    ["back", -DAY_MS],
  ])("that take nothing are let go in time, no sooner, where the clock is set %s meanwhile", async (_way, byMs) => {
    const { clock, join, publish } = await setUp({ limits, runtimeLimits });
    const stalled = await join();
    stalled.isStalled = true;
    await publish(...words(50));
    clock.setBy(byMs);
    await clock.advance(5_000);
    expect(stalled.closeCode).toBe(null);
    await clock.advance(20);
    expect(stalled).toMatchObject(closedBy("viewer_too_slow"));
  });

  test("that take a little now and then are kept", async () => {
    const { clock, join, publish } = await setUp({ limits: { ...limits, windowFrames: 1_000 } });
    const slow = await join();
    slow.isStalled = true;
    await publish(...words(200));
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(4_000);
      slow.bufferedBytes -= 100;
    }
    expect(slow.closeCode).toBe(null);
  });
});

describe("heartbeats", () => {
  const limits = { heartbeatIntervalMs: 1_000 };

  test("come once a viewer has everything and then steadily, for those who asked only", async () => {
    const { clock, join, publish } = await setUp({ limits });
    const asked = await join({ heartbeat: true });
    const silent = await join();
    expect(asked.frames.map(({ kind }) => kind)).toEqual(["event", "heartbeat"]);
    expect(asked.frames[1]).toEqual({
      kind: "heartbeat",
      ts: clock.now(),
      interval_ms: 1_000,
      cursor: asked.cursor,
    });
    await publish(...words(2));
    await clock.advance(1_000);
    expect(asked.frames.at(-1)).toMatchObject({ kind: "heartbeat", cursor: asked.cursor });
    await clock.advance(3_000);
    expect([asked.heartbeats, silent.heartbeats]).toEqual([5, 0]);
  });

  test("do not claim that a viewer has everything while it waits for its socket", async () => {
    const { clock, join, publish } = await setUp({ limits: { ...limits, viewerBufferBytes: 500, writeChars: 500 } });
    const socket = await join({ heartbeat: true });
    socket.isStalled = true;
    await publish(...words(20));
    await clock.advance(3_000);
    expect(socket.heartbeats).toBe(1);
    socket.drain();
    await clock.advance(1_000);
    expect(socket.events).toHaveLength(21);
    expect(socket.frames.at(-1)).toMatchObject({ kind: "heartbeat", cursor: socket.cursor });
  });

  test("go on while the upstream is away, also when it has lost the relay's place", async () => {
    const { clock, runtime, join, publish, stateJson } = await setUp({ kind: "remote", limits });
    const socket = await join({ heartbeat: true });
    await publish(...words(2));
    runtime.refusals.push(
      new ProblemError("cursor_expired", "gone"),
      ...Array.from({ length: 6 }, () => new ProblemError("runtime_unavailable", "away")),
    );
    runtime.breakConnections(new ProblemError("runtime_unavailable", "The connection broke."));
    await clock.advance(3_000);
    expect(socket.closeCode).toBe(null);
    // Three by the clock, one at the start, one for the bad news.
    expect(socket.heartbeats).toBe(5);
    const trouble = { problem: "runtime_unavailable", since_ts: expect.any(Number) as number };
    expect(socket.frames.at(-1)).toMatchObject({ kind: "heartbeat", upstream: trouble });
    await publish(...words(2, 2));
    await clock.advance(60_000);
    expect(stateOf(socket)).toBe(stateJson());
    expect(socket.closeCode).toBe(null);
    expect(socket.frames.at(-1)).toMatchObject({ kind: "heartbeat", cursor: socket.cursor });
    expect(socket.frames.at(-1)).not.toHaveProperty("upstream");
  });
});
