/**
 * A relay, its upstream and its viewers, for a test to play with.
 *
 * Owns the putting together of `relay-fixture.ts` and `event-runtime.ts`, and the short words that the tests say.
 */
import type { Event } from "../../protocol/event.ts";
import { snapshotEvent } from "../../protocol/transcript.ts";
import { EventRuntime } from "./event-runtime.ts";
import { ManualClock, settle } from "./manual-clock.ts";
import { foldEnvelopes, RelayFixture, type FakeSocket, type RelayFixtureOptions } from "./relay-fixture.ts";
import type { LimitChanges } from "./runtime-fixture.ts";
import { canonicalJson } from "./same-json.ts";

/** A piece of an answer. */
export const delta = (text: string): Event => ({ event: "text_delta", data: { text } });
/** Pieces of an answer, numbered: `0 `, `1 ` and so on. */
export const words = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => delta(`${from + index} `));

/** What a test may choose. */
interface SetUp extends Partial<Omit<RelayFixtureOptions, "runtime">> {
  readonly kind?: "embedded" | "remote";
  readonly runtimeLimits?: LimitChanges;
}

/** A relay over a Worker that publishes what the test says. */
export async function setUp({ kind, runtimeLimits, ...options }: SetUp = {}) {
  const clock = new ManualClock();
  const runtime = new EventRuntime({
    clock,
    ...(kind ? { kind } : {}),
    ...(runtimeLimits ? { limits: runtimeLimits } : {}),
  });
  const workerId = await runtime.addWorker("companion");
  const fixture = await RelayFixture.create({ runtime, workerId, clock, ...options });
  /** Attaches and waits for what comes at once. */
  const join = async (request: Parameters<RelayFixture["attach"]>[0] = {}, socket?: FakeSocket) => {
    const attached = fixture.attach(request, socket);
    await settle();
    return attached;
  };
  const publish = async (...events: readonly Event[]) => {
    await runtime.publish(workerId, ...events);
    await settle();
  };
  const stateJson = () => canonicalJson(snapshotEvent(runtime.transcript(workerId)));
  return { clock, runtime, workerId, fixture, join, publish, stateJson };
}

/** What a viewer knows after all that its socket has brought. */
export const stateOf = (socket: FakeSocket) => canonicalJson(snapshotEvent(foldEnvelopes(socket.events)));
