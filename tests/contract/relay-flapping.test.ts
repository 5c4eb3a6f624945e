/** A Runtime elsewhere that comes and goes: how often the relay asks, and which ends are final. */
import { describe, expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import type { ObservationStep } from "../../runtime/runtime.ts";
import { createCursorMints } from "../../server/client-cursor.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { FULL_RIGHTS } from "../../server/access/viewer-policy.ts";
import { Relay } from "../../server/relay.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";
import { FakeSocket } from "../support/relay-fixture.ts";
import { createSeededRandom } from "../support/seeded-random.ts";

const ref = { runtime_id: RuntimeId.parse("lab"), worker_id: WorkerId.parse("worker-00000001") };
const cursor = (position: number) => RuntimeCursor.parse(`wo_0000000a${position.toString(16).padStart(8, "0")}`);
const snapshot: ObservationStep = {
  kind: "snapshot",
  event: { cursor: cursor(0), ts: 1, payload: JSON.stringify(snapshotEvent(emptyTranscript())) },
};
const event = (position: number): ObservationStep => ({
  kind: "events",
  events: [{ cursor: cursor(position), ts: 1, payload: '{"event":"text_delta","data":{"text":"a"}}' }],
});

/** A relay over a Runtime whose every observation gives these steps and then breaks. */
async function setUp(
  stepsOf: (call: number) => readonly ObservationStep[],
  code: ProblemCode | ((call: number) => ProblemCode),
) {
  const clock = new ManualClock();
  let calls = 0;
  const runtime = {
    kind: "remote" as const,
    async *observe() {
      calls += 1;
      yield* stepsOf(calls);
      throw new ProblemError(typeof code === "string" ? code : code(calls), "It broke.");
    },
  };
  const relay = new Relay({
    ref,
    runtime,
    mints: await createCursorMints(new Uint8Array(32), ref),
    limits: DEFAULT_BACKEND_LIMITS,
    clock,
    random: createSeededRandom(1),
    onEnd: () => {},
  });
  const socket = new FakeSocket();
  await relay.attach(socket, { heartbeat: true, rights: FULL_RIGHTS });
  return { clock, socket, calls: () => calls };
}

describe("a relay whose Runtime", () => {
  test("sends a snapshot and breaks off, again and again, asks ever more seldom", async () => {
    const { clock, socket, calls } = await setUp(() => [snapshot], "runtime_network_failed");
    await clock.advance(10 * 60_000);
    expect(calls()).toBeGreaterThan(60);
    expect(calls()).toBeLessThan(130);
    expect(socket.closeCode).toBe(null);
  });

  test("never knows the cursor that it gave itself asks ever more seldom", async () => {
    const { clock, calls } = await setUp((call) => (call % 2 === 1 ? [snapshot] : []), "cursor_unknown");
    await clock.advance(10 * 60_000);
    expect(calls()).toBeLessThan(260);
  });

  test("was away for long and comes back without the cursor is asked anew at once", async () => {
    const { clock, calls } = await setUp(
      (call) => (call === 1 ? [snapshot] : []),
      (call) => (call === 10 ? "cursor_unknown" : "runtime_network_failed"),
    );
    while (calls() < 10) await clock.advance(100);
    expect(calls()).toBe(11);
  });

  test("brings something new each time is asked again soon", async () => {
    const { clock, calls } = await setUp((call) => (call === 1 ? [snapshot] : [event(call)]), "runtime_network_failed");
    await clock.advance(60_000);
    expect(calls()).toBeGreaterThan(120);
  });

  test.each([
    "runtime_auth_failed",
    "runtime_tls_failed",
    "runtime_wrong_identity",
    "runtime_redirected",
    // A proxy answers so while there is nothing behind it.
    "unsupported",
  ] as const)("fails with %s is waited for: it may be put right", async (code) => {
    const { clock, socket } = await setUp((call) => (call === 1 ? [snapshot] : []), code);
    await clock.advance(60_000);
    expect(socket.closeCode).toBe(null);
    expect(socket.frames.at(-1)).toMatchObject({ kind: "heartbeat", upstream: { problem: code } });
  });

  test("sends events before it has said where the Worker stands refuses the viewer", async () => {
    expect(await problemCode(setUp((call) => [event(call)], "runtime_network_failed"))).toBe("malformed_frame");
  });

  test("has the Worker no more ends, and says so", async () => {
    const { clock, socket } = await setUp((call) => (call === 1 ? [snapshot] : []), "worker_not_found");
    await clock.advance(1_000);
    expect([socket.closeCode, socket.problem]).toEqual([4404, "worker_not_found"]);
  });
});
