/** One observation of a Worker elsewhere, by a clock that is set. */
import { expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { WorkerId } from "../../protocol/id.ts";
import { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import { DEFAULT_REMOTE_LIMITS } from "../../runtime/remote/limits.ts";
import { observeRemote } from "../../runtime/remote/observe-remote.ts";
import type { SocketListener } from "../../runtime/remote/websocket.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";

const { handshakeTimeoutMs, pingIntervalMs, requestTimeoutMs } = DEFAULT_REMOTE_LIMITS;
const PATIENCE_MS = handshakeTimeoutMs + requestTimeoutMs;
const CURSOR = RuntimeCursor.parse("wo_0000000000000007");
const HEARTBEAT = JSON.stringify({ kind: "heartbeat", ts: 1, interval_ms: 10_000, cursor: CURSOR });

/** An observation whose socket says what a test says. */
async function observe(cursor: RuntimeCursor | undefined) {
  const clock = new ManualClock();
  const ending = new AbortController();
  const connected = Promise.withResolvers<SocketListener>();
  const steps = observeRemote(
    {
      endpoint: new RuntimeEndpoint("http://lab.example/", null),
      workerId: WorkerId.parse("companion"),
      label: 'Runtime "lab"',
      limits: DEFAULT_REMOTE_LIMITS,
      clock,
      connect(_request, listener) {
        connected.resolve(listener);
        return { ping() {}, pause() {}, resume() {}, discard() {} };
      },
      signal: ending.signal,
      headers: {},
      readWorker: () => Promise.reject(new Error("Nothing is read here")),
    },
    cursor,
  );
  const seen: { end: string | null; given: number } = { end: "still open", given: 0 };
  const follow = async () => {
    for await (const _step of steps) seen.given += 1;
  };
  void problemCode(follow()).then((code) => (seen.end = code));
  return { clock, ending, seen, listener: await connected.promise };
}

test.each<[string, RuntimeCursor | undefined, string]>([
  ["is given up where no snapshot comes before it is live", undefined, "runtime_timeout"],
  ["goes on where a cursor is gone on from", CURSOR, "still open"],
])("an observation that brings heartbeats only %s", async (_what, cursor, expected) => {
  const { clock, ending, seen, listener } = await observe(cursor);
  listener.onOpen();
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += pingIntervalMs) {
    expect(seen.end).toBe("still open");
    listener.onText(HEARTBEAT);
    await clock.advance(pingIntervalMs);
  }
  expect(seen).toEqual({ end: expected, given: 1 });
  ending.abort();
  await settle();
  expect(clock.waiting).toBe(0);
});

test("an observation waits for its snapshot as long as parts of it come", async () => {
  const { clock, ending, seen, listener } = await observe(undefined);
  listener.onOpen();
  for (let waitedMs = 0; waitedMs < 3 * PATIENCE_MS; waitedMs += pingIntervalMs) {
    listener.onPart();
    await clock.advance(pingIntervalMs);
  }
  expect(seen).toEqual({ end: "still open", given: 0 });
  ending.abort();
  await settle();
  expect(clock.waiting).toBe(0);
});
