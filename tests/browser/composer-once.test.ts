/** A message is sent once, whatever happens between the page and the server, and its draft is never lost. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { makeDataFolder } from "../support/data-folder.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { onBothServers, SHORT } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

const forgive = /WebSocket|ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|Failed to load resource/;
const settings = { YOI_DEMO_PACE: "0.02", YOI_STORE: "sqlite", YOI_DATA_DIR: makeDataFolder() };

onBothServers("A message", settings, (stage) => {
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await TcpProxy.start(() => stage.server.port);
  });
  afterEach(() => proxy.resume());
  afterAll(() => proxy[Symbol.asyncDispose]());

  /** Sends it on connections whose answers never arrive, and ends them once the server has it. */
  const sendIntoTheDark = async (tab: ConsolePage & { readonly ref: Parameters<typeof stage.transcript>[0] }) => {
    proxy.swallow(["to_client"]);
    proxy.accept({ kind: "swallow", directions: ["to_client"] });
    await tab.composer.fill(SHORT);
    await tab.composer.press("Enter");
    await expect.poll(async () => (await stage.transcript(tab.ref)).length).toBeGreaterThan(0);
  };
  const said = async (ref: Parameters<typeof stage.transcript>[0]) =>
    (await stage.transcript(ref)).filter(({ role }) => role === "user").map(({ content }) => content);

  test("whose answer was lost leaves the box by itself when the conversation shows it", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await sendIntoTheDark(tab);
    expect(await tab.composer.inputValue()).toBe(SHORT);
    proxy.reset();
    proxy.resume();
    await tab.userMessages.first().waitFor();
    await expect.poll(() => tab.composer.inputValue()).toBe("");
    await tab.settled();
    expect(await said(tab.ref)).toEqual([SHORT]);
  });

  test("whose answer was lost is not sent a second time by who tries again", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    const ids: unknown[] = [];
    tab.page.on("request", (request) => {
      if (request.url().endsWith("/input")) ids.push(request.postDataJSON().submission_id);
    });
    await sendIntoTheDark(tab);
    // The link stays away; commands pass.
    proxy.accept({ kind: "refuse" });
    proxy.reset();
    await tab.notice.filter({ hasText: tab.words.lostAnswer }).waitFor();
    expect(await tab.composer.inputValue()).toBe(SHORT);
    await tab.composer.press("End");
    await tab.page.keyboard.type("!");
    await tab.page.keyboard.press("Backspace");
    proxy.accept({ kind: "pass" });
    await tab.composer.press("Enter");
    await expect.poll(() => tab.composer.inputValue()).toBe("");
    await tab.growImpatient();
    await tab.live();
    await tab.settled();
    expect(await said(tab.ref)).toEqual([SHORT]);
    expect(new Set(ids).size).toBe(1);
  });

  test("whose answer was lost is known for sent by the page after a reload", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await sendIntoTheDark(tab);
    proxy.resume();
    await tab.reload();
    await tab.settled();
    expect(await tab.composer.inputValue()).toBe("");
    expect(await said(tab.ref)).toEqual([SHORT]);
    await tab.reload();
    expect(await tab.composer.inputValue()).toBe("");
  });

  test("whose answer was lost is the same after the server has been killed and started again", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    await sendIntoTheDark(tab);
    await expect.poll(async () => (await stage.transcript(tab.ref)).length).toBe(2);
    // What the page tries meanwhile fails.
    proxy.accept({ kind: "refuse" });
    await stage.restartServer(async () => proxy.reset());
    await tab.notice.filter({ hasText: tab.words.lostAnswer }).waitFor();
    proxy.accept({ kind: "pass" });
    await tab.composer.press("Enter");
    await expect.poll(() => tab.composer.inputValue()).toBe("");
    await tab.growImpatient();
    await tab.live();
    await tab.settled();
    expect(await said(tab.ref)).toEqual([SHORT]);
  });

  test("is kept while the server is away, and goes out once it is back", async () => {
    const tab = await stage.openConsole({ origin: proxy.url, forgive });
    proxy.accept({ kind: "refuse" });
    proxy.reset();
    await tab.composer.fill(SHORT);
    await tab.composer.press("Enter");
    await tab.notice.filter({ hasText: tab.words.lostAnswer }).waitFor();
    expect(await tab.composer.inputValue()).toBe(SHORT);
    proxy.resume();
    await tab.growImpatient();
    await tab.live();
    await tab.composer.press("Enter");
    await tab.userMessages.first().waitFor();
    await tab.settled();
    expect(await said(tab.ref)).toEqual([SHORT]);
  });

  test("is one message for who clicks twice", async () => {
    const tab = await stage.openConsole();
    await tab.composer.fill(SHORT);
    await tab.sendButton.dblclick();
    await tab.settled();
    expect(await said(tab.ref)).toEqual([SHORT]);
  });

  test("is one message for who sends it in two tabs at once", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const one = await stage.openConsole({ context });
    const other = await stage.openConsole({ context, ref: one.ref });
    await one.composer.fill(SHORT);
    await expect.poll(() => other.composer.inputValue()).toBe(SHORT);
    await Promise.all([one.composer.press("Enter"), other.composer.press("Enter")]);
    await Promise.all([one.settled(), other.settled()]);
    expect(await said(one.ref)).toEqual([SHORT]);
    expect([await one.composer.inputValue(), await other.composer.inputValue()]).toEqual(["", ""]);
  });
});
