/** A page whose person may see or do less than others, also from one moment to the next, and how far behind it is. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { ClientFrame } from "../../protocol/frame.ts";
import type { ConsolePage } from "./console-page.ts";
import { onOneServer } from "./both-servers.ts";
import { FrameProxy } from "./frame-proxy.ts";

const THINK = "/demo think";
const NOBODY = { read_only: [], hide_inner_work: [] };
const EVERYBODY = { read_only: ["*"], hide_inner_work: ["*"] };

onOneServer("What a viewer may see and do", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  let proxy: FrameProxy;
  beforeAll(async () => {
    proxy = await FrameProxy.start(() => stage.server.port);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  const change = async (rules: object) => {
    const init = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(rules) };
    expect((await fetch(`${stage.server.url}/api/viewer-rules`, init)).status).toBe(200);
  };
  const hiddenLines = (tab: ConsolePage) => tab.log.getByText(tab.words.hidden);
  const newWorker = (tab: ConsolePage) => tab.page.getByRole("button", { name: tab.words.newWorker });

  test("changes while the page is open, and a reload shows the same", async () => {
    const tab = await stage.openConsole({ locale: "ja" });
    await tab.ask(THINK);
    await tab.log.locator("details.thinking").waitFor();
    const thought = await tab.log.locator("details.thinking .line-detail").textContent();
    expect(thought).toContain("train of thought");
    await tab.composer.fill("a draft");
    try {
      await change(EVERYBODY);
      await hiddenLines(tab).waitFor();
      const note = tab.page.getByText(tab.words.readOnly);
      await note.waitFor();
      // A draft stays in sight, to be copied elsewhere.
      expect(await tab.composer.inputValue()).toBe("a draft");
      expect([await tab.composer.isEditable(), await tab.sendButton.isEnabled()]).toEqual([false, false]);
      expect(await tab.log.textContent()).not.toContain("train of thought");
      expect(await tab.answers.count()).toBe(1);
      expect(await newWorker(tab).count()).toBe(0);
      await tab.page.keyboard.press("Control+k");
      const options = tab.page.getByRole("option");
      await options.first().waitFor();
      const offered = await options.allTextContents();
      const { menu, palette } = toolMessagesFor("ja");
      expect(offered.some((text) => text.includes(menu.exportJson))).toBe(true);
      for (const words of [menu.renameWorker, palette.importConversation, palette.writeMessage]) {
        expect(offered.filter((text) => text.includes(words))).toEqual([]);
      }
      await tab.page.keyboard.press("Escape");
      // What the server renders is what the page has shown.
      const shown = await tab.conversation();
      await tab.reload();
      await Promise.all([note.waitFor(), hiddenLines(tab).waitFor()]);
      expect(await tab.conversation()).toEqual(shown);
      expect(await tab.composer.isEditable()).toBe(false);
      expect(await newWorker(tab).count()).toBe(0);
    } finally {
      await change(NOBODY);
    }
    await tab.composer.waitFor();
    await tab.log.locator("details.thinking").waitFor();
    expect(await tab.log.locator("details.thinking .line-detail").textContent()).toBe(thought);
    await newWorker(tab).waitFor();
    await tab.ask(THINK);
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });

  test("hides thinking as it streams, and the message box where nothing is written in it", async () => {
    const tab = await stage.openConsole();
    const reader = await stage.openConsole({ ref: tab.ref });
    try {
      await change({ read_only: [], hide_inner_work: ["*"] });
      await tab.ask(THINK);
      await hiddenLines(tab).waitFor();
      expect(await tab.log.locator("details").count()).toBe(0);
      expect(await tab.log.locator("[data-hidden]").textContent()).toMatch(/^Thought for .* \(hidden from you\)$/);
      await change(EVERYBODY);
      await Promise.all([tab, reader].map(({ composer }) => composer.waitFor({ state: "hidden" })));
      expect(await reader.conversation()).toEqual(await tab.conversation());
      expect(await tab.oddities()).toEqual(tab.noOddities);
    } finally {
      await change(NOBODY);
    }
  });

  test("a page that comes back counts what it has missed, until it has all of it", async () => {
    const tab = await stage.newTab({ forgive: /WebSocket connection|ERR_|Failed to load resource/ });
    const ref = await stage.createWorker();
    let isSlow = false;
    let letThrough = () => {};
    await tab.page.routeWebSocket(/\/events\/ws/, (socket) => {
      const server = socket.connectToServer();
      const held: (() => void)[] = [];
      let isHeld = false;
      letThrough = () => {
        isHeld = false;
        for (const send of held.splice(0)) send();
      };
      server.onMessage((message) => {
        if (isHeld) return void held.push(() => socket.send(message));
        const frame = ClientFrame.parse(JSON.parse(String(message)));
        isHeld = isSlow && frame.kind === "heartbeat" && frame.behind !== undefined;
        socket.send(message);
      });
    });
    await tab.open(`${proxy.url}/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`);
    proxy.isDown = true;
    proxy.breakNow(ref, "end");
    const other = await stage.openConsole({ ref });
    await other.ask(THINK);
    isSlow = true;
    proxy.isDown = false;
    await tab.tryNow();
    await tab.linkState.filter({ hasText: /^Catching up \(\d+ behind\)$/ }).waitFor();
    letThrough();
    await tab.live();
    await expect.poll(() => tab.conversation()).toEqual(await other.conversation());
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });
});
