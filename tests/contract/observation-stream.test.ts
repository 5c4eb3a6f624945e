/** The observation socket of a Runtime: frames, cursors, resume and ends, over a real port. */
import { describe, expect, test } from "vitest";
import { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import type { RuntimeFrame } from "../../protocol/frame.ts";
import { WorkerId } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import wire from "../fixtures/wire/runtime-api.json" with { type: "json" };
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../support/raw-http.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { serveRuntime, ZERO_CURSOR, type RuntimeServer, type RuntimeServerOptions } from "../support/runtime-server.ts";
import { hang, stop, text, thinking } from "../support/scripted-model.ts";
import { shapeOf } from "../support/wire-shape.ts";

const WORKER = WorkerId.parse("worker-00000001");
const ANSWER = [thinking("hm"), text("Hello "), text("there."), stop];

async function serveWorker(options: RuntimeServerOptions = {}): Promise<RuntimeServer> {
  const server = await serveRuntime(options);
  await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
  return server;
}

/** A Worker that has answered once. */
async function serveConversation(options: RuntimeServerOptions = {}): Promise<RuntimeServer> {
  const server = await serveWorker({ scripts: [ANSWER], ...options });
  await server.runtime.sendInput(WORKER, { content: "hi" });
  await server.clock.advance(0);
  return server;
}

function foldFrames(frames: readonly RuntimeFrame[], start: Transcript = emptyTranscript()): Transcript {
  return frames.reduce((state, frame) => {
    return frame.kind === "event" ? fold(state, Event.parse(frame.envelope.payload), frame.envelope.ts ?? 0) : state;
  }, start);
}

describe("without a cursor", () => {
  test("a snapshot comes first, then what is published, each in the reference's frame", async () => {
    await using server = await serveWorker({ scripts: [ANSWER] });
    await using observer = await new RuntimeObserver(server.url, WORKER).open();
    await observer.until(({ frames }) => frames.length === 1, "the snapshot");
    await server.runtime.sendInput(WORKER, { content: "hi" });
    await observer.until(({ names }) => names.includes("run_end") && names.at(-1) === "status", "the run's end");
    expect(observer.names).toEqual([
      "snapshot",
      "invoke_start",
      "user_message",
      "status",
      "turn_start",
      "llm_call_start",
      "thinking_start",
      "thinking_delta",
      "thinking_done",
      "text_delta",
      "text_delta",
      "text_done",
      "llm_call_end",
      "turn_end",
      "run_end",
      "status",
    ]);
    const [snapshot, ...events] = observer.events.map(({ envelope }) => envelope);
    expect(snapshot!.event_id).toBe(`snapshot:${snapshot!.cursor}`);
    for (const { event_id, cursor, worker_id } of events) {
      expect([event_id, worker_id]).toEqual([cursor, WORKER]);
      expect(cursor).toMatch(/^wo_[0-9a-f]{16}$/);
    }
    const shape = shapeOf(wire.frame) as { envelope: object };
    for (const frame of observer.frames) {
      expect(shapeOf(frame, ["ts", "payload"])).toEqual({
        ...shape,
        envelope: Object.fromEntries(Object.entries(shape.envelope).filter(([key]) => key !== "payload")),
      });
    }
    expect(observer.frames.map(({ kind }) => kind)).not.toContain("heartbeat");
  });

  test("a snapshot is the fold of everything, and its cursor the newest event's", async () => {
    await using server = await serveConversation();
    const log = await server.log(WORKER);
    await using observer = await new RuntimeObserver(server.url, WORKER).open();
    await observer.until(({ frames }) => frames.length === 1, "the snapshot");
    const { cursor, payload } = observer.events[0]!.envelope;
    expect(cursor).toBe(log.at(-1)!.cursor);
    await using whole = await new RuntimeObserver(server.url, WORKER, { cursor: ZERO_CURSOR }).open();
    await whole.until(({ frames }) => frames.length === log.length, "the whole log");
    const folded = snapshotEvent(foldFrames(whole.frames, foldFrames([observer.frames[0]!])));
    expect(Object.keys(payload as object)).toEqual(["event", "data"]);
    expect(folded.event).toBe("snapshot");
    expect(foldFrames(observer.frames).entries.map(({ kind }) => kind)).toEqual(
      foldFrames(whole.frames).entries.map(({ kind }) => kind),
    );
  });
});

describe("with a cursor", () => {
  test("every position gets exactly what followed it, and no snapshot", async () => {
    await using server = await serveConversation();
    const log = await server.log(WORKER);
    expect(log.length).toBe(15);
    for (let position = 0; position <= log.length; position += 1) {
      const cursor = position === 0 ? ZERO_CURSOR : log[position - 1]!.cursor;
      await using observer = await new RuntimeObserver(server.url, WORKER, { cursor, heartbeat: true }).open();
      await observer.until(({ events }) => events.length === log.length - position, `what follows ${position}`);
      await server.observationClock.advance(0);
      await observer.until(({ frames }) => frames.at(-1)?.kind === "heartbeat", "a heartbeat");
      expect(observer.events.map(({ envelope }) => envelope.cursor)).toEqual(
        log.slice(position).map((event) => event.cursor),
      );
    }
  });

  test("payload and time are the log's, byte for byte", async () => {
    await using server = await serveConversation();
    const log = await server.log(WORKER);
    await using observer = await new RuntimeObserver(server.url, WORKER, { cursor: ZERO_CURSOR }).open();
    await observer.until(({ frames }) => frames.length === log.length, "the whole log");
    expect(observer.texts).toEqual(
      log.map(
        ({ cursor, ts, payload }) =>
          `{"kind":"event","envelope":{"cursor":"${cursor}","event_id":"${cursor}","worker_id":"${WORKER}","ts":${ts},"payload":${payload}}}`,
      ),
    );
  });

  test("an observer that is cut at each frame and comes back loses and doubles nothing", async () => {
    await using server = await serveWorker({ scripts: [[text("a"), text("b"), text("c"), hang]] });
    await server.runtime.sendInput(WORKER, { content: "hi" });
    const got: string[] = [];
    let cursor: string = ZERO_CURSOR;
    for (let cuts = 0; cuts < 8; cuts += 1) {
      await using observer = await new RuntimeObserver(server.url, WORKER, { cursor }).open();
      await observer.until(({ frames }) => frames.length >= 1, "another frame");
      cursor = observer.events[0]!.envelope.cursor;
      got.push(cursor);
    }
    expect(got).toEqual((await server.log(WORKER)).map((event) => event.cursor).slice(0, 8));
  });

  test.each<[string, string, string, string, number]>([
    ["an empty one", "", "runtime.cursor_malformed", "cursor_malformed", 4400],
    ["another syntax", "bo_0000000000000007", "runtime.cursor_malformed", "cursor_malformed", 4400],
    ["15 digits", "wo_000000000000002", "runtime.cursor_malformed", "cursor_malformed", 4400],
    ["a script", "<script>", "runtime.cursor_malformed", "cursor_malformed", 4400],
    ["a very long one", "w".repeat(5_000), "runtime.cursor_malformed", "cursor_malformed", 4400],
    ["another epoch", "wo_ffffffff00000001", "runtime.cursor_unknown_or_expired", "cursor_unknown", 4410],
  ])("%s ends the stream after the upgrade, typed", async (_case, cursor, code, problem, close) => {
    await using server = await serveConversation();
    await using observer = await new RuntimeObserver(server.url, WORKER, { cursor }).open();
    expect(await observer.end()).toEqual({ code: close, reason: problem });
    expect(observer.frames).toMatchObject([{ kind: "diagnostic", diagnostic: { code, problem } }]);
    expect(shapeOf(observer.frames[0], ["problem"])).toEqual(shapeOf(wire.diagnostic));
  });

  test("one ahead of the log, an expired one and another Worker's are told apart", async () => {
    await using server = await serveConversation({ limits: { worker: { retentionEvents: 5 } } });
    await server.runtime.createWorker({ profile: { kind: "runtime_default" } });
    const other = WorkerId.parse("worker-00000002");
    await server.runtime.sendInput(other, { content: "hi" });
    await server.clock.advance(0);
    const newest = (await server.log(WORKER)).at(-1)!.cursor;
    const epoch = newest.slice(0, 11);
    const foreign = (await server.log(other)).at(-1)!.cursor;
    const endOf = async (cursor: string) => {
      await using observer = await new RuntimeObserver(server.url, WORKER, { cursor }).open();
      const { code } = await observer.end();
      const [frame] = observer.frames;
      return [frame?.kind === "diagnostic" ? frame.diagnostic.code : null, code];
    };
    expect(await endOf(`${epoch}0000ffff`)).toEqual(["runtime.cursor_unknown_or_expired", 4410]);
    expect(await endOf(`${epoch}00000001`)).toEqual(["runtime.cursor_unknown_or_expired", 4410]);
    expect(await endOf(foreign)).toEqual(["runtime.cursor_unknown_or_expired", 4409]);
  });
});

describe("before the upgrade", () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(WEBSOCKET_HEADERS).filter(([key]) => key !== name));

  test.each<[string, string, Record<string, string>, number, string]>([
    ["an unknown Worker", "/v1/workers/other/events/ws", WEBSOCKET_HEADERS, 404, "worker_not_found"],
    ["a blank id", "/v1/workers/%20/events/ws", WEBSOCKET_HEADERS, 400, "invalid_worker_id"],
    ["no upgrade", `/v1/workers/${WORKER}/events/ws`, {}, 426, "websocket_upgrade_required"],
    [
      "another upgrade",
      `/v1/workers/${WORKER}/events/ws`,
      { ...WEBSOCKET_HEADERS, Upgrade: "h2c" },
      426,
      "websocket_upgrade_required",
    ],
    [
      "no connection",
      `/v1/workers/${WORKER}/events/ws`,
      { ...WEBSOCKET_HEADERS, Connection: "close" },
      400,
      "invalid_request",
    ],
    [
      "another version",
      `/v1/workers/${WORKER}/events/ws`,
      { ...WEBSOCKET_HEADERS, "Sec-WebSocket-Version": "8" },
      400,
      "invalid_request",
    ],
    ["no version", `/v1/workers/${WORKER}/events/ws`, without("Sec-WebSocket-Version"), 400, "invalid_request"],
    ["no key", `/v1/workers/${WORKER}/events/ws`, without("Sec-WebSocket-Key"), 400, "invalid_request"],
    [
      "a broken key",
      `/v1/workers/${WORKER}/events/ws`,
      { ...WEBSOCKET_HEADERS, "Sec-WebSocket-Key": "x" },
      400,
      "invalid_request",
    ],
  ])("%s is answered over HTTP, as JSON", async (_case, path, headers, status, code) => {
    await using server = await serveWorker();
    const answer = await sendRaw(server.port, requestHead("GET", path, headers));
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([status, code]);
    expect(answer.headers.get("content-type")).toBe("application/json");
  });
});

