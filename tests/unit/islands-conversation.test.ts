/** The conversation store: folding in batches, de-duplication, snapshots, older pages. */
import { describe, expect, test } from "vitest";
import { effect } from "@preact/signals";
import type { ApiResult } from "../../islands/store/api-client.ts";
import { Conversation, type ConversationOptions, type Envelope } from "../../islands/store/conversation.ts";
import type { WorkerEntries } from "../../protocol/backend-api.ts";
import { ClientCursor } from "../../protocol/cursor.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import type { Event, Snapshot } from "../../protocol/event.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";

const ref = { runtime_id: RuntimeId.parse("r"), worker_id: WorkerId.parse("w") };
const cursorOf = (position: number) => ClientCursor.parse(`bo_${position}`);

function envelope(position: number, payload: unknown, change: Partial<Envelope> = {}): Envelope {
  return { ...ref, cursor: cursorOf(position), event_id: `e${position}`, ts: 1_000 + position, payload, ...change };
}

const delta = (text: string): Event => ({ event: "text_delta", data: { text } });
const entry = (text: string): LogEntry => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content: text }] });

function snapshotOf(entries: LogEntry[], start = 0): Snapshot {
  const event = snapshotEvent({ ...emptyTranscript(), entries, entries_start: start });
  if (event.event !== "snapshot") throw new Error("Cannot happen: a snapshot is a snapshot");
  return event.data;
}

function setUp(change: Partial<ConversationOptions> = {}) {
  let flush = () => {};
  let requests = 0;
  const conversation = new Conversation({
    ref,
    snapshot: snapshotOf([]),
    cursor: cursorOf(0),
    now: () => 5_000,
    loadEntries: () => Promise.resolve({ ok: false, failure: { kind: "network" } }),
    scheduler: (run) => {
      flush = run;
      return () => {
        requests += 1;
      };
    },
    ...change,
  });
  return { conversation, nextFrame: () => flush(), requested: () => requests };
}

const page = (start: number, entries: LogEntry[], oldest = 0): ApiResult<WorkerEntries> => ({
  ok: true,
  value: { ...ref, entries_start: start, entries_total: 9, oldest_kept: oldest, entries },
});

