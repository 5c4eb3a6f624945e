/** Every kind of frame, cut at every byte. */
import { expect, test } from "vitest";
import { cutEverywhere } from "./cuts.ts";
import { Stage } from "./stage.ts";
import { cutUpstream } from "./upstream-cuts.ts";

const DEADLINE_MS = 5 * 60_000;

/** What a viewer's link carries that goes on from a position: every kind of event that a Worker of ours publishes. */
const RESUMED = [
  "error",
  "handshake",
  "heartbeat",
  "invoke_start",
  "llm_call_end",
  "llm_call_start",
  "llm_retry",
  "run_end",
  "status",
  "text_delta",
  "text_done",
  "thinking_delta",
  "thinking_done",
  "thinking_start",
  "turn_end",
  "turn_start",
  "usage",
  "user_message",
];

test(
  "A link that is cut at any byte of any kind of frame goes on with nothing lost and nothing doubled",
  async () => {
    await using stage = await Stage.raise();
    const results = await cutEverywhere(stage);
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
    expect(results.map(({ way, cuts }) => [way, [...cuts.keys()].toSorted()])).toEqual([
      ["from a position", RESUMED],
      ["from a position that nobody knows", ["close", "diagnostic", "handshake"]],
      ["anew", ["handshake", "heartbeat", "snapshot"]],
    ]);
    // Shorter than that no frame is.
    for (const { cuts } of results) for (const [name, count] of cuts) expect(count, name).toBeGreaterThan(10);
  },
  DEADLINE_MS,
);

test(
  "An observation of a Runtime that is cut at any byte of any kind of frame goes on exactly behind what came whole",
  async () => {
    await using stage = await Stage.raise();
    const { cuts, findings } = await cutUpstream(stage);
    expect(findings).toEqual([]);
    const published = RESUMED.filter((name) => name !== "handshake" && name !== "heartbeat");
    expect([...cuts.keys()].filter((name) => name !== "heartbeat").toSorted()).toEqual(published);
    for (const [name, count] of cuts) expect(count, name).toBeGreaterThan(10);
  },
  DEADLINE_MS,
);
