/** The relay: one observation for many viewers, its cursors, and its upstream. */
import { describe, expect, test } from "vitest";
import { CURSOR_MAX_CHARS, RuntimeCursor } from "../../protocol/cursor.ts";
import { Event } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import { createCursorMint } from "../../server/client-cursor.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { closedBy, foldEnvelopes, RelayFixture, refTo, type RelayFixtureOptions } from "../support/relay-fixture.ts";
import { canonicalJson } from "../support/same-json.ts";
import { policyOf } from "../support/viewer-rights.ts";
import { delta, setUp, stateOf, words } from "../support/relay-scene.ts";

describe("many viewers", () => {
  test("a Worker is observed once, and each event is encoded once, for any number of viewers", async () => {
    let projections = 0;
    const { runtime, fixture, join, publish } = await setUp({
      policy: policyOf((event) => {
        projections += 1;
        return event;
      }),
    });
    const sockets = await Promise.all(Array.from({ length: 50 }, () => join()));
    expect(projections).toBe(1);
    await publish(...words(20));
    expect(projections).toBe(21);
    expect(runtime.observeCalls).toBe(1);
    expect(fixture.relayCount).toBe(1);
    for (const socket of sockets) expect(socket.texts).toEqual(sockets[0]?.texts);
    expect(sockets[0]?.texts).toHaveLength(21);
  });

  test("late joiners get a snapshot of their moment, also while a sentence is being written", async () => {
    const { join, publish, stateJson } = await setUp();
    const first = await join();
    await publish(delta("Hel"), delta("lo "));
    const late = await join();
    expect(late.events.map(({ payload }) => Event.parse(payload).event)).toEqual(["snapshot"]);
    expect(foldEnvelopes(late.events).in_flight.blocks).toMatchObject([{ kind: "text", text: "Hello " }]);
    await publish(delta("there"));
    expect(late.events.slice(1)).toEqual(first.events.slice(-1));
    expect([stateOf(first), stateOf(late)]).toEqual([stateJson(), stateJson()]);
  });

  test("past the limit a viewer is refused, also when all come at once", async () => {
    const { fixture } = await setUp({ limits: { maxViewersPerWorker: 2 } });
    const sockets = Array.from({ length: 5 }, () => fixture.attach());
    await settle();
    expect(sockets.map(({ closeReason }) => closeReason)).toEqual(["", "", ...Array(3).fill("too_many_viewers")]);
    expect(sockets[2]).toMatchObject(closedBy("too_many_viewers"));
    sockets[0]?.cut();
    const next = fixture.attach();
    await settle();
    expect(next.events).toHaveLength(1);
  });

  test("a viewer that leaves while it is being let in leaves nothing behind", async () => {
    const { clock, fixture } = await setUp();
    const socket = fixture.attach({ heartbeat: true });
    socket.cut();
    await settle();
    expect(socket.texts).toEqual([]);
    await clock.advance(fixture.limits.relayGraceMs);
    expect(fixture.isOpen).toBe(false);
    expect(clock.waiting).toBe(0);
  });
});

describe("grace", () => {
  test("the Worker stays observed for a while after its last viewer, and not longer", async () => {
    const { clock, runtime, fixture, join, publish } = await setUp({ limits: { relayGraceMs: 1_000 } });
    const first = await join();
    await publish(...words(3));
    first.cut();
    await clock.advance(999);
    const second = await join({ cursor: first.cursor! });
    expect(second.events).toEqual([]);
    await clock.advance(10_000);
    expect(fixture.isOpen).toBe(true);
    second.cut();
    await clock.advance(999);
    expect(fixture.isOpen).toBe(true);
    await clock.advance(1);
    expect(fixture.isOpen).toBe(false);
    expect([runtime.observeCalls, clock.waiting]).toEqual([1, 0]);
    await publish(...words(2, 3));
    const third = await join({ cursor: first.cursor! });
    expect(third.events.map(({ payload }) => payload)).toEqual(words(2, 3));
  });

  test("it does not run out on a viewer that is being let in", async () => {
    const { clock, runtime, workerId, fixture, publish } = await setUp({ limits: { relayGraceMs: 100 } });
    const first = fixture.attach();
    await settle();
    await publish(...words(4));
    const old = first.events[2]?.cursor;
    first.cut();
    await clock.advance(100);
    expect(fixture.isOpen).toBe(false);

    // The relay that is made now knows the head only: the viewer waits while what it missed is read again.
    await fixture.view();
    const held = runtime.hold();
    const returning = fixture.attach({ cursor: old! });
    await clock.advance(100);
    held.release();
    await settle();
    expect(returning.closeCode).toBe(null);
    expect(returning.events.map(({ payload }) => payload)).toEqual(words(2, 2));
    await runtime.publish(workerId, delta("more"));
    await settle();
    expect(returning.events).toHaveLength(3);
  });

  test("a page that is only rendered keeps the Worker observed no longer than that", async () => {
    const { clock, fixture, publish, stateJson } = await setUp({ limits: { relayGraceMs: 1_000 } });
    await publish(...words(2));
    const { snapshot, cursor } = await fixture.view();
    expect(canonicalJson({ event: "snapshot", data: snapshot })).toBe(stateJson());
    const socket = fixture.attach({ cursor });
    await publish(delta("next"));
    expect(socket.events.map(({ payload }) => payload)).toEqual([delta("next")]);
    socket.cut();
    await fixture.view();
    await clock.advance(1_000);
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });
});