describe("what an observer sends", () => {
  test.each<[string, string | Uint8Array]>([
    ["an empty object", "{}"],
    ["an empty text", ""],
    ["bytes", new Uint8Array([1, 2, 3])],
  ])("%s ends its own socket, typed, and nobody else's", async (_case, data) => {
    await using server = await serveWorker();
    await using other = await new RuntimeObserver(server.url, WORKER).open();
    await using observer = await new RuntimeObserver(server.url, WORKER).open();
    await observer.until(({ frames }) => frames.length === 1, "the snapshot");
    observer.send(data);
    expect(await observer.end()).toEqual({ code: 4403, reason: "observation_only" });
    expect(observer.frames.at(-1)).toMatchObject({
      kind: "diagnostic",
      diagnostic: { code: "runtime.observation_only", problem: "observation_only" },
    });
    await server.runtime.sendInput(WORKER, { content: "hi" });
    await other.until(({ names }) => names.includes("user_message"), "the other's stream to go on");
  });
});

describe("heartbeats", () => {
  test("come to those who ask: once when all has been sent, then at the pace they name", async () => {
    await using server = await serveConversation({ observation: { heartbeatIntervalMs: 5_000 } });
    const log = await server.log(WORKER);
    await using observer = await new RuntimeObserver(server.url, WORKER, {
      cursor: ZERO_CURSOR,
      heartbeat: true,
    }).open();
    await observer.until(({ events }) => events.length === log.length, "the whole log");
    await server.observationClock.advance(0);
    await observer.until(({ frames }) => frames.length === log.length + 1, "the first heartbeat");
    await server.observationClock.advance(4_999);
    await server.observationClock.advance(1);
    await observer.until(({ frames }) => frames.length === log.length + 2, "the second heartbeat");
    const { cursor } = log.at(-1)!;
    const [first, second] = observer.frames.slice(-2);
    const start = server.observationClock.now() - 5_000;
    expect(first).toEqual({ kind: "heartbeat", ts: start, interval_ms: 5_000, cursor });
    expect(second).toEqual({ kind: "heartbeat", ts: start + 5_000, interval_ms: 5_000, cursor });
  });

  test("leave no timer behind", async () => {
    await using server = await serveWorker();
    const observer = await new RuntimeObserver(server.url, WORKER, { heartbeat: true }).open();
    await observer.until(({ frames }) => frames.length === 1, "the snapshot");
    await server.observationClock.advance(0);
    expect(server.observationClock.waiting).toBe(1);
    observer.send("x");
    await observer.end();
    expect(server.observationClock.waiting).toBe(0);
  });
});

