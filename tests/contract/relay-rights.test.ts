/** Viewers of one Worker who may see different things, and what becomes of them when that changes. */
import { describe, expect, test } from "vitest";
import { Event } from "../../protocol/event.ts";
import type { ClientFrame } from "../../protocol/frame.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { snapshotEvent } from "../../protocol/transcript.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { passThrough } from "../../server/policy.ts";
import { settle } from "../support/manual-clock.ts";
import { closedBy, foldEnvelopes, RelayFixture, type FakeSocket } from "../support/relay-fixture.ts";
import { delta, setUp, stateOf, words } from "../support/relay-scene.ts";
import { canonicalJson } from "../support/same-json.ts";
import { ChangingRights, policyOf } from "../support/viewer-rights.ts";

const thought = (text: string): Event => ({ event: "thinking_delta", data: { text } });
/** A call of a tool; its input comes in pieces, of which a viewer whom they are hidden from is shown nothing. */
const toolCall: readonly Event[] = [
  { event: "tool_call_start", data: { id: "t", name: "read" } },
  { event: "tool_call_args_delta", data: { id: "t", json: "SECRET" } },
  { event: "tool_call_args_delta", data: { id: "t", json: "SECRET" } },
];
const hidden = () => new ChangingRights({ observation: hideInnerWork });
const namesOf = (socket: FakeSocket) => socket.events.map(({ payload }) => Event.parse(payload).event);
const beatsOf = (socket: FakeSocket) =>
  socket.frames.filter((frame): frame is Extract<ClientFrame, { kind: "heartbeat" }> => frame.kind === "heartbeat");

describe("two viewers of one Worker", () => {
  test("are each shown what they may see, by one observation", async () => {
    const { runtime, join, publish, stateJson } = await setUp();
    const [all, some] = [await join(), await join({ rights: hidden() })];
    await publish(thought("SECRET"), delta("said"), ...toolCall);
    expect(runtime.observeCalls).toBe(1);
    expect(stateOf(all)).toBe(stateJson());
    expect(all.texts.join()).toContain("SECRET");
    expect(some.texts.join()).not.toContain("SECRET");
    expect(namesOf(some)).toEqual(["snapshot", "thinking_delta", "text_delta", "tool_call_start"]);
    const shown = hideInnerWork.showTranscript(foldEnvelopes(all.events));
    expect(stateOf(some)).toBe(canonicalJson(snapshotEvent(shown)));
    // A late one is shown the same at once.
    const late = await join({ rights: hidden() });
    expect(stateOf(late)).toBe(stateOf(some));
  });

  test("can't go on from each other's cursors, and a new relay takes their own", async () => {
    const { runtime, workerId, clock, join, publish } = await setUp();
    const [all, some] = [await join(), await join({ rights: hidden() })];
    await publish(...words(3));
    expect(all.cursor).not.toBe(some.cursor);
    expect(await join({ cursor: all.cursor!, rights: hidden() })).toMatchObject(closedBy("cursor_unknown"));
    expect(await join({ cursor: some.cursor! })).toMatchObject(closedBy("cursor_unknown"));
    const forged = some.cursor!.slice(0, 22) + (some.cursor![22] === "A" ? "B" : "A") + some.cursor!.slice(23);
    expect(await join({ cursor: forged, rights: hidden() })).toMatchObject(closedBy("cursor_unknown"));
    const again = await RelayFixture.create({ runtime, workerId, clock });
    const back = again.attach({ cursor: some.events[1]!.cursor, rights: hidden() });
    await settle();
    expect(back.events).toEqual(some.events.slice(2));
  });

  test("have heartbeats that name what each has been sent, also where the newest events are withheld", async () => {
    const { clock, join, publish } = await setUp({ limits: { heartbeatIntervalMs: 1_000 } });
    const some = await join({ heartbeat: true, rights: hidden() });
    await publish(...toolCall);
    expect(namesOf(some)).toEqual(["snapshot", "tool_call_start"]);
    await clock.advance(2_000);
    const beats = beatsOf(some);
    expect(beats.slice(1).map(({ cursor }) => cursor)).toEqual([some.cursor, some.cursor]);
    // Who joins now is told where it stands, too, and so is who comes back to nothing but withheld events.
    const late = await join({ heartbeat: true, rights: hidden() });
    const back = await join({ heartbeat: true, cursor: some.cursor!, rights: hidden() });
    expect(beatsOf(late).map(({ cursor }) => cursor)).toEqual([late.cursor]);
    expect(beatsOf(back)).toEqual([expect.objectContaining({ cursor: some.cursor })]);
    expect(back.frames).toHaveLength(1);
  });

  test("cost nothing once the other is gone for a while", async () => {
    const { clock, fixture, join, publish } = await setUp({ limits: { relayGraceMs: 1_000 } });
    const [all, some] = [await join(), await join({ rights: hidden() })];
    some.cut();
    await clock.advance(1_000);
    expect(fixture.isOpen).toBe(true);
    await publish(...words(2));
    expect(namesOf(all)).toEqual(["snapshot", "text_delta", "text_delta"]);
    // It comes back from before: what it missed is read again.
    const back = await join({ cursor: some.cursor!, rights: hidden() });
    expect(namesOf(back)).toEqual(["text_delta", "text_delta"]);
    all.cut();
    back.cut();
    await clock.advance(1_000);
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });
});

