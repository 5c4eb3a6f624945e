/** Events, entries, segments and frames as they stand on the wire: what passes, what comes back, what is refused. */
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { isKnownEntry, LogEntry, LoggedItem } from "../../protocol/entry.ts";
import { Event, EVENT_NAMES, InFlightBlock, isKnownEvent } from "../../protocol/event.ts";
import { ClientFrame, RuntimeFrame } from "../../protocol/frame.ts";
import { describeIssues } from "../../protocol/problem.ts";
import { flattenSegments, Segment } from "../../protocol/segment.ts";
import { SystemItem } from "../../protocol/system-item.ts";

const UUID = "9f1f7c5e-0a61-4d3a-8f4e-0d6d1f2f3a4b";

const events = [
  '{"event":"user_message","data":{"segments":[{"kind":"text","content":"count the files"}]}}',
  '{"event":"user_message","data":{"segments":[{"kind":"text","content":"hi"}],"submission_id":"s-1"}}',
  '{"event":"system_item","data":{"item":{"kind":"interrupt","body":"stop"}}}',
  '{"event":"invoke_start","data":{"kind":"user_send"}}',
  '{"event":"turn_start","data":{"turn":0}}',
  '{"event":"turn_end","data":{"turn":0,"result":"finished"}}',
  '{"event":"llm_call_start","data":{"llm_call":0}}',
  '{"event":"llm_call_end","data":{"llm_call":0}}',
  '{"event":"llm_retry","data":{"llm_call":0,"failed_attempt":1,"max_attempts":3,"wait_ms":500,"elapsed_ms":20,"status":503,"error":"busy"}}',
  '{"event":"llm_retry","data":{"llm_call":0,"failed_attempt":1,"max_attempts":3,"wait_ms":500,"elapsed_ms":20,"error":"reset"}}',
  '{"event":"llm_continuation","data":{"llm_call":0,"attempt":1,"max_attempts":2,"reason":"length"}}',
  '{"event":"text_delta","data":{"text":"hi"}}',
  '{"event":"text_done","data":{"text":"hi there"}}',
  '{"event":"thinking_start"}',
  '{"event":"thinking_delta","data":{"text":"hm"}}',
  '{"event":"thinking_done","data":{"text":""}}',
  '{"event":"tool_call_start","data":{"id":"c-9","name":"Grep"}}',
  '{"event":"tool_call_args_delta","data":{"id":"c-9","json":"{\\"pa"}}',
  '{"event":"tool_call_done","data":{"id":"c-9","name":"Grep","arguments":"{}"}}',
  '{"event":"tool_result","data":{"id":"c-9","summary":"3 matches","is_error":false}}',
  '{"event":"tool_result","data":{"id":"c-9","summary":"3 matches","output":"a.ts","is_error":true}}',
  '{"event":"usage","data":{"input_tokens":812,"output_tokens":null}}',
  '{"event":"usage","data":{"input_tokens":null,"output_tokens":4,"cache_read_input_tokens":9}}',
  '{"event":"run_end","data":{"result":"finished"}}',
  '{"event":"run_end","data":{"result":"finished","cause":"cancelled"}}',
  '{"event":"error","data":{"code":"provider_error","message":"503"}}',
  '{"event":"error","data":{"code":"provider_error","message":"503","cause":"provider","problem":"provider_unavailable"}}',
  '{"event":"snapshot","data":{"entries":[],"greeting":{"worker_name":"w","cwd":"","provider":"p","model":"m","scope_summary":"s","tools":[],"context_window":0,"context_tokens":0},"status":"running","in_flight":{"blocks":[{"kind":"text","text":"par"},{"kind":"tool_call","id":"c-9","name":"Grep","args":"{\\"pa","state":"streaming_args"}]}}}',
  `{"event":"segment_rotated","data":{"entry":{"kind":"segment_start","ts":1782700000000,"session_id":"${UUID}","system_prompt":null,"config":{"max_tokens":null,"temperature":0.5,"top_p":null,"top_k":null,"stop_sequences":[],"reasoning":"low"},"history":[],"compacted_from":{"segment_id":"${UUID}","at_turn_index":2}}}}`,
  '{"event":"status","data":{"status":"paused"}}',
  '{"event":"completions","data":{"kind":"file","entries":[{"value":"a.ts","is_dir":false}]}}',
  `{"event":"rewind_targets","data":{"head_entries":4,"targets":[{"id":{"segment_id":"${UUID}","user_input_entry_index":1},"expected_head_entries":4,"truncate_entries":1,"turn_index":0,"timestamp_ms":null,"preview":"count","eligible":false,"disabled_reason":"running"}]}}`,
  '{"event":"rewind_applied","data":{"entries":[],"input":[{"kind":"text","content":"count"}],"summary":{"truncated_to_entries":1,"discarded_entries":3,"tool_side_effect_warning":true}}}',
  '{"event":"workers_listed","data":{"workers":[{"name":"w"}]}}',
  '{"event":"worker_restored","data":{"result":null}}',
  '{"event":"peer_registered","data":{"result":"ok"}}',
  '{"event":"alert","data":{"level":"warn","source":"engine","message":"slow provider","timestamp_ms":1782700000123}}',
  '{"event":"memory_worker","data":{"worker":"m","status":"done","run_id":"r","trigger":"t","reason":"r","message":"m","timestamp_ms":-1}}',
  '{"event":"compact_start"}',
  `{"event":"compact_done","data":{"new_segment_id":"${UUID}"}}`,
  '{"event":"compact_failed","data":{"error":"too short"}}',
  '{"event":"shutdown"}',
];

