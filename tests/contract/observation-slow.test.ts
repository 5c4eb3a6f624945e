/** Observers that do not take what they are sent: bounded, and let go with a reason. */
import { describe, expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { WorkerId } from "../../protocol/id.ts";
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";
import { aborted } from "../../runtime/deadline.ts";
import { DEFAULT_OBSERVATION_LIMITS } from "../../runtime/observation/limits.ts";
import type { ObserverSocket } from "../../runtime/observation/observer-socket.ts";
import { ObserverStream } from "../../runtime/observation/observer-stream.ts";
import type { ObservationStep, Runtime } from "../../runtime/runtime.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { serveRuntime, ZERO_CURSOR } from "../support/runtime-server.ts";
import { hang, text } from "../support/scripted-model.ts";
import { within } from "../support/within.ts";

const WORKER = WorkerId.parse("worker-00000001");
const DAY_MS = 24 * 3_600_000;
const LIMITS = { ...DEFAULT_OBSERVATION_LIMITS, bufferBytes: 1_000, drainCheckMs: 20, stallTimeoutMs: 1_000 };

/** A socket whose network takes what the test says. */
function createSocket() {
  const closed = new AbortController();
  const sent: string[] = [];
  const state = { bufferedBytes: 0, end: null as readonly [number, string] | null };
  const socket: ObserverSocket = {
    send(frame) {
      sent.push(frame);
      state.bufferedBytes += frame.length;
    },
    sendAll({ texts }) {
      for (const text of texts) socket.send(text);
      return state.bufferedBytes === 0;
    },
    close(code, reason) {
      state.end ??= [code, reason];
      closed.abort();
    },
    get bufferedBytes() {
      return state.bufferedBytes;
    },
    closed: closed.signal,
  };
  return { socket, sent, state, leave: () => closed.abort() };
}

/** A Runtime that hands on steps without end, and counts them. */
function createEndless(eventsPerStep: number) {
  const handed = { steps: 0 };
  const runtime: Pick<Runtime, "observe"> = {
    async *observe(): AsyncGenerator<ObservationStep> {
      for (;;) {
        handed.steps += 1;
        const events = Array.from({ length: eventsPerStep }, (_, index) => {
          const position = (handed.steps - 1) * eventsPerStep + index + 1;
          const cursor = RuntimeCursor.parse(`wo_00000001${position.toString(16).padStart(8, "0")}`);
          return { cursor, ts: position, payload: `{"event":"text_delta","data":{"text":"${"x".repeat(100)}"}}` };
        });
        yield { kind: "events", events };
      }
    },
  };
  return { runtime, handed };
}

function createStream(runtime: Pick<Runtime, "observe">, socket: ObserverSocket, wantsHeartbeat = false) {
  const clock = new ManualClock();
  const unexpected: unknown[] = [];
  const onUnexpected = (error: unknown) => void unexpected.push(error);
  const ends: ProblemCode[] = [];
  const stream = new ObserverStream({
    runtime,
    workerId: WORKER,
    cursor: ZERO_CURSOR,
    wantsHeartbeat,
    socket,
    clock,
    limits: LIMITS,
    onUnexpected,
    onEnd: ({ code }) => void ends.push(code),
  });
  return { stream, clock, unexpected, ends };
}

describe("ObserverStream", () => {
  test("writes as far as the socket takes it, and goes on where it was when the socket drains", async () => {
    const { runtime, handed } = createEndless(2);
    const { socket, sent, state, leave } = createSocket();
    const { stream, clock } = createStream(runtime, socket);
    const running = stream.run();
    await settle();
    const written = sent.length;
    expect(state.bufferedBytes).toBeGreaterThan(LIMITS.bufferBytes);
    expect(state.bufferedBytes).toBeLessThan(LIMITS.bufferBytes + 300);
    await clock.advance(500);
    expect(sent.length).toBe(written);
    expect(handed.steps).toBe(Math.ceil((written + 1) / 2));
    state.bufferedBytes = 0;
    await clock.advance(20);
    expect(sent.length).toBe(2 * written);
    expect(sent.map((frame) => Number(/"ts":(\d+)/.exec(frame)?.[1]))).toEqual(sent.map((_, index) => index + 1));
    leave();
    await running;
    expect([state.end, clock.waiting]).toEqual([null, 0]);
  });

  test("an observer that takes nothing for too long is let go with a diagnostic and a Close", async () => {
    const { socket, sent, state } = createSocket();
    const { stream, clock, unexpected } = createStream(createEndless(2).runtime, socket);
    const running = stream.run();
    await clock.advance(1_000);
    expect(state.end).toBe(null);
    await clock.advance(20);
    await running;
    expect(state.end).toEqual([4408, "viewer_too_slow"]);
    expect(JSON.parse(sent.at(-1)!)).toEqual({
      kind: "diagnostic",
      diagnostic: {
        code: "runtime.cursor_expired",
        message: "The observer took nothing for too long; connect again.",
        problem: "viewer_too_slow",
      },
    });
    expect([clock.waiting, unexpected]).toEqual([0, []]);
  });

  test.each([
    ["ahead", DAY_MS],
    ["back", -DAY_MS],
  ])("one that takes nothing is let go in time, no sooner, where the clock is set %s meanwhile", async (_way, byMs) => {
    const { socket, state } = createSocket();
    const { stream, clock } = createStream(createEndless(2).runtime, socket);
    const running = stream.run();
    await settle();
    clock.setBy(byMs);
    await clock.advance(1_000);
    expect(state.end).toBe(null);
    await clock.advance(20);
    expect(state.end).toEqual([4408, "viewer_too_slow"]);
    await running;
  });

  test("one that takes little by little is kept", async () => {
    const { socket, state, leave } = createSocket();
    const { stream, clock } = createStream(createEndless(2).runtime, socket);
    const running = stream.run();
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(900);
      state.bufferedBytes -= 1;
      state.bufferedBytes = Math.max(state.bufferedBytes, LIMITS.bufferBytes + 1);
    }
    expect(state.end).toBe(null);
    leave();
    await running;
  });

  test("tells nobody of an end where the observer leaves by itself", async () => {
    const runtime: Pick<Runtime, "observe"> = {
      async *observe(_workerId, { signal }): AsyncGenerator<ObservationStep> {
        yield { kind: "events", events: [] };
        await aborted(signal);
      },
    };
    const { socket, sent, state, leave } = createSocket();
    const { stream, ends } = createStream(runtime, socket);
    const running = stream.run();
    await settle();
    leave();
    await running;
    expect([sent, state.end, ends]).toEqual([[], null, []]);
  });

  test("ends once, however often it is asked to", async () => {
    const { socket, sent, state } = createSocket();
    const { stream, ends } = createStream(createEndless(2).runtime, socket);
    for (let frame = 0; frame < 3; frame += 1) stream.end(new ProblemError("observation_only", "No frames."));
    expect([sent.length, state.end, ends]).toEqual([1, [4403, "observation_only"], ["observation_only"]]);
  });

  test("has no heartbeat for an observer that is behind", async () => {
    const { socket, sent, leave } = createSocket();
    const { stream, clock } = createStream(createEndless(2).runtime, socket, true);
    const running = stream.run();
    await clock.advance(900);
    expect(sent.filter((frame) => frame.includes("heartbeat"))).toEqual([]);
    leave();
    await running;
  });

  test("an unexpected failure ends the stream without its text, and is told to the operator", async () => {
    const failure = new Error("EIO: /secret/path");
    const runtime: Pick<Runtime, "observe"> = {
      observe: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) }),
    };
    const { socket, sent, state } = createSocket();
    const { stream, unexpected } = createStream(runtime, socket);
    await stream.run();
    expect(state.end).toEqual([4500, "internal"]);
    expect(sent.join()).not.toContain("secret");
    expect(unexpected).toEqual([failure]);
  });
});