describe("ends", () => {
  test("past the number of observers the next is refused, and has room when one leaves", async () => {
    await using server = await serveWorker({ observation: { maxObservers: 1 } });
    const first = await new RuntimeObserver(server.url, WORKER).open();
    await first.until(({ frames }) => frames.length === 1, "the snapshot");
    await using second = await new RuntimeObserver(server.url, WORKER).open();
    expect(await second.end()).toEqual({ code: 4429, reason: "too_many_viewers" });
    expect(second.frames).toMatchObject([{ diagnostic: { code: "runtime.unavailable", problem: "too_many_viewers" } }]);
    first.send("x");
    await first.end();
    await using third = await new RuntimeObserver(server.url, WORKER).open();
    await third.until(({ names }) => names[0] === "snapshot", "room");
  });

  test("at the shutdown observers see how the run ended, then why the stream ends, then a Close", async () => {
    const server = await serveWorker({ scripts: [[text("par"), hang]] });
    await server.runtime.sendInput(WORKER, { content: "hi" });
    await using observer = await new RuntimeObserver(server.url, WORKER, { cursor: ZERO_CURSOR }).open();
    await observer.until(({ names }) => names.includes("text_delta"), "the answer to begin");
    await server.close();
    expect(await observer.end()).toEqual({ code: 4503, reason: "shutting_down" });
    expect(observer.names.slice(-2)).toEqual(["run_end", "status"]);
    expect(observer.events.at(-2)!.envelope.payload).toMatchObject({ data: { cause: "interrupted" } });
    expect(observer.frames.at(-1)).toMatchObject({
      kind: "diagnostic",
      diagnostic: { code: "runtime.upstream_closed", problem: "shutting_down" },
    });
    expect(foldFrames(observer.frames).run.state).toBe("ended");
  });
});