const entries = [
  `{"kind":"segment_start","ts":1,"session_id":"${UUID}","system_prompt":"p","config":{"max_tokens":9,"temperature":null,"top_p":null,"top_k":null,"stop_sequences":["x"],"reasoning":512},"history":[{"kind":"message","role":"user","content":[{"kind":"text","text":"hi"}]}],"forked_from":{"segment_id":"${UUID}","at_turn_index":0}}`,
  '{"kind":"invoke","ts":1,"trigger":"wakeup"}',
  '{"kind":"user_input","ts":1782700001000,"segments":[{"kind":"text","content":"count the files"}]}',
  '{"kind":"assistant_item","ts":1782700002000,"item":{"kind":"message","role":"assistant","content":[{"kind":"text","text":"There are 12."}]}}',
  '{"kind":"assistant_item","ts":1782700002001,"item":{"kind":"tool_call","call_id":"c-1","name":"Glob","arguments":"{\\"pattern\\":\\"*.ts\\"}"}}',
  '{"kind":"assistant_item","ts":1,"item":{"kind":"reasoning","text":"hm","summary":["a"],"encrypted_content":"e","signature":"s"}}',
  '{"kind":"assistant_item","ts":1,"item":{"kind":"message","role":"assistant","content":[{"kind":"refusal","refusal":"no"}]}}',
  '{"kind":"tool_result","ts":1,"item":{"kind":"tool_result","call_id":"c-1","summary":"failed","is_error":true}}',
  '{"kind":"system_item","ts":1,"item":{"kind":"notification","message":"m","body":"b"}}',
  '{"kind":"turn_end","ts":1,"turn_count":1}',
  '{"kind":"run_completed","ts":1,"interrupted":false,"result":"yielded"}',
  '{"kind":"run_errored","ts":1782700003000,"interrupted":true,"message":"upstream 503"}',
  '{"kind":"paused_turn_abandoned","ts":1}',
  '{"kind":"config_changed","ts":1,"config":{"max_tokens":null,"temperature":null,"top_p":null,"top_k":null,"stop_sequences":[],"reasoning":null}}',
  '{"kind":"llm_usage","ts":1,"history_len":2,"input_total_tokens":3,"cache_read_tokens":0,"cache_write_tokens":0,"output_tokens":1}',
  '{"kind":"extension","ts":1,"domain":"metrics","payload":{"a":[1]}}',
];

const systemItems = [
  '{"kind":"notification","message":"m","body":"b"}',
  '{"kind":"worker_event","event":{"kind":"scope_sub_delegated","parent_worker":"a","sub_worker":"b","sub_socket":"c","scope":[{"target":"src","permission":"write","recursive":true}]},"body":"b"}',
  '{"kind":"worker_event","event":{"kind":"errored","worker_name":"w","message":"m"},"body":"b"}',
  '{"kind":"file_attachment","path":"a.ts","body":"b"}',
  '{"kind":"knowledge","slug":"s","body":"b"}',
  '{"kind":"workflow","slug":"s","body":"b"}',
  '{"kind":"task_reminder","source":"task_inactivity","body":"b"}',
  '{"kind":"interrupt","body":"b"}',
  '{"kind":"embedded_worker_system_input","content":"c"}',
];

const roundTrip = (schema: z.ZodMiniType, text: string): unknown =>
  JSON.parse(JSON.stringify(z.parse(schema, JSON.parse(text))));

