/**
 * What a relay allocates: a program that has one relay show events to viewers, and says how many bytes of heap that took.
 *
 * Owns the Worker's events and sockets that take every frame; the relay and all that is in it are the server's own. Its
 * figures are exact where it runs with the flags of `relay-allocations.test.ts`: nothing is collected while it counts.
 */
import process from "node:process";
import { WSContext } from "hono/ws";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import type { Event } from "../../protocol/event.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import { observerSocket } from "../../runtime/observation/observer-socket.ts";
import type { ObservationStep } from "../../runtime/runtime.ts";
import { FULL_RIGHTS } from "../../server/access/viewer-policy.ts";
import { createCursorMints } from "../../server/client-cursor.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { Relay } from "../../server/relay.ts";
import { ManualClock } from "./manual-clock.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** Until every function has been compiled as far as it will be, and the window lets go of a frame for each that comes. */
const WARM_UP_EVENTS = 4_000;
const EVENTS = 2_000;
const ref = { runtime_id: RuntimeId.parse("lab"), worker_id: WorkerId.parse("worker-00000001") };
const event: Event = { event: "text_delta", data: { text: "token " } };
const payload = JSON.stringify(event);
const cursorOf = (position: number) => RuntimeCursor.parse(`wo_0000000a${position.toString(16).padStart(8, "0")}`);

const steps = Array.from({ length: WARM_UP_EVENTS + EVENTS }, (_, index): ObservationStep => {
  return { kind: "events", events: [{ cursor: cursorOf(index + 1), ts: 1, payload, event }] };
});
const start: ObservationStep = {
  kind: "snapshot",
  event: { cursor: cursorOf(0), ts: 1, payload: JSON.stringify(snapshotEvent(emptyTranscript())) },
};

let writes = 0;
const joined = Promise.withResolvers<void>();
const runtime = {
  kind: "embedded" as const,
  async *observe() {
    yield start;
    await joined.promise;
    yield* steps.slice(0, WARM_UP_EVENTS);
    writes = 0;
    globalThis.gc?.();
    const before = heldBytes();
    for (let index = WARM_UP_EVENTS; index < steps.length; index += 1) yield steps[index] ?? start;
    // The last event is shown before anybody asks for one more.
    console.log(JSON.stringify({ bytesPerEvent: (heldBytes() - before) / EVENTS, writesPerEvent: writes / EVENTS }));
    process.exit();
  },
};

const relay = new Relay({
  ref,
  runtime,
  mints: await createCursorMints(new Uint8Array(32), ref),
  limits: { ...DEFAULT_BACKEND_LIMITS, windowFrames: 256 },
  clock: new ManualClock(),
  random: createSeededRandom(1),
  onEnd: () => {},
});
for (let viewers = Number(process.argv[2]); viewers > 0; viewers -= 1) {
  const raw = {
    bufferedAmount: 0,
    writeFrames() {
      writes += 1;
      return true;
    },
  };
  const socket = new WSContext({ raw, send() {}, close() {}, readyState: 1 });
  await relay.attach(observerSocket(socket, new AbortController()), { heartbeat: true, rights: FULL_RIGHTS });
}
joined.resolve();

/** The heap, and the buffers beside it. */
function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
