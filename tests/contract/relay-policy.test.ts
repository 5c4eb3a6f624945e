/** What viewers see: the payload untouched where nothing is hidden, and the same view by every path where something is. */
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { isKnownEntry, isKnownItem, type LogEntry } from "../../protocol/entry.ts";
import { Event, isKnownBlock, isKnownEvent } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { snapshotEvent } from "../../protocol/transcript.ts";
import { createCursorMint, type CursorMint } from "../../server/client-cursor.ts";
import type { ObservationPolicy } from "../../server/policy.ts";
import { EventRuntime } from "../support/event-runtime.ts";
import { growingLog, workerLog } from "../support/generate-events.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { foldEnvelopes, RelayFixture, refTo, type FakeSocket, SECRET } from "../support/relay-fixture.ts";
import { canonicalJson } from "../support/same-json.ts";
import { policyOf } from "../support/viewer-rights.ts";

const WORKER = "companion";
const shutDown = () => new ProblemError("shutting_down", "The test is over.");

const isThought = (entry: LogEntry): boolean =>
  isKnownEntry(entry) && entry.kind === "assistant_item" && isKnownItem(entry.item) && entry.item.kind === "reasoning";

/** Hides what the model thought, as an event and in snapshots. */
const hideThinking = policyOf((event) => {
  if (!isKnownEvent(event)) return event;
  switch (event.event) {
    case "thinking_start":
    case "thinking_delta":
    case "thinking_done":
      return null;
    case "snapshot": {
      const blocks = event.data.in_flight.blocks.filter((block) => !isKnownBlock(block) || block.kind !== "thinking");
      const entries = event.data.entries.filter((entry) => !isThought(entry));
      return { event: "snapshot", data: { ...event.data, entries, in_flight: { ...event.data.in_flight, blocks } } };
    }
    default:
      return event;
  }
});

/** What a person sees: the entries and what is being written, without the numbers that count hidden entries. */
function seen(socket: FakeSocket): string {
  const { entries, in_flight, status, usage } = foldEnvelopes(socket.events);
  const numbered = new Set(["llm_usage"]);
  return canonicalJson({ entries: entries.filter(({ kind }) => !numbered.has(kind)), in_flight, status, usage });
}

describe("the observation policy", () => {
  let mint: CursorMint;
  beforeAll(async () => {
    mint = await createCursorMint(SECRET, refTo(WorkerId.parse(WORKER)));
  });

  const setUp = async (policy?: ObservationPolicy) => {
    const clock = new ManualClock();
    const whole = { snapshotEntries: 10_000, snapshotChars: 10_000_000 };
    const runtime = new EventRuntime({ clock, limits: { worker: whole } });
    const workerId = await runtime.addWorker(WORKER);
    const options = { runtime, workerId, clock, mint, limits: whole, ...(policy === undefined ? {} : { policy }) };
    return { clock, runtime, workerId, fixture: await RelayFixture.create(options) };
  };

  test("that shows everything leaves every payload byte for byte as its Worker published it", async () => {
    await fc.assert(
      fc.asyncProperty(workerLog, async (log) => {
        const { runtime, workerId, fixture } = await setUp();
        const socket = fixture.attach();
        await settle();
        // As it came off a wire, with keys in an order of its own.
        const events = log.map(({ wire }) => JSON.parse(JSON.stringify({ trace: "t", ...wire })) as Event);
        await runtime.publish(workerId, ...events);
        await settle();
        const payloads = socket.texts.slice(1).map((text) => text.slice(text.indexOf('"payload":') + 10, -2));
        expect(payloads).toEqual(events.map((event) => JSON.stringify(event)));
        fixture.relay.close(shutDown());
      }),
      { numRuns: 300 },
    );
  });

  test("that hides something gives the same view by snapshot, by replay and live", async () => {
    await fc.assert(
      fc.asyncProperty(growingLog, fc.nat({ max: 60 }), fc.nat({ max: 60 }), async (log, first, second) => {
        const { clock, runtime, workerId, fixture } = await setUp(hideThinking);
        const events = log.map(({ wire }) => Event.parse(wire));
        const publish = async (...some: readonly Event[]) => {
          await runtime.publish(workerId, ...some);
          await settle();
        };
        const live = fixture.attach();
        await settle();
        await publish(...events.splice(0, first % events.length));
        const { cursor } = live;
        await publish(...events.splice(0, second % Math.max(1, events.length)));
        const late = fixture.attach();
        const replayed = fixture.attach({ cursor: cursor! });
        await publish(...events);
        const fresh = fixture.attach();
        await settle();
        // A relay of its own reads the missed stretch from the Runtime again.
        const again = await RelayFixture.create({
          runtime,
          workerId,
          clock,
          mint,
          limits: fixture.limits,
          policy: hideThinking,
        });
        const reread = again.attach({ cursor: cursor! });
        await settle();

        for (const socket of [live, late, fresh]) expect(seen(socket)).toBe(seen(live));
        const afterCursor = live.events.slice(live.events.findIndex((event) => event.cursor === cursor) + 1);
        expect(replayed.events).toEqual(afterCursor);
        expect(reread.events).toEqual(afterCursor);
        const texts = [live, late, replayed, fresh, reread].flatMap((socket) => socket.texts).join("\n");
        expect(texts).not.toMatch(/"event":"thinking_|"kind":"(thinking|reasoning)"/);
        fixture.relay.close(shutDown());
        again.relay.close(shutDown());
      }),
      { numRuns: 300 },
    );
  });

  test("that hides an event still counts its position, so that nobody is sent back", async () => {
    const { runtime, workerId, fixture } = await setUp(hideThinking);
    const socket = fixture.attach({ heartbeat: true });
    await settle();
    await runtime.publish(
      workerId,
      { event: "text_delta", data: { text: "a" } },
      { event: "thinking_start" },
      { event: "thinking_delta", data: { text: "secret" } },
    );
    await settle();
    expect(socket.events).toHaveLength(2);
    const { cursor } = await fixture.view();
    expect(fixture.positionOf(cursor)).toBe(3);
    const resumed = fixture.attach({ cursor });
    await runtime.publish(workerId, { event: "text_delta", data: { text: "b" } });
    await settle();
    expect(resumed.events.map(({ payload }) => payload)).toEqual([{ event: "text_delta", data: { text: "b" } }]);
  });

  test("is asked for rendered pages too", async () => {
    const { runtime, workerId, fixture } = await setUp(hideThinking);
    await runtime.publish(workerId, { event: "thinking_delta", data: { text: "secret" } });
    const { snapshot } = await fixture.view();
    expect(JSON.stringify(snapshot)).not.toContain("secret");
    expect(snapshotEvent(runtime.transcript(workerId)).data.in_flight.blocks).toHaveLength(1);
  });
});