describe("how far a viewer is behind", () => {
  test("is told to one that comes back, before what it missed, and counts what it will be shown", async () => {
    const { join, publish } = await setUp();
    const [all, some] = [await join(), await join({ rights: hidden() })];
    await publish(...toolCall, ...words(2));
    const [whole, part] = [
      await join({ heartbeat: true, cursor: all.events[0]!.cursor }),
      await join({ heartbeat: true, cursor: some.events[0]!.cursor, rights: hidden() }),
    ];
    const told = (socket: FakeSocket) =>
      socket.frames.map((frame) => (frame.kind === "heartbeat" ? (frame.behind ?? "live") : frame.kind));
    expect(told(whole)).toEqual([5, ...Array.from({ length: 5 }, () => "event"), "live"]);
    expect(told(part)).toEqual([3, "event", "event", "event", "live"]);
    expect(beatsOf(part).map(({ cursor }) => cursor)).toEqual([some.events[0]!.cursor, some.cursor]);
  });

  test("is told to nobody who did not ask for heartbeats, or has everything", async () => {
    const { join, publish } = await setUp();
    const first = await join();
    await publish(...words(3));
    const silent = await join({ cursor: first.events[0]!.cursor });
    expect(silent.frames.map(({ kind }) => kind)).toEqual(["event", "event", "event"]);
    const upToDate = await join({ heartbeat: true, cursor: first.cursor! });
    expect(beatsOf(upToDate)).toEqual([expect.not.objectContaining({ behind: expect.anything() })]);
    const fresh = await join({ heartbeat: true });
    expect(fresh.frames.map(({ kind }) => kind)).toEqual(["event", "heartbeat"]);
  });
});

