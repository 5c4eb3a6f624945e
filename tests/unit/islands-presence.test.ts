/** What is told to somebody who looks elsewhere: the tab, the marks at Workers; and how full the model's context is. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { renderEnvironment } from "../../islands/environment.ts";
import { faviconOf } from "../../islands/favicon.ts";
import { createFrame } from "../../islands/frame.ts";
import { en } from "../../islands/messages-en.ts";
import { followWorkers } from "../../islands/presence/presence.tsx";
import { NO_MEMORY, stepTab, titleOf } from "../../islands/presence/tab-state.ts";
import { Unread, type Sight } from "../../islands/presence/unread.ts";
import { contextUsageOf } from "../../islands/status/context-usage.ts";
import type { RunView } from "../../protocol/run-view.ts";
import { consoleData } from "../support/console-data.ts";

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

  test("has news of a run that came and went between two looks, once", () => {
    const first = stepTab(NO_MEMORY, { state: "none" }, false, false);
    const unseen = stepTab(first.memory, ended(), false, false);
    expect(unseen).toMatchObject({ state: "finished", news: "finished" });
    const next = stepTab(unseen.memory, ended({ started_ts: 3, ended_ts: 4, cause: "cancelled" }), false, false);
    expect(next).toMatchObject({ state: "finished", news: "stopped" });
    expect(stepTab(next.memory, ended({ started_ts: 3, ended_ts: 4 }), false, false).news).toBe(undefined);
    expect(stepTab(first.memory, ended(), false, true)).toMatchObject({ state: "idle", news: undefined });
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
  const sight = (change: Partial<Sight>): Sight => ({
    key: "r/w",
    isAtWork: false,
    lines: undefined,
    isLookedAt: false,
    ...change,
  });
  const atWork = sight({ isAtWork: true });
  const idleWith = (lines: number) => sight({ lines });
  const lookedAtWith = (lines: number | undefined) => sight({ lines, isLookedAt: true });

  test("marks a Worker that was seen at work and is not any more, until somebody looks", () => {
    const marks = browser().open();
    marks.note([atWork]);
    expect([...marks.keys.value]).toEqual([]);
    marks.note([idleWith(2)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.note([idleWith(2)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.note([lookedAtWith(2)]);
    expect([...marks.keys.value]).toEqual([]);
  });

  test("marks none that was idle all along, nor one that ended before somebody's eyes", () => {
    const marks = browser().open();
    marks.note([sight({ key: "r/a", lines: 4 }), sight({ key: "r/b", isAtWork: true, isLookedAt: true })]);
    marks.note([sight({ key: "r/a", lines: 4 }), sight({ key: "r/b", isLookedAt: true })]);
    expect([...marks.keys.value]).toEqual([]);
  });

  test("marks one whose run nobody saw: its conversation has grown since it was seen last", () => {
    const window = browser();
    window.open().note([lookedAtWith(2)]);
    const marks = window.open();
    marks.note([idleWith(2)]);
    expect([...marks.keys.value]).toEqual([]);
    marks.note([idleWith(4)]);
    marks.note([idleWith(4)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.note([lookedAtWith(4)]);
    marks.note([idleWith(4)]);
    expect([...marks.keys.value]).toEqual([]);
  });

  test("has nothing new of a Worker that it meets for the first time, nor of a conversation that began anew", () => {
    const marks = browser().open();
    marks.note([idleWith(40)]);
    expect([...marks.keys.value]).toEqual([]);
    marks.note([idleWith(0)]);
    expect([...marks.keys.value]).toEqual([]);
    marks.note([idleWith(2)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
  });

  test("does not take for new what was read before the list could count it", () => {
    const marks = browser().open();
    marks.note([lookedAtWith(2)]);
    marks.note([sight({ isAtWork: true, isLookedAt: true })]);
    marks.note([lookedAtWith(undefined)]);
    marks.note([idleWith(4)]);
    expect([...marks.keys.value]).toEqual([]);
    marks.note([idleWith(6)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
  });

  test("keeps what it knows of a Worker whose lines a Backend does not count", () => {
    const marks = browser().open();
    marks.note([lookedAtWith(2)]);
    marks.note([sight({})]);
    marks.note([idleWith(4)]);
    expect([...marks.keys.value]).toEqual(["r/w"]);
  });

  test("is remembered by the browser: one page sees the beginning, a later one the end", () => {
    const window = browser();
    window.open().note([sight({ isAtWork: true, isLookedAt: true })]);
    const later = window.open();
    later.note([idleWith(2)]);
    expect([...window.open().keys.value]).toEqual(["r/w"]);
  });

  test("takes over what another tab has seen, and nothing that is no mark", () => {
    const marks = browser().open();
    marks.adopt({ key: "yoi.unread", newValue: '{"r/w":{"state":"ended"}}' });
    marks.adopt({ key: "something.else", newValue: '{"r/x":{"state":"ended"}}' });
    expect([...marks.keys.value]).toEqual(["r/w"]);
    marks.adopt({ key: "yoi.unread", newValue: '{"r/w":"a hologram"}' });
    expect([...marks.keys.value]).toEqual([]);
  });

  test("writes once for all that has changed, and not at all where nothing has", () => {
    const written: string[] = [];
    const marks = new Unread(() => ({
      getItem: () => written.at(-1) ?? null,
      setItem: (_, value) => void written.push(value),
    }));
    const sights = [sight({ key: "r/a", lines: 2 }), sight({ key: "r/b", lines: 3 })];
    marks.note(sights);
    marks.note(sights);
    expect(written.map((text) => JSON.parse(text) as unknown)).toEqual([
      { "r/a": { state: "seen", lines: 2 }, "r/b": { state: "seen", lines: 3 } },
    ]);
  });

  test("works for as long as the page where storage is forbidden, and is bounded where it is not", () => {
    const forbidden = new Unread(() => {
      throw new DOMException("denied", "SecurityError");
    });
    forbidden.note([atWork]);
    expect([...forbidden.keys.value]).toEqual([]);
    forbidden.note([idleWith(2)]);
    expect([...forbidden.keys.value]).toEqual(["r/w"]);
    const { kept, open } = browser();
    open().note(Array.from({ length: 600 }, (_, number) => sight({ key: `r/w${number}`, isAtWork: true })));
    expect(Object.keys(JSON.parse(kept.get("yoi.unread") ?? "{}") as object)).toHaveLength(500);
  });
});

describe("followWorkers()", () => {
  afterEach(() => void vi.unstubAllGlobals());

  test("leaves the mark at a Worker that the page can't show", () => {
    const marks = JSON.stringify({ "r/w": { state: "ended" } });
    const storage = { getItem: () => marks, setItem: () => {}, removeItem: () => {} };
    vi.stubGlobal("document", new EventTarget());
    vi.stubGlobal("addEventListener", () => {});
    const environment = { ...renderEnvironment(), storage: () => storage, isVisible: () => true };
    const frame = createFrame(consoleData(), environment, en);
    followWorkers(frame, environment);
    expect([...frame.unread.value]).toEqual(["r/w"]);
    followWorkers(frame, environment, "r/w");
    expect([...frame.unread.value]).toEqual([]);
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
