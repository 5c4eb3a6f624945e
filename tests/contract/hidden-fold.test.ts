/**
 * The policy that hides the inner work: the same picture by every path, nothing hidden in it, and every place kept.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../protocol/entry.ts";
import { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { emptyTranscript, snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import { entryOfItem } from "../../runtime/remote/transcript-entry.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";
import { growingLog, nonsenseLog, workerLog, type Published } from "../support/generate-events.ts";
import { isSameJson } from "../support/same-json.ts";

const read = (log: readonly Published[]) =>
  log.map(({ wire, ts }) => ({ event: Event.parse(JSON.parse(JSON.stringify(wire))), ts }));

/** Where folding what is shown leads elsewhere than showing what was folded. */
function brokenSteps(log: readonly Published[], policy: ObservationPolicy): string[] {
  let whole: Transcript = emptyTranscript();
  let shown: Transcript = policy.showTranscript(whole);
  return read(log).flatMap(({ event, ts }, index) => {
    whole = fold(whole, event, ts);
    const shownEvent = policy.showEvent(event);
    // As it comes off the wire.
    if (shownEvent !== null) shown = fold(shown, Event.parse(JSON.parse(JSON.stringify(shownEvent))), ts);
    return isSameJson(shown, policy.showTranscript(whole)) ? [] : [`${index}: ${event.event}`];
  });
}

