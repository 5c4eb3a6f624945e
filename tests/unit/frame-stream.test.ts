/** One observation socket, by clocks that are set. */
import { expect, test, vi } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import { readFrames } from "../../runtime/remote/frame-stream.ts";
import { DEFAULT_REMOTE_LIMITS } from "../../runtime/remote/limits.ts";
import type { SocketListener } from "../../runtime/remote/websocket.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";

const DAY_MS = 24 * 3_600_000;
const { pingIntervalMs, silenceTimeoutMs } = DEFAULT_REMOTE_LIMITS;

test.each([
  ["ahead", DAY_MS],
  ["back", -DAY_MS],
])("readFrames() gives up a silent socket in time where the clock was set %s meanwhile", async (_way, byMs) => {
  const clock = new ManualClock();
  const connected = Promise.withResolvers<SocketListener>();
  const frames = readFrames(
    {
      url: new URL("ws://lab.example/"),
      headers: {},
      workerId: WorkerId.parse("companion"),
      label: 'Runtime "lab"',
      now: () => clock.now(),
      limits: DEFAULT_REMOTE_LIMITS,
      clock,
      connect(_request, listener) {
        connected.resolve(listener);
        return { ping() {}, pause() {}, resume() {}, discard() {} };
      },
      signal: new AbortController().signal,
    },
    1,
  );
  let end: string | null = "still open";
  void problemCode(frames.next()).then((code) => (end = code));
  (await connected.promise).onOpen();
  clock.setBy(byMs);
  await clock.advance(silenceTimeoutMs + pingIntervalMs);
  await vi.waitFor(() => expect(end).toBe("runtime_timeout"));
});
