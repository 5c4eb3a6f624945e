/** How the doctor judges a link by what comes over it, and when. */
import { describe, expect, test } from "vitest";
import type { SocketEnd, SocketListener } from "../../runtime/remote/websocket.ts";
import { checkSocket } from "../../server/doctor/check-links.ts";
import { Site } from "../../server/doctor/site.ts";

const heartbeat = (intervalMs: number) => `{"kind":"heartbeat","ts":1,"interval_ms":${intervalMs},"cursor":"bo_x"}`;
const FRAME = '{"kind":"event","envelope":{}}';

interface Scene {
  readonly isPatient?: boolean;
  readonly firstFrameMaxMs?: number;
  readonly lateMaxMs?: number;
}

/** A socket over which comes what `play` says, as fast as it says it. */
async function watch(play: (listener: SocketListener) => void, scene: Scene = {}) {
  let nowMs = 0;
  let isDiscarded = false;
  const findings = await checkSocket(new Site(new URL("http://a.example/yoi"), null), {
    ask: () => Promise.reject(new Error("Nothing is asked here")),
    connectWebSocket: ({ url }, listener) => {
      expect(url.href).toBe("ws://a.example/yoi/api/runtimes/backend-internal/workers/companion/events/ws?heartbeat=1");
      queueMicrotask(() => play(listener));
      return { ping: () => {}, pause: () => {}, resume: () => {}, discard: () => (isDiscarded = true) };
    },
    now: () => (nowMs += 10),
    isPatient: false,
    ...scene,
  });
  expect(isDiscarded).toBe(true);
  return findings.at(-1);
}

const refusedWith = (status: number, body: string): SocketEnd => ({ kind: "refused", status, body });

describe("checkSocket()", () => {
  test.each([
    [false, 2],
    [true, 8],
  ])("with patience %j waits for %i heartbeats, and for no more", async (isPatient, wanted) => {
    let sent = 0;
    const finding = await watch(
      (listener) => {
        listener.onOpen();
        listener.onText(FRAME);
        const send = () => {
          sent += 1;
          listener.onText(heartbeat(200));
          if (sent < wanted) setTimeout(send, 1);
        };
        send();
      },
      { isPatient },
    );
    expect([sent, finding?.status, finding?.found]).toEqual([
      wanted,
      "ok",
      "frames come at once (10 ms), and it outlives 200 ms of silence",
    ]);
  });

  test("does not wait for heartbeats that are rarer than a minute", async () => {
    const finding = await watch((listener) => {
      listener.onOpen();
      listener.onText(FRAME);
      listener.onText(heartbeat(3_600_000));
    });
    expect([finding?.status, finding?.advice]).toEqual(["warn", "Let server.heartbeat_interval_ms be at most 30000."]);
  });

  test("tells a link over which nothing comes from one whose heartbeats are held back, or that is cut", async () => {
    const silent = await watch((listener) => listener.onOpen(), { firstFrameMaxMs: 5 });
    expect([silent?.status, silent?.found]).toEqual(["fail", "nothing came within 5 ms"]);
    const held = await watch(
      (listener) => {
        listener.onOpen();
        listener.onText(heartbeat(1));
      },
      { lateMaxMs: 5 },
    );
    expect([held?.status, held?.found]).toEqual([
      "fail",
      "a heartbeat that was due after 1 ms did not come: frames are held back",
    ]);
    const cut = await watch((listener) => {
      listener.onOpen();
      listener.onText(heartbeat(200));
      listener.onEnd({ kind: "broken", error: null });
    });
    expect([cut?.status, cut?.found]).toEqual(["fail", "is cut after 20 ms"]);
  });

  test.each([
    [refusedWith(426, '{"code":"websocket_upgrade_required"}'), "the proxy takes the upgrade away"],
    [refusedWith(403, '{"code":"origin_refused"}'), "the server takes the page for another site (origin_refused)"],
    [refusedWith(503, '{"code":"too_many_viewers"}'), "the server refuses it: 503 (too_many_viewers)"],
    [refusedWith(403, "<html>canary</html>"), "the proxy refuses the upgrade (403)"],
    [refusedWith(403, '{"code":"<canary>"}'), "the proxy refuses the upgrade (403)"],
    [{ kind: "not_websocket" } as const, "the upgrade is not answered as one"],
  ])("says of an upgrade that ends with %j who refuses it", async (end, found) => {
    const finding = await watch((listener) => listener.onEnd(end));
    expect([finding?.status, finding?.found]).toEqual(["fail", found]);
  });
});
