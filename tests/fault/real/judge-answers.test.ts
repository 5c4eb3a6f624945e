/** The judge of answers finds what is wrong with them. */
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../../protocol/entry.ts";
import { emptyTranscript } from "../../../protocol/transcript.ts";
import type { History, ViewerRecord } from "../checker.ts";
import { judgeAnswers } from "./judge-answers.ts";
import { askFor, piecesOf } from "./provider.ts";

const ask = { id: "m1", pieces: 3, paceMs: 0, thoughts: 0, refusals: 0 };
const user: LogEntry = { kind: "user_input", ts: 1, segments: [{ kind: "text", content: askFor(ask) }] };
const answer = (text: string): LogEntry => ({
  kind: "assistant_item",
  ts: 2,
  item: { kind: "message", role: "assistant", content: [{ kind: "text", text }] },
});
const finished: LogEntry = { kind: "run_completed", ts: 3, interrupted: false, result: "finished" };
const interrupted = (ts: number): LogEntry => ({ ...finished, ts, interrupted: true, cause: "interrupted" });
const whole = piecesOf(ask).join("");

function found(
  entries: readonly LogEntry[],
  records: readonly ViewerRecord[] = [],
  recoveredTs: readonly number[] = [],
) {
  const truth = { ...emptyTranscript(), entries };
  const viewer = { name: "v", records, transcript: truth, link: "live", counters: {}, mayFallBehind: false };
  const history: History = { log: null, truth, sends: [], viewers: [viewer], mayCompact: true, counters: {} };
  return judgeAnswers(history, { asks: [ask], recoveredTs: [...recoveredTs] }).map(({ rule }) => rule);
}

describe("judgeAnswers()", () => {
  test("finds nothing wrong with an answer as it was given", () => {
    expect(found([user, answer(whole), finished])).toEqual([]);
  });

  test("finds a message that is not there", () => {
    expect(found([])).toEqual(["lost"]);
  });

  test("finds a finished answer that is not whole", () => {
    expect(found([user, answer("m1.0 m1.1"), finished])).toEqual(["lost"]);
  });

  test("finds a piece that is there twice, and one that is missing in between", () => {
    expect(found([user, answer("m1.0 m1.0 m1.1"), finished])).toEqual(["altered"]);
    expect(found([user, answer("m1.0 m1.2"), finished])).toEqual(["altered"]);
  });

  test("finds a piece that a viewer has seen and that was not kept", () => {
    const seen: ViewerRecord = { kind: "frame", text: '{"event":"text_delta","data":{"text":" m1.1"}}' };
    expect(found([user, answer("m1.0"), interrupted(5)], [seen], [4])).toEqual(["lost"]);
    expect(found([user, answer("m1.0 m1.1"), interrupted(5)], [seen], [4])).toEqual([]);
  });

  test("finds an interrupted run that was ended later than two seconds after the restart, or without one", () => {
    expect(found([user, interrupted(2_100)], [], [100])).toEqual([]);
    expect(found([user, interrupted(2_101)], [], [100])).toEqual(["open_run"]);
    expect(found([user, interrupted(5)])).toEqual(["open_run"]);
  });
});
