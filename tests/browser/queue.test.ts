/** Messages that are written while an answer is: they wait in a person's order and go out one by one. */
import type { BrowserContext, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { turnMessagesFor } from "../../islands/messages-turns.ts";
import { workerApiPath, workerPagePath } from "../../islands/paths.ts";
import { QUEUE_MAX_ITEMS } from "../../islands/store/queue-storage.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { onOneServer, SHORT, SLOW } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

const words = turnMessagesFor("en").queue;
/** A run that goes on until it is stopped. */
const ENDLESS = "/demo timeout";
const SMALLEST_TARGET_PX = 24;

class QueuePart {
  readonly tab: ConsolePage;

  constructor(tab: ConsolePage) {
    this.tab = tab;
  }

  get region(): Locator {
    return this.tab.page.getByRole("region", { name: words.label });
  }

  get items(): Locator {
    return this.region.getByRole("listitem");
  }

  get sendNow(): Locator {
    return this.region.getByRole("button", { name: words.sendNow });
  }

  button(place: number, name: string): Locator {
    return this.items.nth(place).getByRole("button", { name });
  }

  get editor(): Locator {
    return this.region.getByRole("textbox", { name: words.editLabel });
  }

  async texts(): Promise<readonly string[]> {
    return this.items.locator("p").allInnerTexts();
  }

  /** Writes messages and sends them, one after the other. */
  async add(...texts: readonly string[]): Promise<void> {
    const field = this.tab.page.locator("#composer-input");
    for (const text of texts) {
      const before = await this.items.count();
      await field.fill(text);
      await field.press("Enter");
      await this.items.nth(before).waitFor();
      await this.tab.page.waitForFunction(
        () => document.querySelector<HTMLTextAreaElement>("#composer-input")?.value === "",
      );
    }
  }

  /** What has the focus, e.g. `Move up`. */
  async focused(): Promise<string> {
    return this.tab.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  }
}

onOneServer("Messages that are written while an answer is", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await TcpProxy.start(() => stage.server.port);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  /** A console that does not learn of an answer's end before it is let through. */
  const openHolding = async (ref?: WorkerRef, context?: BrowserContext) => {
    const tab = await stage.newTab(context ? { context } : {});
    const own = ref ?? (await stage.createWorker());
    const ends = await tab.holdEnds();
    await tab.open(stage.server.url + workerPagePath(own));
    return { tab: Object.assign(tab, { ref: own }), ends };
  };
  const said = async (ref: Parameters<typeof stage.transcript>[0]) =>
    (await stage.transcript(ref)).map(({ role, content }) => (role === "user" ? content : role));

  test("wait, and go out one by one in order as the answers end", async () => {
    const { tab, ends } = await openHolding();
    const queue = new QueuePart(tab);
    await tab.say(SLOW);
    await queue.add("the second", "the third");
    expect(await queue.texts()).toEqual(["the second", "the third"]);
    ends.release();
    await tab.settled(3);
    expect(await said(tab.ref)).toEqual([SLOW, "assistant", "the second", "assistant", "the third", "assistant"]);
    expect(await queue.region.count()).toBe(0);
  });

  test("go out although the page was reloaded while they waited", async () => {
    const { tab, ends } = await openHolding();
    const queue = new QueuePart(tab);
    await tab.say(SLOW);
    await queue.add("the second", "the third");
    ends.release();
    await tab.reload();
    await tab.settled(3);
    expect(await said(tab.ref)).toEqual([SLOW, "assistant", "the second", "assistant", "the third", "assistant"]);
  });

  test("are held when the answer is stopped, through a reload too, until somebody says so", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add("the second", "the third");
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    await queue.region.getByText(words.heldStopped).waitFor();
    await tab.reload();
    await queue.region.getByText(words.heldStopped).waitFor();
    expect(await queue.texts()).toEqual(["the second", "the third"]);
    await queue.sendNow.click();
    await tab.settled(3);
    expect(await tab.userMessages.count()).toBe(3);
    expect((await said(tab.ref)).filter((line) => line !== "assistant")).toEqual([ENDLESS, "the second", "the third"]);
  });

  test("are held when the answer fails, and go on after the next one that ends well", async () => {
    const { tab, ends } = await openHolding();
    const queue = new QueuePart(tab);
    await tab.say("/demo rate-limit always");
    await queue.add("the last");
    ends.release();
    await tab.failures.waitFor();
    await queue.region.getByText(words.heldFailed).waitFor();
    await tab.composer.fill(SHORT);
    await tab.composer.press("Enter");
    await tab.userMessages.filter({ hasText: "the last" }).waitFor();
    await tab.settled(3);
    expect((await said(tab.ref)).slice(-4)).toEqual([SHORT, "assistant", "the last", "assistant"]);
  });

  test("are moved, edited and removed by keys, and the focus stays with them", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    const { keyboard } = tab.page;
    await tab.say(ENDLESS);
    await queue.add("a", "b", "c");
    await queue.button(2, words.edit).focus();
    await keyboard.press("ArrowRight");
    expect(await queue.focused()).toBe(words.moveUp);
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["a", "c", "b"]);
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["c", "a", "b"]);
    expect(await queue.focused()).toBe(words.moveUp);
    await tab.page
      .getByRole("status")
      .filter({ hasText: words.moved(1, 3) })
      .waitFor({ state: "attached" });
    // At the top the button stays, does nothing, and keeps the focus.
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["c", "a", "b"]);
    await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["a", "c", "b"]);
    expect(await queue.focused()).toBe(words.moveDown);
    await keyboard.press("Home");
    await keyboard.press("Enter");
    await queue.editor.fill("c, but better");
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["a", "c, but better", "b"]);
    expect(await queue.focused()).toBe(words.edit);
    await keyboard.press("End");
    expect(await queue.focused()).toBe(words.remove);
    await keyboard.press("Enter");
    expect(await queue.texts()).toEqual(["a", "b"]);
    expect(await queue.focused()).toBe(words.remove);
    await keyboard.press("Enter");
    await keyboard.press("Enter");
    await queue.region.waitFor({ state: "detached" });
    await keyboard.type("here");
    expect(await tab.composer.inputValue()).toBe("here");
    await keyboard.press("Escape");
    await tab.settled();
    expect(await said(tab.ref)).toEqual([ENDLESS]);
  });

  test("are dragged to another place", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add("a", "b", "c");
    const middle = async (place: number) => {
      const box = await queue.items.nth(place).boundingBox();
      return (box?.y ?? 0) + (box?.height ?? 0) / 2;
    };
    const handle = await queue.items.nth(0).getByTitle(words.drag).boundingBox();
    const x = (handle?.x ?? 0) + 8;
    await tab.page.mouse.move(x, await middle(0));
    await tab.page.mouse.down();
    await tab.page.mouse.move(x, await middle(1), { steps: 4 });
    await tab.page.mouse.move(x, (await middle(2)) + 8, { steps: 4 });
    await tab.page.mouse.up();
    expect(await queue.texts()).toEqual(["b", "c", "a"]);
    // Let go of, it follows no more.
    await tab.page.mouse.move(x, await middle(0), { steps: 4 });
    expect(await queue.texts()).toEqual(["b", "c", "a"]);
    await tab.reload();
    expect(await queue.texts()).toEqual(["b", "c", "a"]);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
  });

  test("are not sent while they are edited; Escape gives up the change and not the answer", async () => {
    const { tab, ends } = await openHolding();
    const queue = new QueuePart(tab);
    await tab.say(SLOW);
    await queue.add("the second");
    await queue.button(0, words.edit).click();
    await queue.editor.fill("given up");
    await tab.page.keyboard.press("Escape");
    expect(await queue.texts()).toEqual(["the second"]);
    await expect.poll(() => queue.focused()).toBe(words.edit);
    expect(await tab.stopButton.count()).toBe(1);
    await queue.button(0, words.edit).click();
    await queue.editor.fill("the second, at length");
    ends.release();
    await tab.settled();
    await tab.stopButton.waitFor({ state: "detached" });
    expect(await said(tab.ref)).toEqual([SLOW, "assistant"]);
    await queue.region.getByRole("button", { name: words.save }).click();
    await tab.settled(2);
    expect(await said(tab.ref)).toEqual([SLOW, "assistant", "the second, at length", "assistant"]);
  });

  test("leave the focus to the message box when they go out from under it", async () => {
    const { tab, ends } = await openHolding();
    const queue = new QueuePart(tab);
    await tab.say(SLOW);
    await queue.add("the second");
    await queue.button(0, words.edit).focus();
    await tab.page.keyboard.press("ArrowRight");
    expect(await queue.focused()).toBe(words.moveUp);
    ends.release();
    await tab.settled(2);
    await tab.composer.and(tab.page.locator(":focus")).waitFor();
  });

  test("keep what was being changed when the page goes", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add("the second");
    await queue.button(0, words.edit).click();
    await queue.editor.fill("the second, at length");
    await tab.reload();
    await queue.items.first().waitFor();
    expect(await queue.texts()).toEqual(["the second, at length"]);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
  });

  test("are shown by both tabs of a Worker and sent once", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const { tab: one, ends } = await openHolding(undefined, context);
    const { tab: other, ends: otherEnds } = await openHolding(one.ref, context);
    await one.say(SLOW);
    await other.stopButton.waitFor();
    await new QueuePart(one).add("the second");
    await new QueuePart(other).items.first().waitFor();
    await new QueuePart(other).add("the third");
    await expect.poll(() => new QueuePart(one).texts()).toEqual(["the second", "the third"]);
    ends.release();
    otherEnds.release();
    await Promise.all([one.settled(3), other.settled(3)]);
    expect(await said(one.ref)).toEqual([SLOW, "assistant", "the second", "assistant", "the third", "assistant"]);
  });

  test("are sent once though an answer of the server is lost on its way", async () => {
    const forgive = /WebSocket|ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|Failed to load resource/;
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add("the second", "the third");
    // The stop's answer is lost too, so that the browser asks for it again, by itself, while the second is answered.
    for (const link of proxy.links) if (!/upgrade: websocket/i.test(link.opening)) link.swallow(["to_client"]);
    await tab.page.keyboard.press("Escape");
    await queue.sendNow.waitFor();
    proxy.swallow(["to_client"]);
    proxy.accept({ kind: "swallow", directions: ["to_client"] });
    await queue.sendNow.click();
    await expect.poll(async () => (await said(tab.ref)).includes("the second")).toBe(true);
    await queue.region.getByText(words.onItsWay).waitFor();
    proxy.reset();
    proxy.resume();
    await tab.growImpatient();
    await tab.live();
    await tab.settled(3);
    expect((await said(tab.ref)).filter((line) => line !== "assistant")).toEqual([ENDLESS, "the second", "the third"]);
  });

  test("are only so many: one more stays in the box, with the reason", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add(...Array.from({ length: QUEUE_MAX_ITEMS }, (_, place) => `message ${place + 1}`));
    await tab.composer.fill("one more");
    await tab.page.getByRole("status").filter({ hasText: words.full }).waitFor();
    await tab.composer.press("Enter");
    expect(await tab.composer.inputValue()).toBe("one more");
    expect(await queue.items.count()).toBe(QUEUE_MAX_ITEMS);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
  });

  test("stay in sight when the Worker is stopped for good, to be copied elsewhere", async () => {
    const tab = await stage.openConsole();
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add("the second");
    const stopped = await fetch(`${stage.server.url}${workerApiPath(tab.ref)}/stop`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(stopped.ok).toBe(true);
    await tab.page.getByText(tab.words.ended).waitFor();
    expect(await queue.texts()).toEqual(["the second"]);
    await queue.button(0, words.edit).click();
    expect(await queue.editor.inputValue()).toBe("the second");
    await tab.page.keyboard.press("Escape");
    await queue.button(0, words.remove).click();
    await queue.region.waitFor({ state: "detached" });
  });

  test("fit a narrow window, with targets that fingers hit, and forced colours", async () => {
    const tab = await stage.openConsole({ viewport: { width: 320, height: 640 }, forcedColors: "active" });
    const queue = new QueuePart(tab);
    await tab.say(ENDLESS);
    await queue.add(`${"w".repeat(200)} and so on`, "b\n".repeat(30).trim());
    const targets = await queue.region.locator("button, [title]").evaluateAll((elements) =>
      elements.map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return Math.min(width, height);
      }),
    );
    expect(targets.length).toBeGreaterThan(8);
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(SMALLEST_TARGET_PX);
    const overflow = await tab.page.evaluate(() => {
      const region = document.querySelector("section.queue");
      const page = document.documentElement;
      return [page.scrollWidth - page.clientWidth, (region?.scrollWidth ?? 0) - (region?.clientWidth ?? 0)];
    });
    expect(overflow).toEqual([0, 0]);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
  });

  test("speak Japanese, and an input method's keys do not end their editing", async () => {
    const ja = turnMessagesFor("ja").queue;
    const tab = await stage.openConsole({ locale: "ja" });
    await tab.say(ENDLESS);
    await tab.composer.fill("次の質問");
    await tab.composer.press("Enter");
    const region = tab.page.getByRole("region", { name: ja.label });
    await region.getByRole("button", { name: ja.edit }).click();
    const editor = region.getByRole("textbox", { name: ja.editLabel });
    // Safari's order: the composition has ended when its Enter, or its Escape, comes.
    await editor.evaluate((field) => {
      for (const [key, code] of [
        ["Enter", 13],
        ["Escape", 27],
      ] as const) {
        field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
        field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "質問" }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key, keyCode: code, bubbles: true, cancelable: true }));
        field.dispatchEvent(new KeyboardEvent("keyup", { key, keyCode: code, bubbles: true }));
      }
    });
    expect(await editor.count()).toBe(1);
    expect(await tab.stopButton.count()).toBe(1);
    await editor.fill("別の質問");
    await editor.press("Enter");
    expect(await region.getByRole("listitem").locator("p").allInnerTexts()).toEqual(["別の質問"]);
    await tab.stopButton.click();
    await region.getByText(ja.heldStopped).waitFor();
    await tab.settled();
  });
});
