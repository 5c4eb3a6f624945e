/** The console where no socket gets through: it goes on over plain HTTP by itself, says so, and loses nothing. */
import { expect, test } from "vitest";
import { NoUpgradeProxy } from "../support/no-upgrade-proxy.ts";
import { onBothServers, SHORT, SLOW } from "./both-servers.ts";

const BLOCKED = /WebSocket connection|net::ERR|Failed to load resource/;
const isStream = (path: string) => path.includes("/events?");

/** The slow answer takes twelve seconds, so that it is still being written when it is cut for the last time. */
const PACE = "0.2";

onBothServers("behind a proxy that refuses upgrades", { YOI_DEMO_PACE: PACE }, (stage) => {
  test.each(["en", "ja"] as const)(
    "the console finds the other way, holds a conversation, and says so (%s)",
    async (locale) => {
      await using proxy = await NoUpgradeProxy.start(stage.server.port);
      const tab = await stage.openConsole({ origin: proxy.url, locale, forgive: BLOCKED });
      // Two are enough; while the other way is being loaded, one more may be tried.
      const refused = proxy.refusedUpgrades;
      expect(refused).toBeGreaterThanOrEqual(2);
      await tab.ask(SHORT);
      expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
      await tab.page.locator("details.link > summary").click();
      await tab.page.getByText(tab.words.link.fallback).waitFor();
      expect(await tab.oddities()).toEqual(tab.noOddities);
      expect(proxy.refusedUpgrades).toBe(refused);
    },
  );

  test("an answer that is cut again and again comes whole", async () => {
    await using proxy = await NoUpgradeProxy.start(stage.server.port);
    const tab = await stage.openConsole({ origin: proxy.url, forgive: BLOCKED });
    await tab.say(SLOW);
    for (const chars of [40, 120, 300]) {
      await tab.written(chars);
      await expect.poll(() => proxy.cut(isStream)).toBeGreaterThan(0);
    }
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
    const streams = proxy.passed.filter(isStream);
    expect(streams.length).toBeGreaterThan(3);
    expect(streams.filter((path) => !path.includes("cursor=bo_"))).toEqual([]);
  });

  test("the socket is tried again when the page is loaded the next time", async () => {
    await using proxy = await NoUpgradeProxy.start(stage.server.port);
    const tab = await stage.openConsole({ origin: proxy.url, forgive: BLOCKED });
    const refused = proxy.refusedUpgrades;
    await tab.page.reload();
    await tab.live();
    await expect.poll(() => proxy.refusedUpgrades).toBeGreaterThanOrEqual(refused + 2);
  });
});
