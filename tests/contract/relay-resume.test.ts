/**
 * Exact resume through the relay: whatever is cut, slow, late or far behind, each viewer gets the Worker's events in
 * order, once, or a typed reason and a snapshot; in the end it knows what the Worker knows.
 */
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { ClientCursor } from "../../protocol/cursor.ts";
import { Event } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import { createCursorMint, type CursorMint } from "../../server/client-cursor.ts";
import { EventRuntime } from "../support/event-runtime.ts";
import { workerLog } from "../support/generate-events.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { type FakeSocket, foldEnvelopes, RelayFixture, refTo, SECRET } from "../support/relay-fixture.ts";
import { canonicalJson } from "../support/same-json.ts";

const WORKER = "companion";
const VIEWERS = 3;

type Step =
  | { readonly kind: "publish"; readonly count: number }
  | { readonly kind: "join" | "stall" | "drain"; readonly viewer: number }
  | { readonly kind: "cut"; readonly viewer: number; readonly lost: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "breakUpstream" | "compact" };

const viewer = fc.nat({ max: VIEWERS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("join" as const, "stall", "drain"), viewer }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("cut" as const), viewer, lost: fc.nat({ max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(5, 25, 600, 40_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "breakUpstream" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "compact" as const }) },
);

const scenario = fc.record({
  log: workerLog,
  steps: fc.array(step, { minLength: 4, maxLength: 40 }),
  kind: fc.constantFrom("embedded" as const, "remote"),
  retentionEvents: fc.constantFrom(4, 20, 4_096),
  windowFrames: fc.constantFrom(3, 12, 8_192),
  windowChars: fc.constantFrom(900, 1_000_000),
  maxEventBatch: fc.constantFrom(1, 3, 256),
  /** Whether the Runtime forgets the pieces of finished texts, so that positions are left out. */
  compacts: fc.boolean(),
});

const stateJson = (transcript: Transcript): string => canonicalJson(snapshotEvent(transcript));

/** A browser: it keeps its state over its connections, and starts over where it is told to. */
class Browser {
  socket: FakeSocket | null = null;
  #state: Transcript | undefined;
  #cursor: ClientCursor | undefined;
  /** How often it was refused its cursor, and why. */
  readonly refusals: string[] = [];
  readonly faults: string[] = [];
  readonly #mayLeaveOut: boolean;

  constructor(mayLeaveOut: boolean) {
    this.#mayLeaveOut = mayLeaveOut;
  }

