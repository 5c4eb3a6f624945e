/** The judge finds each thing that can be wrong, and nothing where nothing is. */
import { describe, expect, test } from "vitest";
import type { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { emptyTranscript, snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";
import { judge, type History, type LoggedEvent, type Rule, type ViewerHistory, type ViewerRecord } from "./checker.ts";

const TS = 1_782_700_000_000;

const said: readonly Event[] = [
  { event: "user_message", data: { segments: [{ kind: "text", content: "hello" }], submission_id: "s-1" } },
  { event: "text_delta", data: { text: "a" } },
  { event: "text_delta", data: { text: "b" } },
  { event: "text_done", data: { text: "ab" } },
  { event: "run_end", data: { result: "finished" } },
];

const cursorOf = (position: number, epoch = "3f9a01c2") => `wo_${epoch}${position.toString(16).padStart(8, "0")}`;
const asSeen = (position: number, epoch?: string) => `bo_seal.${cursorOf(position, epoch)}`;

const log: readonly LoggedEvent[] = said.map((event, index) => ({
  cursor: cursorOf(index + 1),
  ts: TS + index,
  payload: JSON.stringify(event),
  isLost: false,
}));

const stateAt = (position: number): Transcript =>
  said.slice(0, position).reduce((state, event, index) => fold(state, event, TS + index), emptyTranscript());

// --- what a viewer may have been through -------------------------------------------------------------------------------

const envelope = (cursor: string, ts: number, payload: unknown) => ({
  kind: "frame" as const,
  text: JSON.stringify({
    kind: "event",
    envelope: { cursor, event_id: cursor, runtime_id: "runtime", worker_id: "companion", ts, payload },
  }),
});

const event = (position: number) => envelope(asSeen(position), TS + position - 1, said[position - 1]);
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
const snapshot = (position: number, state = stateAt(position)) => envelope(asSeen(position), TS, snapshotEvent(state));
const heartbeat = (position: number): ViewerRecord => ({
  kind: "frame",
  text: JSON.stringify({ kind: "heartbeat", ts: TS, interval_ms: 1_000, cursor: asSeen(position) }),
});
const behind = (position: number, count: number): ViewerRecord => ({
  kind: "frame",
  text: JSON.stringify({ kind: "heartbeat", ts: TS, interval_ms: 1_000, cursor: asSeen(position), behind: count }),
});
const refusal = (problem: string): ViewerRecord => ({
  kind: "frame",
  text: JSON.stringify({ kind: "diagnostic", diagnostic: { code: "backend.x", message: "…", problem } }),
});
const opened = (position: number | null, isRetained: boolean | null = position !== null): ViewerRecord => ({
  kind: "opened",
  cursor: position === null ? null : asSeen(position),
  isRetained,
});
const fault: ViewerRecord = { kind: "fault", what: "cut" };
const unretained: ViewerRecord = { kind: "unretained" };

const viewer = (records: readonly ViewerRecord[], changes: Partial<ViewerHistory> = {}): ViewerHistory => ({
  name: "viewer",
  records,
  transcript: stateAt(5),
  link: "live",
  counters: {},
  mayFallBehind: false,
  ...changes,
});

const SOUND = [snapshot(0), opened(0), ...events(1, 5), heartbeat(5)];

const history = (changes: Partial<History> = {}): History => ({
  log,
  truth: stateAt(5),
  sends: [{ submissionId: "s-1", text: "hello", answers: [{ kind: "acknowledged", sequence: 1, eventId: 1 }] }],
  viewers: [viewer(SOUND)],
  mayCompact: false,
  counters: {},
  ...changes,
});

const rulesOf = (records: readonly ViewerRecord[], changes: Partial<History> = {}): readonly Rule[] =>
  judge(history({ viewers: [viewer(records)], ...changes })).map(({ rule }) => rule);

describe("judge() finds nothing wrong", () => {
  test.each<[string, readonly ViewerRecord[], Partial<History>?]>([
    ["with a stream that is whole", SOUND],
    ["with one that goes on after a cut", [snapshot(0), opened(0), ...events(1, 2), fault, opened(2), ...events(3, 5)]],
    [
      "with a snapshot for a position that is not kept",
      [snapshot(0), opened(0), event(1), fault, opened(1, false), refusal("cursor_expired"), opened(null), snapshot(5)],
    ],
    ["with a snapshot after the servers lost their place", [snapshot(0), opened(0), event(1), unretained, snapshot(5)]],
    [
      "with pieces left out that the whole repeats",
      [snapshot(0), opened(0), ...events(1, 2), ...events(4, 5)],
      { mayCompact: true },
    ],
    [
      "with pieces left out after as long as they are kept",
      [snapshot(0), opened(0), ...events(1, 2), { ...event(4), ts: TS + 3 + 10 }, event(5)],
      { mayCompact: true, piecesKeptMs: 10 },
    ],
    ["without a log", SOUND, { log: null }],
    [
      "with one that is told how much it has missed",
      [snapshot(0), opened(0), behind(0, 3), ...events(1, 5), heartbeat(5)],
    ],
  ])("%s", (_name, records, changes) => {
    expect(judge(history({ viewers: [viewer(records)], ...changes }))).toEqual([]);
  });

  test("where a lost event was seen, and a snapshot brought the viewer back", () => {
    const lost = { cursor: cursorOf(6), ts: TS + 5, payload: '{"event":"compact_start"}', isLost: true, lostAfter: 6 };
    const seen = envelope(asSeen(6), lost.ts, { event: "compact_start" });
    const records = [
      ...SOUND.slice(0, -1),
      seen,
      fault,
      opened(6, false),
      refusal("cursor_unknown"),
      opened(null),
      snapshot(5),
    ];
    expect(judge(history({ log: [...log, lost], viewers: [viewer(records)] }))).toEqual([]);
  });
});

describe("judge() finds", () => {
  test.each<[Rule, string, readonly ViewerRecord[]]>([
    ["doubled", "an event that came twice", [snapshot(0), opened(0), ...events(1, 2), ...events(2, 5)]],
    ["gap", "an event that did not come", [snapshot(0), opened(0), ...events(1, 2), ...events(4, 5)]],
    [
      "altered",
      "an event that is another one",
      [snapshot(0), opened(0), envelope(asSeen(1), TS, said[4]), ...events(2, 5)],
    ],
    ["altered", "an event of no log", [snapshot(0), opened(0), ...events(1, 5), envelope(asSeen(9), TS, said[1])]],
    ["bad_frame", "a frame that can't be read", [...SOUND, { kind: "frame", text: "{" }]],
    ["bad_frame", "an event that can't be read", [...SOUND, envelope(asSeen(5), TS, { event: "text_delta" })]],
    ["gap", "a heartbeat that names what did not come", [...SOUND, heartbeat(4)]],
    ["miscounted", "a count of more than came", [snapshot(0), opened(0), behind(0, 6), ...events(1, 5), heartbeat(5)]],
    ["gap", "a count from elsewhere", [snapshot(0), opened(0), behind(1, 3), ...events(1, 5)]],
    ["wrong_snapshot", "a snapshot of another state", [snapshot(2, stateAt(3)), opened(2), ...events(3, 5)]],
    ["needless_snapshot", "a snapshot where the position is kept", [snapshot(0), opened(0), event(1), snapshot(5)]],
    [
      "needless_snapshot",
      "a page that asks for one",
      [snapshot(0), opened(0), event(1), fault, opened(null), snapshot(5)],
    ],
    [
      "needless_refusal",
      "a cursor refused that is kept",
      [...SOUND, fault, opened(5), refusal("cursor_expired"), opened(null), snapshot(5)],
    ],
    ["needless_refusal", "a refusal for no reason", [...SOUND, refusal("shutting_down")]],
    ["needless_reconnect", "a link made anew for no reason", [...SOUND, opened(5)]],
    [
      "gap",
      "a page that goes on from elsewhere",
      [snapshot(0), opened(0), ...events(1, 3), fault, opened(1), ...events(2, 5)],
    ],
  ])("%s: %s", (rule, _name, records) => {
    expect(new Set(rulesOf(records))).toEqual(new Set([rule]));
  });

  test("gap: a piece that was let go of before its time", () => {
    const records = [snapshot(0), opened(0), ...events(1, 2), { ...event(4), ts: TS + 3 + 9 }, event(5)];
    expect(rulesOf(records, { mayCompact: true, piecesKeptMs: 10 })).toEqual(["gap"]);
  });

  test("reordered: events that changed places", () => {
    const records = [snapshot(0), opened(0), event(1), event(3), event(2), event(4), event(5)];
    expect(rulesOf(records)).toContain("reordered");
    expect(rulesOf(records, { log: null })).toContain("reordered");
  });

  test("lost: a viewer that shows less than there is", () => {
    const findings = judge(history({ viewers: [viewer(SOUND, { transcript: stateAt(4) })] }));
    expect(findings.map(({ rule }) => rule)).toEqual(["lost"]);
  });

  test("restless: a viewer whose link is not up", () => {
    expect(judge(history({ viewers: [viewer(SOUND, { link: "reconnecting" })] })).map(({ rule }) => rule)).toEqual([
      "restless",
    ]);
  });

  test("counter: anything that was counted, of a viewer or of the servers", () => {
    const counted = history({
      viewers: [viewer(SOUND, { counters: { gaps: 1, duplicates: 0 } })],
      counters: { badFrames: 2 },
    });
    expect(judge(counted).map(({ rule, who, detail }) => `${rule} ${who} ${detail}`)).toEqual([
      "counter servers badFrames is 2",
      "counter viewer gaps is 1",
    ]);
  });

  test("acknowledged: a message that is not there, or whose acknowledgements differ", () => {
    const answer = (eventId: number) => ({ kind: "acknowledged", sequence: 1, eventId }) as const;
    const absent = [{ submissionId: "s-2", text: "hi", answers: [answer(1)] }];
    const twice = [{ submissionId: "s-1", text: "hello", answers: [answer(1), answer(2)] }];
    expect(judge(history({ sends: absent })).map(({ rule }) => rule)).toEqual(["acknowledged"]);
    expect(judge(history({ sends: twice })).map(({ rule }) => rule)).toEqual(["acknowledged"]);
  });

  test("doubled: a message that is there twice, under one id or under two", () => {
    const again = (submission_id: string) => {
      const more: Event = {
        event: "user_message",
        data: { segments: [{ kind: "text", content: "hello" }], submission_id },
      };
      const end: Event = { event: "run_end", data: { result: "finished" } };
      const truth = [more, end].reduce((state, one) => fold(state, one, TS), stateAt(5));
      return judge(history({ truth, viewers: [], hasUniqueTexts: true })).map(({ rule }) => rule);
    };
    expect(again("s-1")).toEqual(["doubled", "doubled"]);
    expect(again("s-9")).toEqual(["doubled"]);
  });

  test.each([
    ["a piece is missing", [0, 1, 3, 4]],
    ["a piece is there twice", [0, 1, 1, 2, 3, 4]],
    ["a piece comes after the whole", [0, 1, 3, 2, 4]],
    ["a piece comes last, and the whole never", [0, 1, 2, 4]],
  ])("hole: an answer of which %s", (_how, places) => {
    const holed = places.flatMap((place) => log[place] ?? []);
    const findings = judge(history({ log: holed, viewers: [] }));
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["hole"]));
  });

  test("open_run: a run that has no end", () => {
    expect(judge(history({ truth: stateAt(4), viewers: [] })).map(({ rule }) => rule)).toEqual([
      "open_run",
      "open_run",
    ]);
  });
});