describe("Conversation", () => {
  test("shows a frame's worth of events as one change", () => {
    const { conversation, nextFrame } = setUp();
    let changes = -1;
    effect(() => {
      void conversation.transcript.value;
      changes += 1;
    });
    for (let position = 1; position <= 50; position += 1) conversation.receive(envelope(position, delta("a")));
    expect(changes).toBe(0);
    nextFrame();
    expect(changes).toBe(1);
    expect(conversation.blocks.value).toMatchObject([{ kind: "text", text: "a".repeat(50) }]);
    expect(conversation.counters.value.received).toBe(50);
  });

  test("entries keep their identity while text streams", () => {
    const { conversation, nextFrame } = setUp({ snapshot: snapshotOf([entry("hi")]) });
    const before = conversation.entries.value;
    conversation.receive(envelope(1, delta("a")));
    nextFrame();
    expect(conversation.entries.value).toBe(before);
  });

  test("the newest position is known before the frame", () => {
    const { conversation } = setUp();
    conversation.receive(envelope(7, delta("a")));
    expect(conversation.cursor.value).toBe("bo_7");
  });

  test("a repeated event is dropped and counted", () => {
    const { conversation, nextFrame } = setUp();
    conversation.receive(envelope(1, delta("a")));
    conversation.receive(envelope(1, delta("a")));
    nextFrame();
    conversation.receive(envelope(1, delta("a")));
    nextFrame();
    expect(conversation.blocks.value).toMatchObject([{ text: "a" }]);
    expect(conversation.counters.value).toMatchObject({ received: 1, duplicates: 2 });
  });

  test("another Worker's event is dropped and counted", () => {
    const { conversation, nextFrame } = setUp();
    conversation.receive(envelope(1, delta("a"), { worker_id: WorkerId.parse("other") }));
    nextFrame();
    expect(conversation.blocks.value).toEqual([]);
    expect(conversation.cursor.value).toBe("bo_0");
    expect(conversation.counters.value.foreign).toBe(1);
  });

  test("a malformed event is counted and the position moves past it", () => {
    const { conversation } = setUp();
    conversation.receive(envelope(1, { event: "text_delta", data: { text: 3 } }));
    expect(conversation.cursor.value).toBe("bo_1");
    expect(conversation.counters.value.malformed).toBe(1);
  });

  test("an unknown event stays visible", () => {
    const { conversation, nextFrame } = setUp();
    conversation.receive(envelope(1, { event: "hologram", data: { depth: 3 } }));
    nextFrame();
    expect(conversation.entries.value).toMatchObject([{ kind: "extension", payload: { event: "hologram" } }]);
  });

  test("a snapshot replaces what is shown, and events after it count again", () => {
    const { conversation, nextFrame } = setUp();
    conversation.receive(envelope(1, delta("old")));
    nextFrame();
    conversation.dropCursor();
    expect(conversation.cursor.value).toBeUndefined();
    conversation.receive(
      envelope(9, { event: "snapshot", data: snapshotOf([entry("new")]) }, { event_id: "snapshot:9" }),
    );
    conversation.receive(envelope(1, delta("again")));
    nextFrame();
    expect(conversation.entries.value).toEqual([entry("new")]);
    expect(conversation.blocks.value).toMatchObject([{ text: "again" }]);
    expect(conversation.counters.value).toMatchObject({ snapshots: 1, duplicates: 0 });
  });

  test("an older page is put before the first entry", async () => {
    const asked: number[] = [];
    const { conversation } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: (before) => {
        asked.push(before);
        return Promise.resolve(page(1, [entry("1"), entry("2")]));
      },
    });
    expect(conversation.older.value).toEqual({ kind: "more" });
    await conversation.loadOlder();
    expect(asked).toEqual([3]);
    expect(conversation.entries.value).toEqual([entry("1"), entry("2"), entry("3")]);
    expect(conversation.entriesStart.value).toBe(1);
    expect(conversation.older.value).toEqual({ kind: "more" });
  });

  test("whoever asks for an older page that is on its way waits for it too", async () => {
    const answer = Promise.withResolvers<ApiResult<WorkerEntries>>();
    const asked: number[] = [];
    const { conversation } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: (before) => {
        asked.push(before);
        return answer.promise;
      },
    });
    void conversation.loadOlder();
    const seen = conversation.loadOlder().then(() => conversation.entriesStart.value);
    answer.resolve(page(2, [entry("2")]));
    expect(await seen).toBe(2);
    expect(asked).toEqual([3]);
    void conversation.loadOlder();
    expect(asked).toEqual([3, 2]);
  });

  test("nothing older is offered once the oldest kept entry is shown", async () => {
    const { conversation } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: () => Promise.resolve(page(1, [entry("1"), entry("2")], 1)),
    });
    await conversation.loadOlder();
    expect(conversation.older.value).toEqual({ kind: "none" });
  });

  test("nothing older is offered once the conversation has begun anew", () => {
    const { conversation, nextFrame } = setUp({ snapshot: snapshotOf([entry("3")], 3) });
    const history = [{ kind: "message", role: "user", content: [{ kind: "text", text: "summary" }] }];
    const segment = { kind: "segment_start", ts: 1, session_id: "s", system_prompt: null, config: {}, history };
    conversation.receive(envelope(1, { event: "segment_rotated", data: { entry: segment } }));
    nextFrame();
    expect(conversation.entriesStart.value).toBe(0);
    expect(conversation.older.value).toEqual({ kind: "none" });
  });

  test("a failed page can be asked for again", async () => {
    const { conversation } = setUp({ snapshot: snapshotOf([entry("3")], 3) });
    await conversation.loadOlder();
    expect(conversation.older.value).toEqual({ kind: "failed" });
    expect(conversation.entries.value).toEqual([entry("3")]);
  });

  test("a page that does not end where the first entry stands has failed, and is not asked for on and on", async () => {
    const { conversation } = setUp({
      snapshot: snapshotOf([entry("9")], 9),
      loadEntries: () => Promise.resolve(page(1, [entry("1"), entry("2")])),
    });
    await conversation.loadOlder();
    expect(conversation.entries.value).toEqual([entry("9")]);
    expect(conversation.older.value).toEqual({ kind: "failed" });
  });

  test("older pages survive a snapshot that goes on where they end", async () => {
    const { conversation, nextFrame } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: () => Promise.resolve(page(1, [entry("1"), entry("2")])),
    });
    await conversation.loadOlder();
    conversation.receive(envelope(9, { event: "snapshot", data: snapshotOf([entry("3"), entry("4")], 3) }));
    nextFrame();
    expect(conversation.entries.value).toEqual(["1", "2", "3", "4"].map(entry));
    expect(conversation.entriesStart.value).toBe(1);
  });

  test("older pages do not survive a snapshot that shows more or less than they do", async () => {
    const { conversation, nextFrame } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: () => Promise.resolve(page(1, [entry("1"), entry("2")])),
    });
    await conversation.loadOlder();
    const hidden = { ...snapshotOf([entry("3"), entry("4")], 3), inner_work_hidden: true };
    conversation.receive(envelope(9, { event: "snapshot", data: hidden }));
    nextFrame();
    expect(conversation.entries.value).toEqual(["3", "4"].map(entry));
    expect(conversation.older.value).toEqual({ kind: "more" });
  });

  test("older pages of another history do not survive a snapshot", async () => {
    const { conversation, nextFrame } = setUp({
      snapshot: snapshotOf([entry("3")], 3),
      loadEntries: () => Promise.resolve(page(1, [entry("1"), entry("2")])),
    });
    await conversation.loadOlder();
    conversation.receive(envelope(9, { event: "snapshot", data: snapshotOf([entry("other")], 3) }));
    nextFrame();
    expect(conversation.entries.value).toEqual([entry("other")]);
    expect(conversation.entriesStart.value).toBe(3);
  });

  test("a delta wakes nobody who shows entries", () => {
    const { conversation, nextFrame } = setUp({ snapshot: snapshotOf([entry("hi")]) });
    let woken = -1;
    effect(() => {
      void conversation.entries.value;
      void conversation.entriesStart.value;
      woken += 1;
    });
    conversation.receive(envelope(1, delta("a")));
    nextFrame();
    expect(woken).toBe(0);
    conversation.receive(envelope(2, { event: "text_done", data: { text: "a" } }));
    nextFrame();
    expect(woken).toBe(1);
  });

  test("says how the newest text has grown with a frame, and nothing where more has happened to it", () => {
    const { conversation, nextFrame } = setUp();
    conversation.receive(envelope(1, delta("a")));
    nextFrame();
    expect(conversation.growth.value).toBeUndefined();
    conversation.receive(envelope(2, delta("b")));
    conversation.receive(envelope(3, delta("c")));
    nextFrame();
    expect(conversation.growth.value).toEqual({ before: "a", by: "bc" });
    conversation.receive(envelope(4, delta("d")));
    conversation.receive(envelope(5, { event: "text_done", data: { text: "other" } }));
    nextFrame();
    expect(conversation.growth.value).toBeUndefined();
  });

  test("keeps a bounded number of entries, drops the oldest and offers them again", () => {
    const { conversation, nextFrame } = setUp({
      snapshot: snapshotOf(Array.from({ length: 20_000 }, () => entry("x"))),
    });
    const many = 20_600;
    for (let position = 20_001; position <= many; position += 1) {
      const message: Event = { event: "user_message", data: { segments: [{ kind: "text", content: `${position}` }] } };
      conversation.receive(envelope(position, message));
      if (position % 100 === 0) nextFrame();
    }
    expect(conversation.entries.value).toHaveLength(20_100);
    expect(conversation.entriesStart.value + conversation.entries.value.length).toBe(many);
    expect(conversation.entries.value.at(-1)).toMatchObject({ segments: [{ content: `${many}` }] });
    expect(conversation.older.value).toEqual({ kind: "more" });
  });

  test("asks for no older page once as much is kept as the page can hold", async () => {
    let asked = 0;
    const { conversation } = setUp({
      snapshot: snapshotOf(
        Array.from({ length: 19_600 }, () => entry("x")),
        50,
      ),
      loadEntries: () => {
        asked += 1;
        return Promise.resolve(page(0, []));
      },
    });
    await conversation.loadOlder();
    expect(asked).toBe(0);
    expect(conversation.older.value).toEqual({ kind: "full" });
  });
});