describe("a rule that changes", () => {
  test("gives an open socket a fresh snapshot in the same step, and nothing hidden after it", async () => {
    const { join, publish } = await setUp();
    const rights = new ChangingRights();
    const [socket, other] = [await join({ heartbeat: true, rights }), await join({ heartbeat: true })];
    await publish(thought("SECRET"), delta("a"));
    const before = [socket.texts.length, other.texts.length];
    rights.change({ observation: hideInnerWork });
    // Nothing was awaited.
    expect(socket.frames.slice(before[0]).map(({ kind }) => kind)).toEqual(["event", "heartbeat"]);
    expect(other.texts).toHaveLength(before[1]!);
    await publish(thought("SECRET"), ...toolCall, delta("b"));
    expect(socket.texts.slice(before[0]).join()).not.toContain("SECRET");
    const shown = hideInnerWork.showTranscript(foldEnvelopes(other.events));
    expect(stateOf(socket)).toBe(canonicalJson(snapshotEvent(shown)));
    rights.change({ observation: passThrough });
    expect(stateOf(socket)).toBe(stateOf(other));
    expect(socket.closeCode).toBe(null);
  });

  test("leaves a viewer that takes nothing with its snapshot due, and no frame of the other stream", async () => {
    const { clock, join, publish } = await setUp({ limits: { viewerBufferBytes: 100 } });
    const rights = new ChangingRights();
    const socket = await join({ rights });
    socket.isStalled = true;
    await publish(...words(3), thought("SECRET"));
    const written = socket.texts.length;
    rights.change({ observation: hideInnerWork });
    expect(socket.texts).toHaveLength(written);
    socket.drain();
    await clock.advance(50);
    expect(socket.texts).toHaveLength(written + 1);
    expect(namesOf(socket).at(-1)).toBe("snapshot");
    expect(socket.texts.at(-1)).not.toContain("SECRET");
  });

  test("while somebody is let in gives a snapshot by the new rule, whatever the cursor", async () => {
    const { clock, runtime, fixture, join, publish } = await setUp({ limits: { relayGraceMs: 100 } });
    const first = await join();
    await publish(thought("SECRET"), ...words(2));
    const old = first.events[0]!.cursor;
    first.cut();
    await clock.advance(100);
    // Its stretch is read again, which is held up meanwhile.
    await fixture.view();
    const held = runtime.hold();
    const rights = new ChangingRights();
    const socket = await join({ cursor: old, rights });
    rights.change({ observation: hideInnerWork });
    held.release();
    await settle();
    expect(namesOf(socket)).toEqual(["snapshot"]);
    expect(socket.texts.join()).not.toContain("SECRET");
  });

  test("while somebody is let in for whom there is no room keeps the Worker observed no longer", async () => {
    const limits = { relayGraceMs: 1_000, maxViewersPerWorker: 1 };
    const { clock, runtime, fixture, join } = await setUp({ limits });
    const held = runtime.hold();
    const rights = new ChangingRights();
    const [first, second] = [await join(), await join({ rights })];
    rights.change({ observation: hideInnerWork });
    held.release();
    await settle();
    expect(namesOf(first)).toEqual(["snapshot"]);
    expect(second).toMatchObject(closedBy("too_many_viewers"));
    first.cut();
    await clock.advance(1_000);
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });

  test("tells a viewer that may only read so, at once and with every heartbeat", async () => {
    const { clock, join } = await setUp({ limits: { heartbeatIntervalMs: 1_000 } });
    const rights = new ChangingRights();
    const [socket, silent] = [await join({ heartbeat: true, rights }), await join({ rights })];
    rights.change({ mayCommand: false });
    await clock.advance(1_000);
    rights.change({ mayCommand: true });
    expect(beatsOf(socket).map(({ read_only }) => read_only ?? false)).toEqual([false, true, true, false]);
    expect(namesOf(socket)).toEqual(["snapshot"]);
    expect(silent.frames.map(({ kind }) => kind)).toEqual(["event"]);
  });

  test("that can't be followed lets the viewer go, rather than show it what it saw before", async () => {
    const { clock, fixture, join, publish } = await setUp({ limits: { relayGraceMs: 1_000 } });
    const rights = new ChangingRights();
    const [socket, other] = [await join({ rights }), await join()];
    rights.change({ observation: policyOf(() => null) });
    expect(socket).toMatchObject(closedBy("internal"));
    await publish(thought("SECRET"));
    expect(socket.texts.join()).not.toContain("SECRET");
    expect(other.texts.join()).toContain("SECRET");
    other.cut();
    await clock.advance(1_000);
    expect([fixture.isOpen, clock.waiting]).toEqual([false, 0]);
  });

  test("is nobody's business whose socket is closed, or whose relay has ended", async () => {
    const { clock, fixture, join } = await setUp();
    const [gone, ended] = [new ChangingRights(), new ChangingRights()];
    const [one, other] = [await join({ rights: gone }), await join({ rights: ended })];
    one.cut();
    gone.change({ observation: hideInnerWork });
    expect([gone.listeners, one.texts.length]).toEqual([0, 1]);
    fixture.relay.close(new ProblemError("shutting_down", "The test is over."));
    const texts = other.texts.length;
    ended.change({ observation: hideInnerWork });
    expect([other.texts.length, clock.waiting]).toEqual([texts, 0]);
  });
});
