/**
 * Generated logs over the whole vocabulary of events.
 *
 * Owns the fast-check arbitraries: runs as a Worker would publish them, with anything else between, and sequences of no
 * sense at all. Each event is given as it stands on the wire, before it was parsed.
 */
import * as fc from "fast-check";
import { alien, enumOf, message, remark, wireEvent, word, type WireEvent } from "./generate-values.ts";

/** An event and when it was published. */
export interface Published {
  readonly wire: WireEvent;
  readonly ts: number;
}

const chunks = fc.array(word, { minLength: 0, maxLength: 4 });
const textBlock = chunks.map((parts): WireEvent[] => [
  ...parts.map((text) => wireEvent("text_delta", { text })),
  wireEvent("text_done", { text: parts.join("") }),
]);

const thinkingBlock = fc
  .record({ parts: chunks, closesEmpty: fc.boolean() })
  .map(({ parts, closesEmpty }): WireEvent[] => [
    wireEvent("thinking_start"),
    ...parts.map((text) => wireEvent("thinking_delta", { text })),
    wireEvent("thinking_done", { text: closesEmpty ? "" : parts.join("") }),
  ]);

interface ToolCalls {
  readonly streamed: readonly WireEvent[];
  readonly results: readonly WireEvent[];
}

/** Calls whose arguments stream at the same time. */
const toolCalls = fc
  .record({
    calls: fc.array(fc.record({ name: word, fragments: chunks, isError: fc.boolean(), output: fc.option(word) }), {
      minLength: 1,
      maxLength: 3,
    }),
    turns: fc.array(fc.nat({ max: 2 }), { maxLength: 20 }),
    serial: fc.nat({ max: 9_999 }),
  })
  .map(({ calls, turns, serial }): ToolCalls => {
    const queues = calls.map(({ name, fragments }, index) => {
      const id = `c-${serial}-${index}`;
      return [
        wireEvent("tool_call_start", { id, name }),
        ...fragments.map((json) => wireEvent("tool_call_args_delta", { id, json })),
        wireEvent("tool_call_done", { id, name, arguments: fragments.join("") }),
      ];
    });
    const results = calls.map(({ name, isError, output }, index) =>
      wireEvent("tool_result", {
        id: `c-${serial}-${index}`,
        summary: name,
        is_error: isError,
        ...(output === null ? {} : { output }),
      }),
    );
    return { streamed: interleave(queues, turns), results };
  });

function interleave(queues: readonly WireEvent[][], turns: readonly number[]): WireEvent[] {
  const merged: WireEvent[] = [];
  for (const turn of turns) {
    const next = queues[turn % queues.length]?.shift();
    if (next !== undefined) merged.push(next);
  }
  return [...merged, ...queues.flat()];
}

const usage = fc
  .record({ input: fc.option(fc.nat({ max: 9_999 })), output: fc.option(fc.nat({ max: 999 })), cached: fc.boolean() })
  .map(({ input, output, cached }) =>
    wireEvent("usage", {
      input_tokens: input,
      output_tokens: output,
      ...(cached ? { cache_read_input_tokens: 7 } : {}),
    }),
  );

const retry = fc.record({ status: fc.option(fc.constantFrom(429, 503)), error: word }).map(({ status, error }) =>
  wireEvent("llm_retry", {
    llm_call: 0,
    failed_attempt: 1,
    max_attempts: 3,
    wait_ms: 500,
    elapsed_ms: 20,
    error,
    ...(status === null ? {} : { status }),
  }),
);

const turn = fc
  .record({
    retries: fc.array(retry, { maxLength: 2 }),
    blocks: fc.array(fc.oneof(textBlock, thinkingBlock), { maxLength: 3 }),
    tools: fc.option(toolCalls),
    usages: fc.array(usage, { maxLength: 2 }),
  })
  .map(({ retries, blocks, tools, usages }): WireEvent[] => [
    wireEvent("turn_start", { turn: 0 }),
    wireEvent("llm_call_start", { llm_call: 0 }),
    ...retries,
    ...blocks.flat(),
    ...(tools?.streamed ?? []),
    ...usages,
    wireEvent("llm_call_end", { llm_call: 0 }),
    wireEvent("turn_end", { turn: 0, result: "finished" }),
    ...(tools?.results ?? []),
  ]);

