/**
 * The fold law: any path to a state gives the same state.
 *
 * Every generated log is split at every position; the snapshot taken there crosses the wire as JSON, and the events after
 * it must lead to where the whole log leads.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKnownEntry } from "../../protocol/entry.ts";
import { Event, EVENT_NAMES, isSnapshotEvent } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import {
  boundTranscript,
  emptyTranscript,
  EVENT_DOMAIN,
  snapshotEvent,
  transcriptOf,
  type Transcript,
} from "../../protocol/transcript.ts";
import { growingLog, nonsenseLog, workerLog, type Published } from "../support/generate-events.ts";
import { alien } from "../support/generate-values.ts";
import { isSameJson } from "../support/same-json.ts";

interface Parsed {
  readonly event: Event;
  readonly ts: number;
}

const parse = (log: readonly Published[]): readonly Parsed[] =>
  log.map(({ wire, ts }) => ({ event: Event.parse(JSON.parse(JSON.stringify(wire))), ts }));

const foldAll = (start: Transcript, log: readonly Parsed[]): Transcript =>
  log.reduce((state, { event, ts }) => fold(state, event, ts), start);

/** The state after its snapshot has been sent and read. */
function overTheWire(state: Transcript): Transcript {
  const read = Event.parse(JSON.parse(JSON.stringify(snapshotEvent(state))));
  if (!isSnapshotEvent(read)) throw new TypeError(`Cannot read a snapshot: it is "${read.event}"`);
  return transcriptOf(read.data);
}

/** The state after each number of events, from none to all. */
function statesOf(log: readonly Parsed[]): readonly Transcript[] {
  let state = emptyTranscript();
  return [state, ...log.map(({ event, ts }) => (state = fold(state, event, ts)))];
}

/** The splits from which the rest of the log leads elsewhere than the whole log does. */
function brokenSplits(log: readonly Parsed[], settle: (state: Transcript) => Transcript = (state) => state): number[] {
  const states = statesOf(log);
  const whole = settle(states.at(-1) ?? emptyTranscript());
  return states.flatMap((state, split) => {
    const resumed = settle(foldAll(overTheWire(settle(state)), log.slice(split)));
    return isSameJson(resumed, whole) ? [] : [split];
  });
}

describe("fold law", () => {
  test("a snapshot at any split and the events after it give the state of the whole log", () => {
    fc.assert(
      fc.property(workerLog, (log) => {
        expect(brokenSplits(parse(log))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("it holds for events in any order, and the fold never throws", () => {
    fc.assert(
      fc.property(nonsenseLog, (log) => {
        expect(brokenSplits(parse(log))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a state bounded at any split and again at the end is the whole state bounded", () => {
    const bounds = fc.record({
      maxEntries: fc.integer({ min: 1, max: 12 }),
      maxChars: fc.integer({ min: 1, max: 900 }),
    });
    fc.assert(
      fc.property(growingLog, bounds, (log, limits) => {
        expect(brokenSplits(parse(log), (state) => boundTranscript(state, limits))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a bounded state keeps at least its newest entry, and no more than the bounds allow", () => {
    fc.assert(
      fc.property(workerLog, fc.integer({ min: 1, max: 5 }), (log, maxEntries) => {
        const state = foldAll(emptyTranscript(), parse(log));
        const bounded = boundTranscript(state, { maxEntries, maxChars: Number.POSITIVE_INFINITY });
        expect(bounded.entries).toEqual(state.entries.slice(-maxEntries));
        expect(boundTranscript(state, { maxEntries, maxChars: 0 }).entries).toEqual(state.entries.slice(-1));
      }),
    );
  });

  test("the generated logs hold every event of the vocabulary", () => {
    const seen = new Set<string>();
    for (const log of fc.sample(workerLog, { numRuns: 1_000, seed: 7 }))
      for (const { wire } of log) seen.add(wire.event);
    expect([...EVENT_NAMES].filter((name) => !seen.has(name))).toEqual([]);
  });
});

describe("unknown events", () => {
  test("fold() keeps them byte for byte in their entry, also over the wire", () => {
    fc.assert(
      fc.property(alien, (wire) => {
        const text = JSON.stringify(wire);
        const state = overTheWire(fold(emptyTranscript(), Event.parse(JSON.parse(text)), 5));
        const entry = state.entries[0];
        if (entry === undefined || !isKnownEntry(entry) || entry.kind !== "extension") throw new TypeError("no entry");
        expect(entry.domain).toBe(EVENT_DOMAIN);
        expect(JSON.stringify(entry.payload)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("long answers", () => {
  test("a delta leaves the entries and the other blocks as they are, however many there are", () => {
    const committed = Array.from({ length: 500 }, (_, index): Parsed => ({
      event: { event: "compact_failed", data: { error: String(index) } },
      ts: index,
    }));
    let state = foldAll(emptyTranscript(), committed);
    const { entries } = state;
    for (const name of ["thinking_delta", "text_delta"] as const) {
      for (let index = 0; index < 2_000; index += 1) {
        state = fold(state, { event: name, data: { text: "word " } }, index);
        expect(state.entries).toBe(entries);
      }
    }
    expect(
      state.in_flight.blocks.map((block) => [block.kind, "text" in block ? String(block.text).length : 0]),
    ).toEqual([
      ["thinking", 10_000],
      ["text", 10_000],
    ]);
  });
});