describe("hideInnerWork", () => {
  test("shows the same whether shown events are folded or the folded state is shown", () => {
    fc.assert(
      fc.property(fc.oneof(workerLog, nonsenseLog), (log) => {
        expect(brokenSteps(log, hideInnerWork)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes no place out of the order, and hides nothing twice", () => {
    fc.assert(
      fc.property(growingLog, (log) => {
        const whole = read(log).reduce((state, { event, ts }) => fold(state, event, ts), emptyTranscript());
        const shown = hideInnerWork.showTranscript(whole);
        expect(shown.entries.map(({ kind }) => kind)).toEqual(whole.entries.map(({ kind }) => kind));
        expect(shown.in_flight.blocks).toHaveLength(whole.in_flight.blocks.length);
        expect(isSameJson(hideInnerWork.showTranscript(shown), shown)).toBe(true);
        expect(isSameJson(hideInnerWork.showEntries(whole.entries), shown.entries)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("gives what is not hidden as it is, so that it can go out as it came", () => {
    const said: readonly Event[] = [
      { event: "user_message", data: { segments: [{ kind: "text", content: "hello" }] } },
      { event: "text_delta", data: { text: "a" } },
      { event: "text_done", data: { text: "a" } },
      { event: "run_end", data: { result: "finished" } },
      { event: "error", data: { code: "provider_error", message: "429" } },
    ];
    for (const event of said) expect(hideInnerWork.showEvent(event)).toBe(event);
    for (const event of said) expect(passThrough.showEvent(event)).toBe(event);
  });
});

// --- what is hidden ------------------------------------------------------------------------------------------------------

const S = "SECRET";
const reasoning = { kind: "reasoning", text: S, summary: [S], encrypted_content: S, signature: S, more: S } as const;
const call = { kind: "tool_call", call_id: "t", name: "read", arguments: S, more: S } as const;
const result = { kind: "tool_result", call_id: "t", summary: S, content: S, is_error: true, more: S } as const;
const strange = { kind: "hologram", depth: { more: S } } as const;
const said = { kind: "text", text: "said", more: S } as const;
const message = { kind: "message", role: "assistant", content: [said, strange], more: S } as const;
const config = { stop_sequences: [], more: S };
const items = [reasoning, call, result, strange, message];
const entries: readonly LogEntry[] = [
  ...items.map((item): LogEntry => ({ kind: "assistant_item", ts: 1, item, more: S })),
  { kind: "tool_result", ts: 1, item: result, more: S },
  { kind: "segment_start", ts: 1, session_id: "s", config, history: items, more: S },
  { kind: "turn_end", ts: 1, turn_count: 1, more: S },
  { kind: "run_errored", ts: 1, interrupted: true, message: "429", code: "provider_error", more: S },
  { kind: "user_input", ts: 1, segments: [{ kind: "text", content: "asked", more: S }], more: S },
  { kind: "user_input", ts: 1, segments: [{ kind: "text", content: "asked" }, strange] },
  { kind: "run_errored", ts: 1, interrupted: true, message: S, code: "tool_error" },
  { kind: "run_errored", ts: 1, interrupted: true, message: S },
  { kind: "system_item", ts: 1, item: { kind: "notification", message: S, body: S } },
  { kind: "system_item", ts: 1, item: S },
  { kind: "assistant_item", ts: 1, item: { kind: "message", role: "tool", content: [{ kind: "text", text: S }] } },
  { kind: "extension", ts: 1, domain: "elsewhere", payload: S },
  { kind: "extension", ts: 1, domain: "workspace.event", payload: { event: "hologram", data: S } },
  { kind: "extension", ts: 1, domain: "workspace.event", payload: { event: "thinking_delta", data: { text: S } } },
  { kind: "extension", ts: 1, domain: "workspace.event", payload: { event: "workers_listed", data: { workers: S } } },
  { kind: "extension", ts: 1, domain: "workspace.event", payload: S },
  strange,
];
const blocks = [
  { kind: "text", text: "written", more: S },
  { kind: "thinking", text: S, more: S },
  { kind: "tool_call", id: "t", name: "read", args: S, state: "streaming_args", more: S },
  strange,
] as const;
const run = { state: "active", started_ts: 1, more: S } as const;
const empty = emptyTranscript();
const state: Transcript = {
  ...empty,
  greeting: { ...empty.greeting, more: S },
  usage: { ...empty.usage, more: S },
  run,
  entries,
  in_flight: { blocks },
};

const SECRETS: readonly Event[] = [
  { event: "thinking_delta", data: { text: S, more: S } },
  { event: "thinking_done", data: { text: S, more: S } },
  { event: "tool_call_start", data: { id: "t", name: "read", more: S } },
  { event: "tool_call_args_delta", data: { id: "t", json: S } },
  { event: "tool_call_done", data: { id: "t", name: "read", arguments: S, more: S } },
  { event: "tool_result", data: { id: "t", summary: S, output: S, is_error: false, more: S } },
  { event: "error", data: { code: "tool_error", message: S } },
  { event: "error", data: { code: "provider_error", message: "429", more: S } },
  { event: "user_message", data: { segments: [{ kind: "text", content: "asked", more: S }], more: S } },
  { event: "user_message", data: { segments: [{ kind: "text", content: "asked" }, strange] } },
  { event: "text_done", data: { text: "said", more: S } },
  { event: "llm_call_end", data: { llm_call: 1, more: S } },
  { event: "thinking_start", more: S },
  { event: "alert", data: { level: "warn", source: "engine", message: "slow", timestamp_ms: 1, more: S }, more: S },
  snapshotEvent(state),
  {
    event: "segment_rotated",
    data: {
      entry: { kind: "segment_start", ts: 1, session_id: "s", config, history: items, more: S },
    },
  },
  {
    event: "rewind_applied",
    data: {
      entries: [...entries],
      input: [strange],
      summary: { truncated_to_entries: 0, discarded_entries: 0, tool_side_effect_warning: false, more: S },
    },
  },
  { event: "system_item", data: { item: { kind: "notification", message: S, body: S } } },
  { event: "system_item", data: { item: S } },
  { event: "workers_listed", data: { workers: S } },
  { event: "worker_restored", data: { result: S } },
  { event: "peer_registered", data: { result: S } },
  { event: "hologram_delta", data: { text: S } },
];

describe("nothing hidden is left", () => {
  test.each(SECRETS.map((event) => [event.event, event] as const))("in %s", (_name, event) => {
    expect(JSON.stringify(event)).toContain(S);
    expect(JSON.stringify(hideInnerWork.showEvent(event))).not.toContain(S);
    const folded = fold(emptyTranscript(), event, 1);
    expect(JSON.stringify(hideInnerWork.showTranscript(folded))).not.toContain(S);
  });

  test("in a state and in pages of entries, and what was said is there", () => {
    const shown = JSON.stringify(hideInnerWork.showTranscript(state));
    expect(shown).not.toContain(S);
    for (const text of ["said", "asked", "written", "429"]) expect(shown).toContain(`"${text}"`);
    expect(JSON.stringify(hideInnerWork.showEntries(entries))).not.toContain(S);
  });

  test("in the lines of the transcript, of which people's and the Worker's own stay", () => {
    const line = (role: string, content: string) => ({ sequence: 1, role, content, event_id: 1 });
    const shown = ["user", "assistant", "system", "tool"].map((role) => hideInnerWork.showLine(line(role, S)).content);
    expect(shown).toEqual([S, S, "[hidden]", "[hidden]"]);
    for (const role of ["user", "assistant", "system"]) {
      expect(hideInnerWork.showLine({ ...line(role, "said"), more: S })).not.toHaveProperty("more");
    }
  });

  test("in the entries that stand for such lines where a Runtime has nothing else", () => {
    const textOf = (role: string) => {
      const entry = entryOfItem({ sequence: 1, role, content: S, event_id: 1 }, 1);
      return JSON.stringify(hideInnerWork.showEntries([entry]));
    };
    const leaks = ["user", "assistant", "system", "tool"].map((role) => textOf(role).includes(S));
    expect(leaks).toEqual([true, true, false, false]);
  });
});