const idle = wireEvent("status", { status: "idle" });
const failure = fc
  .record({ code: enumOf("provider_error", "tool_error", "invalid_request", "internal"), message: word })
  .map(({ code, message: reason }) => wireEvent("error", { code, message: reason }));

/** Every way in which a run ends, also none at all. */
const runEnd = fc.oneof(
  enumOf("finished", "limit_reached", "rolled_back").map((result) => [wireEvent("run_end", { result }), idle]),
  fc
    .constantFrom("cancelled", "timeout", "interrupted", "stopped")
    .map((cause) => [wireEvent("run_end", { result: "finished", cause }), idle]),
  fc.constant([wireEvent("run_end", { result: "paused" }), wireEvent("status", { status: "paused" })]),
  failure.map((error) => [error, idle]),
  failure.map((error) => [error, wireEvent("run_end", { result: "finished", cause: "provider" }), idle]),
  fc.constant([idle]),
  fc.constant([]),
  fc.constant([wireEvent("shutdown")]),
);

/** A run from its message to its end; `brokenAt` cuts it off in the middle, as a cancel or a crash does. */
const run = fc
  .record({
    start: message,
    turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
    end: runEnd,
    brokenAt: fc.option(fc.nat({ max: 20 }), { freq: 3 }),
  })
  .map(({ start, turns, end, brokenAt }): WireEvent[] => {
    const answer = turns.flat();
    const streamed = brokenAt === null ? answer : answer.slice(0, brokenAt);
    return [...start, ...streamed, ...end];
  });

const withTimes = (events: fc.Arbitrary<readonly WireEvent[]>): fc.Arbitrary<readonly Published[]> =>
  fc.record({ wires: events, gaps: fc.array(fc.nat({ max: 900 }), { maxLength: 20 }) }).map(({ wires, gaps }) => {
    let ts = 1_782_700_000_000;
    return wires.map((wire, index) => {
      ts += gaps[index % Math.max(1, gaps.length)] ?? 1;
      return { wire, ts };
    });
  });

function insertAll(
  wires: readonly WireEvent[],
  extras: readonly { readonly at: number; readonly event: WireEvent }[],
): readonly WireEvent[] {
  const result = [...wires];
  for (const { at, event } of extras) result.splice(at % (result.length + 1), 0, event);
  return result;
}

const logOf = (extra: fc.Arbitrary<WireEvent>): fc.Arbitrary<readonly Published[]> =>
  withTimes(
    fc
      .record({
        runs: fc.array(run, { minLength: 1, maxLength: 3 }),
        extras: fc.array(fc.record({ at: fc.nat({ max: 200 }), event: extra }), { maxLength: 5 }),
      })
      .map(({ runs, extras }) => insertAll(runs.flat(), extras)),
  );

/** Runs as Workers publish them, with remarks, rotations, rewinds and unknown events between. */
export const workerLog = logOf(fc.oneof({ weight: 3, arbitrary: remark }, { weight: 1, arbitrary: alien }));

/** The same without what replaces the conversation. */
export const growingLog = logOf(
  remark.filter(({ event }) => !["segment_rotated", "rewind_applied", "snapshot"].includes(event)),
);

/** Any events in any order. */
export const nonsenseLog = withTimes(
  fc
    .array(
      fc.oneof(
        run.map((events) => fc.constantFrom(...events)).chain((any) => any),
        remark,
        alien,
      ),
      {
        maxLength: 25,
      },
    )
    .map((wires): readonly WireEvent[] => wires),
);
