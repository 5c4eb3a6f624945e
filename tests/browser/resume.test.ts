/** Links that break while nobody does anything wrong: no network, sleep, a server that goes away. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { COMPANION, onBothServers, SHORT, SLOW } from "./both-servers.ts";
import { FrameProxy } from "./frame-proxy.ts";

const forgive = /WebSocket|ERR_CONNECTION|ERR_INTERNET|ERR_EMPTY|ERR_SOCKET|Failed to load resource/;
/** A slow answer takes far longer than any test needs to break its link; it is stopped where a test has seen enough. */
const settings = { YOI_DEMO_PACE: "0.3", YOI_HEARTBEAT_INTERVAL_MS: "2000" };

onBothServers("A link", settings, (stage) => {
  let proxy: FrameProxy;
  beforeAll(async () => {
    proxy = await FrameProxy.start(() => stage.server.port);
  });
  afterEach(() => void (proxy.isDown = false));
  afterAll(() => proxy[Symbol.asyncDispose]());

  test("that loses its network says so, keeps what it has, and comes back with everything", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await tab.say(SLOW);
    await tab.written(20);
    proxy.isDown = true;
    await tab.page.context().setOffline(true);
    proxy.breakNow(tab.ref, "reset");
    await tab.linkState.filter({ hasText: tab.words.link.offline }).waitFor();
    await tab.announcer.filter({ hasText: tab.words.announce.linkLost }).waitFor({ state: "attached" });
    expect((await tab.answerText()).length).toBeGreaterThanOrEqual(20);
    proxy.isDown = false;
    await tab.page.context().setOffline(false);
    await tab.live();
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });

  test("that died while the computer slept is renewed when the page is seen again", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await tab.say(SLOW);
    await tab.written(20);
    proxy.breakNow(tab.ref, "silence");
    // Half an hour passes for the page's clock without any of its timers having run, as on a computer that sleeps.
    await tab.page.evaluate(() => {
      const asleepMs = 30 * 60_000;
      const now = Date.now.bind(Date);
      Date.now = () => now() + asleepMs;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(async () => (await tab.counters())[tab.words.link.counters.silent]).toBe(1);
    await tab.live();
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });

  test("that breaks again and again comes back each time by itself", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    for (let times = 1; times <= 4; times += 1) {
      proxy.breakNow(tab.ref, times % 2 === 0 ? "end" : "reset");
      await expect.poll(async () => (await tab.counters())[tab.words.link.counters.resumed]).toBe(times + 1);
      await tab.live();
    }
    await tab.ask(SHORT);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });

  test("in a hidden tab goes on, and the tab shows everything when it is seen again", async () => {
    const tab = await stage.openConsole();
    const hide = (state: "hidden" | "visible") =>
      tab.page.evaluate((visibility) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => visibility });
        Object.defineProperty(document, "hidden", { configurable: true, get: () => visibility === "hidden" });
        document.dispatchEvent(new Event("visibilitychange"));
      }, state);
    await tab.say(SLOW);
    await tab.written(20);
    const received = async () => (await tab.counters())[tab.words.link.counters.received] ?? 0;
    await hide("hidden");
    const receivedBefore = await received();
    await expect.poll(received).toBeGreaterThan(receivedBefore + 2);
    await tab.page.keyboard.press("Escape");
    await expect.poll(async () => (await stage.transcript(tab.ref)).length).toBe(2);
    await hide("visible");
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });
});

onBothServers("A server that is killed and started again", settings, (stage) => {
  let proxy: FrameProxy;
  beforeAll(async () => {
    proxy = await FrameProxy.start(() => stage.server.port);
  });
  afterEach(() => void (proxy.isDown = false));
  afterAll(() => proxy[Symbol.asyncDispose]());

  /** Nobody gets through before the new one is there: another server may have the port of the old one. */
  const restart = async (whileDown?: () => Promise<void>) => {
    proxy.isDown = true;
    await stage.restartServer(whileDown);
    proxy.isDown = false;
  };

  test("is waited for, and its new conversation is shown as new", async () => {
    const tab = await stage.openConsole({ ref: COMPANION, origin: proxy.url, forgive });
    await tab.say(SLOW);
    await tab.written(20);
    await restart(async () => {
      await tab.linkState.filter({ hasText: tab.words.link.reconnecting }).waitFor();
      expect((await tab.answerText()).length).toBeGreaterThanOrEqual(20);
    });
    await tab.live();
    await tab.page.getByText(tab.words.emptyTitle("Companion")).waitFor();
    expect(await tab.messages.count()).toBe(0);
    expect(await tab.stopButton.count()).toBe(0);
    expect(await tab.page.title()).toBe("Companion · Yoi Workspace");
    await tab.ask(SHORT);
    expect(await tab.answerText()).toBe(await stage.answerText(COMPANION));
  });

  test("without the Worker that was watched: the console says that it is gone and no longer shows it at work", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive: new RegExp(`${forgive.source}|404`) });
    await tab.say(SLOW);
    await tab.written(20);
    await restart();
    await tab.linkState.filter({ hasText: tab.words.link.ended }).waitFor();
    expect(await tab.stopButton.count()).toBe(0);
    expect(await tab.page.title()).toBe("Worker · Yoi Workspace");
  });
});