  connect(fixture: RelayFixture): void {
    if (this.socket !== null && !this.socket.closed.aborted) return;
    this.leave(fixture);
    this.socket = fixture.attach(this.#cursor === undefined ? {} : { cursor: this.#cursor });
  }

  /** Reads what the socket has brought, once it is over or at the end. */
  leave(fixture: RelayFixture): void {
    if (this.socket === null) return;
    for (const envelope of this.socket.events) {
      const position = fixture.positionOf(envelope.cursor);
      const isSnapshot = envelope.event_id === `snapshot:${envelope.cursor}`;
      if (!isSnapshot && envelope.event_id !== envelope.cursor) this.faults.push(`event id ${envelope.event_id}`);
      if (!isSnapshot) {
        const before = this.#cursor === undefined ? null : fixture.positionOf(this.#cursor);
        const follows = before !== null && (this.#mayLeaveOut ? position > before : position === before + 1);
        if (!follows) this.faults.push(`${position} after ${before}`);
      }
      this.#state = foldEnvelopes([envelope], this.#state);
      this.#cursor = envelope.cursor;
    }
    const { problem } = this.socket;
    if (problem !== null && problem.startsWith("cursor_")) {
      this.refusals.push(problem);
      this.#cursor = undefined;
      this.#state = undefined;
    }
    this.socket = null;
  }

  get stateJson(): string | null {
    return this.#state === undefined ? null : stateJson(this.#state);
  }
}

interface Outcome {
  readonly faults: readonly string[];
  readonly refusals: readonly string[];
  readonly states: readonly (string | null)[];
  readonly whole: string;
  readonly timersLeft: number;
}

async function play(
  mint: CursorMint,
  input: typeof scenario extends fc.Arbitrary<infer T> ? T : never,
): Promise<Outcome> {
  const { log, steps, kind, retentionEvents, windowFrames, windowChars, maxEventBatch, compacts } = input;
  const clock = new ManualClock();
  const limits = {
    worker: { retentionEvents, retentionDeltasMs: 0, snapshotEntries: 10_000, snapshotChars: 10_000_000 },
    runtime: { maxEventBatch },
  };
  const runtime = new EventRuntime({ clock, kind, limits });
  const workerId = await runtime.addWorker(WORKER);
  const fixture = await RelayFixture.create({
    runtime,
    workerId,
    clock,
    mint,
    limits: {
      windowFrames,
      windowChars,
      viewerBufferBytes: 600,
      writeChars: 500,
      snapshotEntries: 10_000,
      snapshotChars: 10_000_000,
    },
  });
  const events = log.map(({ wire }) => Event.parse(wire));
  const browsers = Array.from({ length: VIEWERS }, () => new Browser(compacts || retentionEvents < 4_096));
  const broken = () => runtime.breakConnections(new ProblemError("runtime_unavailable", "The connection broke."));

  for (const action of steps) {
    switch (action.kind) {
      case "publish":
        await runtime.publish(workerId, ...events.splice(0, action.count));
        break;
      case "join":
        browsers[action.viewer]?.connect(fixture);
        break;
      case "stall": {
        const socket = browsers[action.viewer]?.socket;
        if (socket) socket.isStalled = true;
        break;
      }
      case "drain":
        browsers[action.viewer]?.socket?.drain();
        break;
      case "cut":
        browsers[action.viewer]?.socket?.cut(action.lost);
        break;
      case "pass":
        await clock.advance(action.ms);
        break;
      case "compact":
        if (compacts) runtime.log(workerId).retain(clock.now());
        break;
      case "breakUpstream":
        if (kind === "remote") broken();
        break;
    }
    await settle();
  }

  await runtime.publish(workerId, ...events);
  // A browser that was refused its cursor comes back without it, and one that was let go comes back.
  for (let round = 0; round < 3; round += 1) {
    for (const browser of browsers) {
      browser.socket?.drain();
      browser.connect(fixture);
    }
    await clock.advance(20_000);
  }
  for (const browser of browsers) {
    browser.socket?.cut();
    browser.leave(fixture);
  }
  await clock.advance(60_000);
  return {
    faults: browsers.flatMap(({ faults }) => faults),
    refusals: browsers.flatMap(({ refusals }) => refusals),
    states: browsers.map((browser) => browser.stateJson),
    whole: stateJson(runtime.transcript(workerId)),
    timersLeft: clock.waiting,
  };
}

describe("exact resume", () => {
  let mint: CursorMint;
  beforeAll(async () => {
    mint = await createCursorMint(SECRET, refTo(WorkerId.parse(WORKER)));
  });

  test("every viewer gets every event once and in order, or a snapshot, and ends where the Worker is", async () => {
    const refusals = new Set<string>();
    await fc.assert(
      fc.asyncProperty(scenario, async (input) => {
        const outcome = await play(mint, input);
        for (const refusal of outcome.refusals) refusals.add(refusal);
        expect(outcome.faults).toEqual([]);
        for (const state of outcome.states) expect(state).toBe(outcome.whole);
        expect(outcome.timersLeft).toBe(0);
      }),
      { numRuns: 1_000 },
    );
    // Every other reason would be wrong here, and without this one the scenarios would be too easy.
    expect([...refusals]).toEqual(["cursor_expired"]);
  }, 60_000);
});
