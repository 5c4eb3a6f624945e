/** The console's bench still builds its peer, opens both pages and measures a window of each. */
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { conversationOf, openConsoleStage, openPeerStage } from "../../bench/console-stage.ts";
import { subjectOf } from "../../bench/console-subject.ts";
import { buildPeer } from "../../bench/peer-page.ts";
import { spawnWorker } from "../../bench/programs/worker-client.ts";
import { launchChromium } from "../../support/chromium.ts";
import { ServerProcess } from "../../support/server-process.ts";

test("a window of a stream is measured on the console and on its peer", async () => {
  const messages = conversationOf(10);
  const workload = { label: "10 messages", messages: messages.length, prefixChars: 200, staysOpen: false };
  await using server = await ServerProcess.start({ engine: "node" });
  const folder = await buildPeer("console-peer");
  const browser = await launchChromium();
  try {
    await using ours = await openConsoleStage(server.url, await spawnWorker(server.url), messages);
    await using theirs = await openPeerStage(folder, messages);
    for (const [side, stage] of [["console", ours] as const, ["peer", theirs] as const]) {
      const cost = await (await subjectOf(browser, side, workload, stage)).take();
      expect(cost.scriptMs, side).toBeGreaterThan(0);
      expect(cost.taskMs, side).toBeGreaterThan(cost.scriptMs);
    }
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
});
