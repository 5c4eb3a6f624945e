/** What the page says of its link: in a word at the top, beside the message box when it lasts, and never in the conversation. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { workerPagePath } from "../../islands/paths.ts";
import { onBothServers, SHORT } from "./both-servers.ts";
import { FrameProxy } from "./frame-proxy.ts";

onBothServers("The link's state", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  let proxy: FrameProxy;
  beforeAll(async () => {
    proxy = await FrameProxy.start(() => stage.server.port);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  /** What the network's own failures leave in the browser's console. */
  const forgive = /WebSocket connection|ERR_|Failed to load resource/;

  test("counts down while it reconnects, says since when the page is old, and tries at once when asked", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await tab.ask(SHORT);
    const conversation = await tab.conversation();
    proxy.isDown = true;
    proxy.breakNow(tab.ref, "end");
    await tab.linkState.filter({ hasText: /^Reconnecting in \d+ s$/ }).waitFor();
    await tab.page
      .getByTestId("stale-note")
      .filter({ hasText: /As of \d\d:\d\d:\d\d · / })
      .waitFor();
    expect(await tab.conversation()).toEqual(conversation);
    expect(await tab.failures.count()).toBe(0);
    expect(await tab.composer.isEditable()).toBe(true);
    proxy.isDown = false;
    await tab.tryNow();
    await tab.live();
    await tab.page.getByTestId("stale-note").waitFor({ state: "detached" });
    await tab.ask(SHORT);
  });

  test("is offline while the browser has no network, and live again with it", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    proxy.isDown = true;
    proxy.breakNow(tab.ref, "end");
    await tab.page.context().setOffline(true);
    await tab.linkState.filter({ hasText: tab.words.link.offline }).waitFor();
    await tab.page.getByTestId("stale-note").filter({ hasText: tab.words.link.offline }).waitFor();
    await tab.page.context().setOffline(false);
    proxy.isDown = false;
    await tab.live();
    await expect.poll(() => tab.page.getByTestId("stale-note").count()).toBe(0);
  });

  test("is spoken once when it is lost and once when it is back, without a word of the text", async () => {
    const [tab, ref] = await Promise.all([stage.newTab({ forgive }), stage.createWorker()]);
    const ends = await tab.holdEnds();
    await tab.open(proxy.url + workerPagePath(ref));
    await tab.page.evaluate(() => {
      const region = document.querySelector("[data-testid=announcer]");
      const said: string[] = [];
      if (!region) throw new Error("Cannot find the live region");
      new MutationObserver(() => said.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(globalThis, { said });
    });
    const said = () => tab.page.evaluate(() => (globalThis as { said?: string[] }).said);
    const { started, finished, linkLost, linkBack } = tab.words.announce;
    await tab.say(SHORT);
    // A run that is seen in one go with its end is told by its end alone.
    await expect.poll(said).toEqual([started]);
    ends.release();
    await tab.settled();
    await expect.poll(said).toEqual([started, finished]);
    proxy.isDown = true;
    proxy.breakNow(ref, "end");
    await expect.poll(said).toEqual([started, finished, linkLost]);
    proxy.isDown = false;
    await tab.tryNow();
    await tab.live();
    await expect.poll(said).toEqual([started, finished, linkLost, linkBack]);
  });
});
