/** A page that was away for longer than the server keeps what it missed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { workerApiPath } from "../../islands/paths.ts";
import { onBothServers, SHORT } from "./both-servers.ts";
import { FrameProxy } from "./frame-proxy.ts";

const forgive = /WebSocket|ERR_CONNECTION|ERR_INTERNET|ERR_EMPTY|ERR_SOCKET|Failed to load resource/;
/** As few as a setting allows: one exchange is more. */
const settings = { YOI_DEMO_PACE: "0.01", YOI_RETENTION_EVENTS: "16" };
const MISSED = ["what was missed, one", "what was missed, two", "what was missed, three"];

onBothServers("A page that was away for too long", settings, (stage) => {
  let proxy: FrameProxy;
  beforeAll(async () => {
    proxy = await FrameProxy.start(() => stage.server.port);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  test("shows all that was said meanwhile, where it belongs, and nothing about cursors", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await tab.ask(SHORT);
    const before = await tab.conversation();
    proxy.isDown = true;
    await tab.page.context().setOffline(true);
    proxy.breakNow(tab.ref, "reset");
    await tab.linkState.filter({ hasText: tab.words.link.offline }).waitFor();
    for (const content of MISSED) await sayElsewhere(content);
    proxy.isDown = false;
    await tab.page.context().setOffline(false);
    await tab.live();
    await tab.settled(1 + MISSED.length);
    const after = await tab.conversation();
    expect(after.slice(0, before.length)).toEqual(before);
    for (const content of MISSED) expect(after.filter((line) => line.endsWith(`: ${content}`))).toHaveLength(1);
    expect(await tab.notice.textContent()).toBe("");
    expect((await tab.counters())[tab.words.link.counters.snapshots]).toBe(1);

    async function sayElsewhere(content: string): Promise<void> {
      const { length } = await stage.transcript(tab.ref);
      const response = await fetch(`${stage.server.url}${workerApiPath(tab.ref)}/input`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ kind: "user", content }),
      });
      expect(response.status).toBe(200);
      // The answer stands there a moment before its run is over, and until then the next message is refused.
      await expect
        .poll(async () => (await stage.listWorkers()).find(({ worker_id }) => worker_id === tab.ref.worker_id))
        .toMatchObject({ status: "idle", transcript_len: length + 2 });
    }
  });
});
