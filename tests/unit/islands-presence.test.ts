/** What is told to somebody who looks elsewhere: the tab, the marks at Workers; and how full the model's context is. */
import { describe, expect, test } from "vitest";
import { faviconOf } from "../../islands/favicon.ts";
import { NO_MEMORY, stepTab, titleOf } from "../../islands/presence/tab-state.ts";
import { Unread } from "../../islands/presence/unread.ts";
import { contextUsageOf } from "../../islands/status/context-usage.ts";
import type { RunView } from "../../protocol/run-view.ts";

const active: RunView = { state: "active", started_ts: 1 };
const ended = (change: object = {}): RunView => ({
  state: "ended",
  started_ts: 1,
  ended_ts: 2,
  result: "finished",
  ...change,
});

describe("the tab", () => {
  test("shows an answer that is written, and one that ended unseen until somebody looks", () => {
    const writing = stepTab(NO_MEMORY, active, true, false);
    expect(writing).toMatchObject({ state: "generating", news: undefined });
    const unseen = stepTab(writing.memory, ended(), false, false);
    expect(unseen).toMatchObject({ state: "finished", news: "finished" });
    const still = stepTab(unseen.memory, ended(), false, false);
    expect(still).toMatchObject({ state: "finished", news: undefined });
    expect(stepTab(still.memory, ended(), false, true)).toMatchObject({ state: "idle", news: undefined });
  });

  test("has no news of what was seen, nor of what ended before it was opened", () => {
    const writing = stepTab(NO_MEMORY, active, true, true);
    expect(stepTab(writing.memory, ended(), false, true)).toMatchObject({ state: "idle", news: undefined });
    expect(stepTab(NO_MEMORY, ended(), false, false)).toMatchObject({ state: "idle", news: undefined });
  });

  test("tells a failure and a stop from an answer", () => {
    const writing = stepTab(NO_MEMORY, active, true, false).memory;
    expect(stepTab(writing, ended({ result: "errored" }), false, false).news).toBe("failed");
    expect(stepTab(writing, ended({ cause: "cancelled" }), false, false).news).toBe("stopped");
  });

  test("says it in its title and by an icon of another shape", () => {
    expect(titleOf("idle", "Companion", "Yoi")).toBe("Companion · Yoi");
    expect(titleOf("generating", "Companion", "Yoi")).toBe("● Companion · Yoi");
    expect(titleOf("finished", "Companion", "Yoi")).toBe("✓ Companion · Yoi");
    expect(new Set([faviconOf("idle"), faviconOf("generating"), faviconOf("finished")]).size).toBe(3);
  });
});

describe("Unread", () => {
  function browser() {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: kept.set.bind(kept) };
    return { kept, open: () => new Unread(() => storage) };
  }

  test("marks a Worker that was seen at work and is not any more, until somebody looks", () => {
    const marks = browser().open();
    marks.note("r/w", true, false);
    expect([...marks.keys.value]).toEqual([]);
    marks.note("r/w", false, false);
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.note("r/w", false, false);
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.note("r/w", false, true);
    expect([...marks.keys.value]).toEqual([]);
  });

  test("marks none that was idle all along, nor one that ended before somebody's eyes", () => {
    const marks = browser().open();
    marks.note("r/a", false, false);
    marks.note("r/b", true, true);
    marks.note("r/b", false, true);
    expect([...marks.keys.value]).toEqual([]);
  });

  test("is remembered by the browser: one page sees the beginning, a later one the end", () => {
    const window = browser();
    window.open().note("r/w", true, true);
    const later = window.open();
    later.note("r/w", false, false);
    expect([...window.open().keys.value]).toEqual(["r/w"]);
  });

  test("takes over what another tab has seen, and nothing that is no mark", () => {
    const marks = browser().open();
    marks.adopt({ key: "yoi.unread", newValue: '{"r/w":"ended"}' });
    marks.adopt({ key: "something.else", newValue: '{"r/x":"ended"}' });
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.adopt({ key: "yoi.unread", newValue: '{"r/w":"a hologram"}' });
    expect([...marks.keys.value]).toEqual([]);
  });

  test("works for as long as the page where storage is forbidden, and is bounded where it is not", () => {
    const forbidden = new Unread(() => {
      throw new DOMException("denied", "SecurityError");
    });
    forbidden.note("r/w", true, false);
    expect([...forbidden.keys.value]).toEqual([]);
    const { kept, open } = browser();
    const marks = open();
    for (let number = 0; number < 600; number += 1) marks.note(`r/w${number}`, true, false);
    expect(Object.keys(JSON.parse(kept.get("yoi.unread") ?? "{}") as object)).toHaveLength(500);
  });
});

describe("contextUsageOf()", () => {
  const greeting = { context_window: 1_000, context_tokens: 50 };
  const usage = (input: number, output: number) => ({
    kind: "llm_usage" as const,
    ts: 1,
    history_len: 1,
    input_total_tokens: input,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: output,
  });

  test("is what the newest call took in and gave out", () => {
    const entries = [usage(100, 10), usage(200, 20), { kind: "turn_end" as const, ts: 2, turn_count: 1 }];
    expect(contextUsageOf(greeting, ended(), entries)).toEqual({ usedTokens: 220, limitTokens: 1_000, share: 0.22 });
  });

  test("is the present call's as soon as it is told", () => {
    const call_usage = { input_tokens: 300, output_tokens: 5, cache_read_input_tokens: 0 };
    const run: RunView = { state: "active", started_ts: 1, call_usage };
    expect(contextUsageOf(greeting, run, [usage(200, 20)]).usedTokens).toBe(305);
  });

  test("is the greeting's before any call, never more than all, and without a limit no share", () => {
    expect(contextUsageOf(greeting, { state: "none" }, []).usedTokens).toBe(50);
    expect(contextUsageOf(greeting, ended(), [usage(5_000, 0)]).share).toBe(1);
    const unknown = { ...greeting, context_window: 0 };
    expect(contextUsageOf(unknown, ended(), [usage(5, 0)])).toEqual({ usedTokens: 5, limitTokens: 0, share: 0 });
  });
});