describe("cursors", () => {
  test("those that can't be gone on from are each told by their own name, and close with its code", async () => {
    const { fixture, runtime, join, publish, clock } = await setUp({
      limits: { windowFrames: 4 },
      runtimeLimits: { worker: { retentionEvents: 4 } },
    });
    const other = await runtime.addWorker("other");
    const otherFixture = await RelayFixture.create({ runtime, workerId: other, clock });
    const elsewhere = otherFixture.attach();
    const first = await join();
    await publish(...words(1));
    const old = first.cursor!;
    await publish(...words(20));
    const mine = first.cursor!;
    const theirMint = await createCursorMint(new Uint8Array(32).fill(8), refTo((await setUp()).workerId));
    const seal = mine.indexOf(".");
    const forged = `${mine.slice(0, seal - 1)}${mine[seal - 1] === "A" ? "B" : "A"}${mine.slice(seal)}`;
    const cases = {
      "": "cursor_malformed",
      nonsense: "cursor_malformed",
      [`${mine}!`]: "cursor_malformed",
      ["x".repeat(257)]: "cursor_malformed",
      [mine.slice(0, seal)]: "cursor_malformed",
      [`${mine.slice(0, seal + 1)}junk`]: "cursor_malformed",
      [elsewhere.cursor!]: "cursor_foreign",
      [fixture.mint.wrap(otherFixture.mint.unwrap(elsewhere.cursor!))]: "cursor_foreign",
      [forged]: "cursor_unknown",
      [theirMint.wrap(fixture.mint.unwrap(mine))]: "cursor_unknown",
      [`${mine.slice(0, -8)}ffffffff`]: "cursor_unknown",
      [`${mine.slice(0, seal)}.wo_1234567800000001`]: "cursor_unknown",
      [old]: "cursor_expired",
    } as const;
    for (const [cursor, problem] of Object.entries(cases)) {
      const socket = await join({ cursor });
      expect([cursor, socket.problem], cursor).toEqual([cursor, problem]);
      expect(socket, cursor).toMatchObject(closedBy(problem));
      expect(socket.texts, cursor).toHaveLength(1);
    }
    expect(first.closeCode).toBe(null);
  });

  test("one that can't be read keeps the Worker observed for no longer than a viewer does", async () => {
    const { workerId, clock, fixture, join } = await setUp({ limits: { relayGraceMs: 1_000 } });
    const theirMint = await createCursorMint(new Uint8Array(32).fill(8), refTo(workerId));
    const theirs = theirMint.wrap(RuntimeCursor.parse("wo_0000000000000000"));
    expect(await join({ cursor: "nonsense" })).toMatchObject(closedBy("cursor_malformed"));
    expect(await join({ cursor: theirs })).toMatchObject(closedBy("cursor_unknown"));
    await clock.advance(1_000);
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });

  test("a cursor holds over a new Backend with the same secret, and for the same Worker only", async () => {
    const { runtime, workerId, clock, join, publish } = await setUp();
    const first = await join();
    await publish(...words(6));
    const again = await RelayFixture.create({ runtime, workerId, clock });
    const socket = again.attach({ cursor: first.events[3]!.cursor });
    await settle();
    expect(socket.events).toEqual(first.events.slice(4));
  });

  test("one that names no kept position by its form costs the others nothing", async () => {
    const { clock, fixture, join, publish } = await setUp();
    const first = await join();
    await publish(...words(6));
    const cursor = first.events[2]!.cursor;
    first.cut();
    await clock.advance(fixture.limits.relayGraceMs);
    const prefix = cursor.slice(0, cursor.indexOf(".") + 1);
    // Whoever has a cursor can write others with its seal: everything that is kept, and the same position spelt otherwise.
    const shouting = await join({ cursor: prefix + cursor.slice(prefix.length).toUpperCase().replace("WO_", "wo_") });
    expect(shouting).toMatchObject(closedBy("cursor_malformed"));
    const oldest = await join({ cursor: `${prefix}wo_0000000000000000` });
    expect(oldest.events).toEqual(first.events.slice(1));
    const fromZero = await join({ cursor: first.events[0]!.cursor });
    expect(fromZero.events).toEqual(first.events.slice(1));
    const honest = await join({ cursor });
    expect(honest.events).toEqual(first.events.slice(3));
  });

  test("one from further back than the window can hold is not read to its end", async () => {
    let projections = 0;
    const { join, publish } = await setUp({
      limits: { windowChars: 4_000 },
      runtimeLimits: { runtime: { maxEventBatch: 1 } },
      policy: policyOf((event) => {
        projections += 1;
        return event;
      }),
    });
    const first = await join();
    await publish(...words(500));
    const before = projections;
    expect(await join({ cursor: first.events[0]!.cursor })).toMatchObject(closedBy("cursor_expired"));
    expect(projections - before).toBeLessThan(50);
    expect(first.closeCode).toBe(null);
  });
});

