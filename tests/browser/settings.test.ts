/** What a person chooses for a browser: it holds at once, in every tab, and before the next page is painted. */
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { messagesFor } from "../../islands/messages.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { onOneServer, SHORT, SLOW } from "./both-servers.ts";
import { recordNotifications } from "../support/in-page.ts";

const words = toolMessagesFor("en");

onOneServer("Settings", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  test("change the colours in place, and the server renders the next page in them", async () => {
    const tab = await stage.openConsole({ colorScheme: "light" });
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    await tab.page.getByRole("radio", { name: words.settings.themes.dark }).check();
    const ground = () => tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await expect.poll(ground).toBe("rgb(23, 22, 31)");
    const html = await (await tab.page.context().request.get(tab.page.url())).text();
    expect(html).toContain('data-theme="dark"');
    await tab.reload();
    expect(await ground()).toBe("rgb(23, 22, 31)");
  });

  test("change the language without losing the draft or the answer that is written", async () => {
    const [tab, ref] = await Promise.all([stage.newTab(), stage.createWorker()]);
    const ends = await tab.holdEnds();
    await tab.open(stage.server.url + workerPagePath(ref));
    await tab.say(SLOW);
    await tab.written(10);
    ends.release();
    await tab.composer.fill("half a thought");
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    await tab.page.getByRole("radio", { name: "日本語" }).click();
    const ja = messagesFor("ja");
    await tab.page.locator('html[lang="ja"]').waitFor();
    await tab.linkState.filter({ hasText: ja.link.live }).waitFor();
    expect(await tab.composer.inputValue()).toBe("half a thought");
    await tab.page.getByRole("button", { name: ja.send, exact: true }).waitFor();
    expect((await tab.answers.last().innerText()).length).toBeGreaterThan(10);
    // An address that names a language is for that page alone.
    await tab.page.goto(`${tab.page.url()}?lang=en`);
    await tab.page.locator('html[lang="en"]').waitFor();
  });

  test("change the language by keys once it is meant, and not by what the arrow keys come by", async () => {
    const tab = await stage.openConsole();
    const { keyboard } = tab.page;
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    await tab.page.getByRole("radio", { name: words.settings.languageSystem }).focus();
    await keyboard.press("ArrowDown");
    await keyboard.press("ArrowDown");
    expect(await tab.page.getByRole("radio", { name: "日本語" }).isChecked()).toBe(true);
    await keyboard.press("Enter");
    await tab.linkState.filter({ hasText: messagesFor("ja").link.live }).waitFor();
    await tab.page.getByRole("button", { name: toolMessagesFor("ja").settings.title }).click();
    await tab.page.getByRole("radio", { name: "日本語" }).focus();
    await keyboard.press("ArrowUp");
    await keyboard.press("Escape");
    await tab.live();
    expect(await tab.page.locator("html").getAttribute("lang")).toBe("en");
  });

  test("outlast the cookies by which the server knows them", async () => {
    const context = await stage.newContext({ locale: "en-GB", colorScheme: "light" });
    const tab = await stage.openConsole({ context });
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    await tab.page.getByRole("radio", { name: words.settings.themes.dark }).check();
    await tab.page.getByRole("radio", { name: "日本語" }).click();
    // By then that page has told the server again: it does so once, before its link is live.
    await tab.linkState.filter({ hasText: messagesFor("ja").link.live }).waitFor();
    await context.clearCookies();
    await tab.page.reload();
    const looks = () =>
      tab.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset["theme"]]);
    await expect.poll(looks).toEqual(["en", "dark"]);
    await tab.page.reload();
    await expect.poll(looks).toEqual(["ja", "dark"]);
  });

  test("change the colours and which key sends, also in the tab beside", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const one = await stage.openConsole({ context });
    const other = await stage.openConsole({ context, ref: one.ref });
    await one.page.getByRole("button", { name: words.settings.title }).click();
    await one.page.getByRole("radio", { name: words.settings.themes.dark }).check();
    await expect.poll(() => other.page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await one.page.getByRole("radio", { name: words.settings.sendKeys("Ctrl")["mod-enter"] }).check();
    await expect.poll(() => other.sendButton.getAttribute("title")).toContain("Ctrl+Enter");
    await other.composer.fill(SHORT);
    await other.composer.press("Control+Enter");
    await other.userMessages.first().waitFor();
    await other.settled();
  });

  test("turn notifications on only where the browser allows them, and say why not", async () => {
    const tab = await stage.openConsole();
    await tab.page.evaluate(() => {
      const answers: NotificationPermission[] = ["denied"];
      Object.defineProperty(Notification, "permission", { get: () => answers.at(-1), configurable: true });
    });
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    const box = tab.page.getByRole("checkbox", { name: words.settings.notify });
    await box.waitFor();
    expect(await box.isChecked()).toBe(false);
    await tab.page.getByText(words.settings.notifyBlocked).waitFor();
    await box.click({ force: true });
    expect(await box.isChecked()).toBe(false);
  });

  test("tell of an answer that ended behind the reader's back, where that was asked for", async () => {
    const context = await stage.newContext({ locale: "en-GB", permissions: ["notifications"] });
    const tab = await stage.newTab({ context });
    await tab.page.addInitScript(recordNotifications);
    await tab.open(stage.server.url);
    await tab.page.getByRole("button", { name: words.settings.title }).click();
    await tab.page.getByRole("checkbox", { name: words.settings.notify }).check();
    await tab.page.keyboard.press("Escape");
    const shown = () => tab.page.evaluate(() => (globalThis as { shownNotifications?: string[] }).shownNotifications);
    await tab.ask(SHORT);
    expect(await shown()).toEqual([]);
    await tab.composer.fill(SHORT);
    await hide(true);
    await tab.composer.press("Enter");
    await expect.poll(shown).toEqual([`Companion: ${words.notification.finished}`]);
    expect(await tab.page.title()).toMatch(/^✓ /);
    await hide(false);
    await expect.poll(() => tab.page.title()).not.toMatch(/^✓ /);

    async function hide(isHidden: boolean): Promise<void> {
      await tab.page.evaluate((hidden) => {
        const visibilityState = hidden ? "hidden" : "visible";
        Object.defineProperty(document, "visibilityState", { get: () => visibilityState, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    }
  });

  test("an installed app has a manifest and icons that a browser can use", async () => {
    const tab = await stage.openConsole();
    const href = await tab.page.locator('link[rel="manifest"]').getAttribute("href");
    const address = new URL(href ?? "", tab.page.url());
    const manifest = (await (await fetch(address)).json()) as { icons: { src: string; type: string }[] };
    for (const { src, type } of manifest.icons) {
      const icon = await fetch(new URL(src, address));
      expect([src, icon.status, icon.headers.get("content-type")]).toEqual([src, 200, type]);
    }
    const session = await tab.page.context().newCDPSession(tab.page);
    const { errors } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
  });
});
