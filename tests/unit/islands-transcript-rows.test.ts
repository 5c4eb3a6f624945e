/** What rows are made of: tools by their names, and the message that a failed run can be asked again. */
import { describe, expect, test } from "vitest";
import { en } from "../../islands/messages-en.ts";
import { estimateHeight } from "../../islands/transcript/estimate-height.ts";
import { failedRequest } from "../../islands/transcript/failed-request.ts";
import { rowOfEntry } from "../../islands/transcript/row.ts";
import type { LogEntry } from "../../protocol/entry.ts";

const asked = (content: string): LogEntry => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content }] });
const failed: LogEntry = { kind: "run_errored", ts: 2, interrupted: true, message: "429" };
const ended: LogEntry = { kind: "run_completed", ts: 2, interrupted: false, result: "finished" };
const call: LogEntry = {
  kind: "assistant_item",
  ts: 1,
  item: { kind: "tool_call", call_id: "c", name: "read_file", arguments: '{"path":"/a"}' },
};
const result: LogEntry = {
  kind: "tool_result",
  ts: 1,
  item: { kind: "tool_result", call_id: "c", summary: "1 line", content: "x", is_error: false },
};

describe("rowOfEntry()", () => {
  test("shows a call's arguments readably, and as they came when they are no JSON", () => {
    expect(rowOfEntry([call], 0, en)).toMatchObject({ kind: "tool_call", input: '{\n  "path": "/a"\n}' });
    const broken: LogEntry = {
      kind: "assistant_item",
      ts: 1,
      item: { kind: "tool_call", call_id: "c", name: "n", arguments: '{"path' },
    };
    expect(rowOfEntry([broken], 0, en)).toMatchObject({ input: '{"path' });
  });

  test("a result names its tool where the call is at hand", () => {
    expect(rowOfEntry([call, result], 1, en)).toMatchObject({ kind: "tool_result", name: "read_file", output: "x" });
    expect(rowOfEntry([result], 0, en)).toMatchObject({ kind: "tool_result", name: undefined });
  });
});

describe("failedRequest()", () => {
  test("is the message that the newest run failed on", () => {
    expect(failedRequest([asked("one"), ended, asked("two"), failed], 3)).toBe("two");
  });

  test("is nothing once something else was said, or ended", () => {
    expect(failedRequest([asked("one"), failed, asked("two")], 1)).toBeUndefined();
    expect(failedRequest([asked("one"), failed, asked("two"), failed], 1)).toBeUndefined();
    expect(failedRequest([asked("one"), failed, ended], 1)).toBeUndefined();
  });

  test("is nothing where the message is not at hand", () => {
    expect(failedRequest([failed], 0)).toBeUndefined();
  });
});

test("estimateHeight() grows with the text and is zero for what has no row", () => {
  expect(estimateHeight([asked("a".repeat(8_000))])).toBeGreaterThan(10 * estimateHeight([asked("a")]));
  expect(estimateHeight([{ kind: "turn_end", ts: 1, turn_count: 1 }])).toBe(0);
});