describe("the upstream", () => {
  test("that gives an event a cursor that no viewer can be given is asked for that event again", async () => {
    const asked: (string | undefined)[] = [];
    const snapshot = JSON.stringify(snapshotEvent(emptyTranscript()));
    const runtime: RelayFixtureOptions["runtime"] = {
      kind: "remote",
      async *observe(_workerId, { cursor, signal }) {
        asked.push(cursor);
        const at = (value: string) => ({ cursor: RuntimeCursor.parse(value), ts: 1 });
        if (cursor === undefined) yield { kind: "snapshot", event: { ...at("a"), payload: snapshot } };
        const name = asked.length === 1 ? "b".repeat(CURSOR_MAX_CHARS) : "b";
        yield { kind: "events", events: [{ ...at(name), payload: JSON.stringify(delta("one")) }] };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    const clock = new ManualClock();
    const fixture = await RelayFixture.create({ runtime, clock, workerId: WorkerId.parse("companion") });
    const socket = fixture.attach();
    await clock.advance(2_000);
    expect(asked).toEqual([undefined, "a"]);
    expect(socket.events.slice(1).map(({ payload }) => payload)).toEqual([delta("one")]);
    fixture.relay.close(new ProblemError("shutting_down", "The test is over."));
  });

  test("that writes an event over several lines has it shown in one", async () => {
    const event = { event: "text_delta", data: { text: "one\ntwo", depth: [1.5] } };
    const joined = Promise.withResolvers<void>();
    const snapshot = JSON.stringify(snapshotEvent(emptyTranscript()));
    const runtime: RelayFixtureOptions["runtime"] = {
      kind: "remote",
      async *observe(_workerId, { signal }) {
        const at = (value: string) => ({ cursor: RuntimeCursor.parse(value), ts: 1 });
        yield { kind: "snapshot", event: { ...at("a"), payload: snapshot } };
        await joined.promise;
        const payload = JSON.stringify(event, null, 2).replaceAll("\n", "\r\n");
        yield { kind: "events", events: [{ ...at("b"), payload }] };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    const clock = new ManualClock();
    const fixture = await RelayFixture.create({ runtime, clock, workerId: WorkerId.parse("companion") });
    const socket = fixture.attach();
    await settle();
    joined.resolve();
    await settle();
    expect(socket.texts.at(-1)).not.toMatch(/[\r\n]/);
    expect(socket.events.at(-1)?.payload).toEqual(event);
    fixture.relay.close(new ProblemError("shutting_down", "The test is over."));
  });

  test("that breaks is taken up again where it broke, and no viewer notices", async () => {
    const { clock, runtime, join, publish } = await setUp({ kind: "remote" });
    const socket = await join();
    await publish(...words(2));
    for (let round = 0; round < 3; round += 1) {
      runtime.breakConnections(new ProblemError("runtime_unavailable", "The connection broke."));
      await publish(...words(2, 2 + round * 2));
      await clock.advance(10_000);
    }
    expect(socket.events.slice(1).map(({ payload }) => payload)).toEqual(words(8));
    expect(socket.closeCode).toBe(null);
  });

  test("is asked less and less often while it is away", async () => {
    const { clock, runtime, join } = await setUp({
      kind: "remote",
      limits: { upstreamMinBackoffMs: 100, upstreamMaxBackoffMs: 1_000 },
    });
    await join();
    runtime.refusals.push(...Array.from({ length: 100 }, () => new ProblemError("runtime_unavailable", "away")));
    runtime.breakConnections(new ProblemError("runtime_unavailable", "The connection broke."));
    await clock.advance(20_000);
    expect(runtime.observeCalls).toBeGreaterThan(20);
    expect(runtime.observeCalls).toBeLessThan(50);
  });

  test.each(["worker_not_found", "runtime_unavailable"] as const)(
    "that begins with %s refuses the viewer so",
    async (code) => {
      const { clock, runtime, fixture, join } = await setUp({ kind: "remote" });
      runtime.refusals.push(new ProblemError(code, "no"));
      const socket = await join();
      expect(socket).toMatchObject(closedBy(code));
      expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
      expect((await join()).events).toHaveLength(1);
    },
  );

  test("that ends tells every viewer so, after all that it had published", async () => {
    const { clock, runtime, workerId, fixture, join } = await setUp({
      runtimeLimits: { runtime: { maxEventBatch: 1 } },
    });
    const sockets = [await join({ heartbeat: true }), await join()];
    await runtime.publish(workerId, ...words(5));
    runtime.close();
    await settle();
    for (const socket of sockets) {
      expect(socket.events).toHaveLength(6);
      expect(socket.frames.at(-1)).toMatchObject({ diagnostic: { problem: "shutting_down" } });
      expect(socket).toMatchObject(closedBy("shutting_down"));
    }
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });
});
