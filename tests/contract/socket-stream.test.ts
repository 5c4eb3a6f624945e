import { describe, expect, test } from "vitest";
import { isSnapshotEvent } from "../../protocol/event.ts";
import { snapshotEventId } from "../../protocol/frame.ts";
import { transcriptOf } from "../../protocol/transcript.ts";
import { isSameJson } from "../support/same-json.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { workerPath } from "../support/workspace-client.ts";

const HEARTBEAT_MS = 50;
/** Streams some text and then nothing more, until it is cancelled. */
const HANGING = "/demo stall";

describe.each(["socket", "sse"] as const)("a stream by %s", (transport) => {
  const workspace = serveWorkspace({ YOI_HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS) }, transport);

  test("a viewer without a cursor gets a snapshot first", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = client.observe(ref);
    const { cursor, eventId, event } = await observer.snapshot();
    expect(observer.frames).toHaveLength(1);
    expect(observer.frames[0]).toMatchObject({ kind: "event", envelope: ref });
    expect(eventId).toBe(snapshotEventId(cursor as Parameters<typeof snapshotEventId>[0]));
    expect(event).toMatchObject({
      event: "snapshot",
      data: {
        entries: [],
        status: "idle",
        entries_start: 0,
        entries_total: 0,
        greeting: { worker_name: "Worker", tools: [] },
      },
    });
  });

  test("a run is told live and in order, the message before its answer", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = client.observe(ref);
    await observer.snapshot();
    await client.send(ref, "/demo think", "s-1");
    await observer.idle();
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
      "text_done",
      "usage",
      "llm_call_end",
      "turn_end",
      "run_end",
      "status",
    ]);
    expect(observer.eventsOf("user_message")).toEqual([
      { event: "user_message", data: { segments: [{ kind: "text", content: "/demo think" }], submission_id: "s-1" } },
    ]);
    const deltas = observer.eventsOf("text_delta").map(({ data }) => data.text);
    expect(deltas.join("")).toBe(observer.eventsOf("text_done")[0]?.data.text);
    expect(observer.eventsOf("run_end")).toEqual([{ event: "run_end", data: { result: "finished" } }]);
  });

  test("every event has its Worker, a cursor of its own that is also its id, and a time that never goes back", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = await client.converse(ref, "Hello");
    const [, ...live] = observer.received;
    expect(new Set(live.map(({ cursor }) => cursor)).size).toBe(live.length);
    expect(live.map(({ eventId }) => eventId)).toEqual(live.map(({ cursor }) => cursor));
    const times = live.map(({ ts }) => ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const frame of observer.frames) expect(frame).toMatchObject({ envelope: ref });
  });

  test("the fold of what was received is what a later viewer gets as a snapshot", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = await client.converse(ref, "/demo markdown");
    await using later = client.observe(ref);
    const { event, cursor } = await later.snapshot();
    expect(cursor).toBe(observer.cursor);
    const transcript = isSnapshotEvent(event) ? transcriptOf(event.data) : null;
    expect(isSameJson(transcript, observer.transcript)).toBe(true);
  });

  test("heartbeats go to viewers that asked, at once when they have everything and then at a steady pace", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using silent = client.observe(ref);
    await silent.snapshot();
    await using observer = client.observe(ref, { heartbeat: true });
    const beatsOf = () => observer.frames.filter((frame) => frame.kind === "heartbeat");
    await observer.until("four heartbeats", () => beatsOf().length >= 4);
    expect(observer.frames.map(({ kind }) => kind).slice(0, 2)).toEqual(["event", "heartbeat"]);
    for (const beat of beatsOf()) expect(beat).toMatchObject({ interval_ms: HEARTBEAT_MS, cursor: observer.cursor });
    const times = beatsOf().map(({ ts }) => ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(silent.frames.map(({ kind }) => kind)).toEqual(["event"]);
  });

  test("a heartbeat's cursor is that of the newest event, so that a viewer knows that it has everything", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using observer = client.observe(ref, { heartbeat: true });
    await observer.snapshot();
    await client.send(ref, "/demo burst");
    await observer.idle();
    const atEnd = observer.frames.length;
    const beat = await observer.until("a heartbeat after the run", ({ frames }) =>
      frames.slice(atEnd).find((frame) => frame.kind === "heartbeat"),
    );
    expect(beat.cursor).toBe(observer.cursor);
  });

  test("a viewer that joins in the middle of a sentence has it from its start", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using first = client.observe(ref);
    await first.snapshot();
    await client.send(ref, HANGING);
    await first.until("some text", ({ transcript }) => transcript.in_flight.blocks.length > 0);
    await using second = client.observe(ref, { heartbeat: true });
    const { event } = await second.snapshot();
    const blocks = isSnapshotEvent(event) ? event.data.in_flight.blocks : [];
    expect(blocks).toEqual([expect.objectContaining({ kind: "text", text: expect.stringMatching(/\S/) })]);
    expect(second.transcript).toMatchObject({ status: "running", run: { state: "active" } });
    expect((await client.post(`${workerPath(ref)}/cancel`, {})).status).toBe(200);
    await first.idle();
    await second.idle();
    expect(isSameJson(second.transcript, first.transcript)).toBe(true);
  });

  test("twenty viewers see identical frames", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    const observers = Array.from({ length: 20 }, () => client.observe(ref));
    try {
      await Promise.all(observers.map((observer) => observer.snapshot()));
      await client.send(ref, "/demo markdown");
      await Promise.all(observers.map((observer) => observer.idle()));
      const [first, ...others] = observers.map(({ texts }) => texts);
      expect(first?.length).toBeGreaterThan(20);
      for (const texts of others) expect(texts).toEqual(first);
    } finally {
      for (const observer of observers) observer.cut();
    }
  });

  test("viewers of one Worker see nothing of another", async () => {
    const { client } = workspace;
    const [ref, other] = [await client.createWorker(), await client.createWorker()];
    await using observer = client.observe(ref, { heartbeat: true });
    await observer.snapshot();
    await (await client.converse(other, "Hello"))[Symbol.asyncDispose]();
    const seen = observer.frames.length;
    await observer.until("a heartbeat", ({ frames }) => frames.slice(seen).some(({ kind }) => kind === "heartbeat"));
    expect(observer.names).toEqual(["snapshot"]);
  });
});