describe("judge() holds a viewer to what it may see", () => {
  const spoken: readonly Event[] = [
    { event: "user_message", data: { segments: [{ kind: "text", content: "hello" }], submission_id: "s-1" } },
    { event: "thinking_delta", data: { text: "SECRET" } },
    { event: "thinking_done", data: { text: "SECRET" } },
    { event: "run_end", data: { result: "finished" } },
  ];
  const logOf = spoken.map((one, index) => ({
    cursor: cursorOf(index + 1),
    ts: TS + index,
    payload: JSON.stringify(one),
    isLost: false,
  }));
  const whole = (count: number) =>
    spoken.slice(0, count).reduce((state, one, index) => fold(state, one, TS + index), emptyTranscript());
  const asShown = (position: number, policy: ObservationPolicy) => `bo_${policy.name}.${cursorOf(position)}`;
  const step = (position: number, policy: ObservationPolicy, shownBy = policy): ViewerRecord =>
    envelope(asShown(position, policy), TS + position - 1, shownBy.showEvent(spoken[position - 1]!));
  const picture = (position: number, policy: ObservationPolicy, shownBy = policy): ViewerRecord =>
    envelope(asShown(position, policy), TS, snapshotEvent(shownBy.showTranscript(whole(position))));
  const rules = (policy: ObservationPolicy): ViewerRecord => ({ kind: "rules", policy });
  const start: ViewerRecord = { kind: "opened", cursor: asShown(0, passThrough), isRetained: true };
  const before = [picture(0, passThrough), start, step(1, passThrough), step(2, passThrough)];
  const found = (records: readonly ViewerRecord[], firstPolicy = passThrough) => {
    const transcript = hideInnerWork.showTranscript(whole(4));
    const one = viewer(records, { firstPolicy, policy: hideInnerWork, transcript });
    const policyOf = (cursor: string) => (cursor.startsWith(`bo_${hideInnerWork.name}`) ? hideInnerWork : passThrough);
    return judge(history({ log: logOf, truth: whole(4), viewers: [one], policyOf })).map(({ rule }) => rule);
  };

  test.each<[string, readonly ViewerRecord[], readonly Rule[]]>([
    [
      "a change that a snapshot follows",
      [...before, rules(hideInnerWork), step(3, passThrough), picture(3, hideInnerWork), step(4, hideInnerWork)],
      [],
    ],
    ["a change without a snapshot", [...before, rules(hideInnerWork), step(3, hideInnerWork)], ["altered"]],
    [
      "a snapshot of the other stream for no reason",
      [...before, picture(2, hideInnerWork)],
      ["altered", "needless_snapshot"],
    ],
    [
      "a snapshot that shows what is hidden",
      [...before, rules(hideInnerWork), picture(3, hideInnerWork, passThrough), step(4, hideInnerWork)],
      ["wrong_snapshot"],
    ],
    [
      "an event that shows what is hidden",
      [...before, rules(hideInnerWork), picture(2, hideInnerWork), step(3, hideInnerWork, passThrough)],
      ["altered"],
    ],
    [
      "a way back to the former stream",
      [...before, rules(hideInnerWork), picture(2, hideInnerWork), step(3, passThrough)],
      ["altered"],
    ],
  ])("%s", (_name, records, expected) => {
    expect(found(records)).toEqual(expected);
  });
});