describe("the wire's examples", () => {
  test.each(events)("Event decodes and encodes back %s", (text) => {
    expect(roundTrip(Event, text)).toEqual(JSON.parse(text));
  });

  test("the examples hold every event name", () => {
    expect(new Set(events.map((text) => Event.parse(JSON.parse(text)).event))).toEqual(EVENT_NAMES);
  });

  test.each(entries)("LogEntry decodes and encodes back %s", (text) => {
    expect(isKnownEntry(LogEntry.parse(JSON.parse(text)))).toBe(true);
    expect(roundTrip(LogEntry, text)).toEqual(JSON.parse(text));
  });

  test.each(systemItems)("SystemItem decodes and encodes back %s", (text) => {
    expect(roundTrip(SystemItem, text)).toEqual(JSON.parse(text));
  });

  test("what a peer may leave out gets its default", () => {
    expect(roundTrip(Event, '{"event":"tool_result","data":{"id":"c-9","summary":"s"}}')).toEqual({
      event: "tool_result",
      data: { id: "c-9", summary: "s", is_error: false },
    });
    const greeting = { worker_name: "w", cwd: "", provider: "p", model: "m", scope_summary: "s", tools: [] };
    expect(roundTrip(Event, JSON.stringify({ event: "snapshot", data: { entries: [], greeting } }))).toEqual({
      event: "snapshot",
      data: {
        entries: [],
        greeting: { ...greeting, context_window: 0, context_tokens: 0 },
        status: "idle",
        in_flight: { blocks: [] },
      },
    });
    expect(roundTrip(LoggedItem, '{"kind":"tool_result","call_id":"c-1","summary":"s","content":"a"}')).toEqual({
      kind: "tool_result",
      call_id: "c-1",
      summary: "s",
      content: "a",
      is_error: false,
    });
    expect(roundTrip(SystemItem, '{"kind":"task_reminder","body":"b"}')).toMatchObject({ source: "task_inactivity" });
  });

  test("a unit variant is accepted with an empty data key", () => {
    expect(Event.parse({ event: "thinking_start", data: {} }).event).toBe("thinking_start");
  });

  test("an option that is null is the same as one that is missing", () => {
    const parsed = Event.parse({
      event: "usage",
      data: { input_tokens: null, output_tokens: null, cache_read_input_tokens: null },
    });
    expect(parsed.event).toBe("usage");
    expect(
      Event.safeParse({ event: "tool_result", data: { id: "a", summary: "b", output: null, is_error: false } }).success,
    ).toBe(true);
  });
});

describe("what a newer peer sends", () => {
  test.each([
    [Event, '{"event":"hologram_delta","data":{"depth":3,"layers":[{"x":null}]},"trace":"t"}'],
    [Event, '{"event":"hologram_start"}'],
    [Event, '{"event":"text_delta","data":{"text":"hi","lang":"en"},"trace":"t"}'],
    [Event, '{"event":"status","data":{"status":"hibernating"}}'],
    [Event, '{"event":"run_end","data":{"result":"evaporated","cause":"moonlight"}}'],
    [Event, '{"event":"error","data":{"code":"cosmic_ray","message":"m"}}'],
    [Event, '{"event":"invoke_start","data":{"kind":"telepathy"}}'],
    [Event, '{"event":"alert","data":{"level":"whisper","source":"moon","message":"m","timestamp_ms":1}}'],
    [Event, '{"event":"user_message","data":{"segments":[{"kind":"hologram","depth":3}]}}'],
    [LogEntry, '{"kind":"holo_entry","ts":1,"depth":3}'],
    [LogEntry, '{"kind":"assistant_item","ts":1,"item":{"kind":"holo_item","depth":[3]}}'],
    [
      LogEntry,
      '{"kind":"assistant_item","ts":1,"item":{"kind":"message","role":"oracle","content":[{"kind":"image","url":"x"}]}}',
    ],
    [InFlightBlock, '{"kind":"holo_block","depth":3}'],
    [Segment, '{"kind":"hologram","depth":3}'],
    [SystemItem, '{"kind":"worker_event","event":{"kind":"dreamt","of":"sheep"},"body":"b"}'],
  ] as const)("%# passes as it came: %s", (schema, text) => {
    expect(roundTrip(schema, text)).toEqual(JSON.parse(text));
  });

  test("an unknown event is told apart from a known one, also by names that objects inherit", () => {
    for (const event of ["hologram_delta", "toString", "constructor", "__proto__", ""]) {
      expect(isKnownEvent(Event.parse({ event })), event).toBe(false);
    }
    expect(isKnownEvent(Event.parse({ event: "shutdown" }))).toBe(true);
  });
});

