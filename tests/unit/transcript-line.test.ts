/** What an entry adds to the bounded transcript, and what a model reads of it. */
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../protocol/entry.ts";
import { modelMessages, transcriptLine } from "../../runtime/transcript-line.ts";

const message = (role: string): LogEntry => ({
  kind: "assistant_item",
  ts: 5,
  item: { kind: "message", role, content: [{ kind: "text", text: "words" }] },
});

describe("transcriptLine() of a message", () => {
  test.each([
    ["user", "user"],
    ["assistant", "assistant"],
    ["system", "system"],
    ["tool", "system"],
  ])("of the role %s is a line of the role %s", (role, line) => {
    expect(transcriptLine(message(role))).toEqual({ role: line, content: "words", ts: 5 });
  });
});

test("modelMessages() leaves out what neither a person nor the Worker said", () => {
  expect(modelMessages([message("tool"), message("assistant")])).toEqual([{ role: "assistant", content: "words" }]);
});