test("over a real socket: who stops reading is let go, and another observer feels nothing", async () => {
  const piece = text("x".repeat(256 * 1024));
  const pieces = Array.from({ length: 64 }, () => piece);
  await using server = await serveRuntime({
    scripts: [[...pieces, hang]],
    limits: { run: { maxAnswerChars: 100_000_000 }, worker: { retentionChars: 100_000_000 } },
    observation: { bufferBytes: 64 * 1024 },
  });
  await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
  await using slow = await new RuntimeObserver(server.url, WORKER).open();
  await slow.until(({ frames }) => frames.length === 1, "the snapshot");
  slow.pause();
  await server.runtime.sendInput(WORKER, { content: "hi" });
  await using other = await new RuntimeObserver(server.url, WORKER, { cursor: ZERO_CURSOR }).open();
  const deltas = () => other.names.filter((name) => name === "text_delta").length;
  const readAll = async () => {
    while (deltas() < pieces.length) await server.observationClock.advance(LIMITS.drainCheckMs);
  };
  await within(readAll(), () => `the other to have it all; it has ${deltas()}`);
  await server.observationClock.advance(DEFAULT_OBSERVATION_LIMITS.stallTimeoutMs + LIMITS.drainCheckMs);
  // It reads again when the server has let go of it, and learns why.
  slow.resume();
  const end = await slow.end();
  expect(end).toEqual({ code: 4408, reason: "viewer_too_slow" });
  expect(slow.frames.at(-1)).toMatchObject({ kind: "diagnostic", diagnostic: { problem: "viewer_too_slow" } });
  expect(slow.names.length).toBeLessThan(pieces.length);
});