describe("what is refused", () => {
  test.each([
    [Event, { event: "text_delta", data: { text: 3 } }, "data.text: "],
    [Event, { event: "text_delta" }, "data: "],
    [Event, { event: "turn_start", data: { turn: -1 } }, "data.turn: "],
    [Event, { event: "turn_start", data: { turn: 1.5 } }, "data.turn: "],
    [Event, { event: "usage", data: { input_tokens: "9", output_tokens: 1 } }, "data.input_tokens: "],
    [Event, { event: "user_message", data: { segments: [{ kind: "text", content: 3 }] } }, "data.segments.0.content: "],
    [
      Event,
      {
        event: "rewind_applied",
        data: {
          entries: [{ kind: "user_input", ts: 1, segments: [{ kind: "text" }] }],
          input: [],
          summary: { truncated_to_entries: 1, discarded_entries: 1, tool_side_effect_warning: false },
        },
      },
      "data.entries.0.segments.0.content: ",
    ],
    [LogEntry, { kind: "user_input", ts: "now", segments: [] }, "ts: "],
    [LogEntry, { kind: "assistant_item", ts: 1, item: { kind: "tool_call", call_id: 3 } }, "item.call_id: "],
    [Segment, { kind: "paste", id: 1, chars: 1, lines: 1 }, "content: "],
    [Event, { data: {} }, "event: "],
    [Event, { event: 7 }, "event: "],
  ] as const)("%# a known name with a wrong shape, with the path named: %s", (schema, value, path) => {
    const result = z.safeParse(schema as z.ZodMiniType, value);
    if (result.success) throw new TypeError("It was accepted");
    expect(describeIssues(result.error)).toContain(path);
    expect(describeIssues(result.error).startsWith(path)).toBe(true);
  });

  test.each([null, 3, "text", [], true])("what is no object: %s", (value) => {
    expect(Event.safeParse(value).success).toBe(false);
  });

  test("describeIssues() names at most four", () => {
    const result = z.safeParse(Event, { event: "memory_worker", data: {} });
    if (result.success) throw new TypeError("It was accepted");
    expect(describeIssues(result.error).split("; ")).toHaveLength(4);
  });
});

describe("segments", () => {
  test("flattenSegments() keeps the marks of references and says what it does not know", () => {
    const segments = [
      { kind: "text", content: "see " },
      { kind: "paste", id: 1, chars: 1, lines: 1, content: "P" },
      { kind: "file_ref", path: "src/a.ts" },
      { kind: "knowledge_ref", slug: "style" },
      { kind: "workflow_invoke", slug: "review" },
      { kind: "unknown" },
      { kind: "hologram" },
    ].map((segment) => Segment.parse(segment));
    expect(flattenSegments(segments)).toBe("see P@src/a.ts#style/review[unknown input segment][unknown input segment]");
  });
});

describe("frames", () => {
  const payload = { event: "hologram_delta", data: { deep: [1] } };

  test("a Runtime's frame is read with its payload as it came", () => {
    const frame = {
      kind: "event",
      envelope: {
        cursor: "wo_000000000000002a",
        event_id: "wo_000000000000002a",
        worker_id: "worker-00000001",
        payload,
      },
    };
    expect(RuntimeFrame.parse(frame)).toEqual(frame);
  });

  test("a viewer's frames are read", () => {
    const envelope = {
      cursor: "bo_x.wo_1",
      event_id: "snapshot:bo_x.wo_1",
      runtime_id: "r",
      worker_id: "w",
      ts: 1,
      payload,
    };
    const diagnostic = { code: "backend.websocket_error", message: "m", problem: "viewer_too_slow" };
    for (const frame of [
      { kind: "event", envelope },
      { kind: "diagnostic", diagnostic },
      { kind: "heartbeat", ts: 1, interval_ms: 10_000, cursor: "bo_x.wo_1" },
    ]) {
      expect(ClientFrame.parse(frame)).toEqual(frame);
    }
  });

  test("a viewer's event frame without its Runtime is refused", () => {
    const envelope = { cursor: "bo_x", event_id: "bo_x", worker_id: "w", payload };
    expect(ClientFrame.safeParse({ kind: "event", envelope }).success).toBe(false);
  });
});
