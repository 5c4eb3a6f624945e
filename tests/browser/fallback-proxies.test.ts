/** The console below a prefix, through a real proxy that keeps it and one that strips it. */
import { expect, test } from "vitest";
import { workerPagePath } from "../../islands/paths.ts";
import { ProxyProcess } from "../support/proxy-process.ts";
import { onBothServers, SHORT } from "./both-servers.ts";

const WAYS = [
  { prefix: "kept", settings: { YOI_BASE_PATH: "/yoi/" } },
  { prefix: "stripped", settings: { YOI_TRUSTED_PROXIES: "127.0.0.1" } },
] as const;

for (const { prefix, settings } of WAYS) {
  onBothServers(`behind nginx with the prefix ${prefix}`, { YOI_DEMO_PACE: "0.1", ...settings }, (stage) => {
    test("the console holds a conversation, leads on, and asks for nothing outside of its prefix", async () => {
      await using proxy = await ProxyProcess.start({ kind: "nginx", prefix, upstreamPort: stage.server.port });
      const tab = await stage.openConsole({ origin: proxy.url });
      const asked: string[] = [];
      tab.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await tab.ask(SHORT);
      expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
      await tab.workerLinks.first().click();
      await tab.page.waitForURL((url) => url.pathname !== `/yoi${workerPagePath(tab.ref)}`);
      await tab.live();
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter((path) => !path.startsWith("/yoi/"))).toEqual([]);
      // A page that outlives its proxy complains of that.
      await tab.page.close();
    });
  });
}
