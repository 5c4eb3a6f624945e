/** In and out by the keyboard alone: the login page, the settings, and where a person is afterwards. */
import { expect, test } from "vitest";
import { messagesFor } from "../../islands/messages.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { onOneServer } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

const TOKEN = "an-access-token-of-some-length";
const en = toolMessagesFor("en").settings;
const messages = messagesFor("en");
const ja = toolMessagesFor("ja").settings;

onOneServer("A login", { YOI_ACCESS_TOKEN: TOKEN }, (stage) => {
  test("ends where a person logs out, in its own tabs or everywhere, by the keyboard alone", async () => {
    // The sockets of a login that has ended are refused, which the browser writes down.
    const window = { forgive: /401|ERR_ABORTED|WebSocket|login/ };
    const one = await stage.newTab(window);
    const other = await stage.newTab({ ...window, locale: "ja" });
    const logIn = async (tab: ConsolePage) => {
      await tab.page.goto(stage.server.url);
      // The page puts the person there by itself.
      await tab.page.locator("#login-token:focus").waitFor();
      await tab.page.keyboard.type(TOKEN);
      await tab.page.keyboard.press("Enter");
      await tab.alive();
    };
    for (const tab of [one, other]) await logIn(tab);
    await one.page.getByRole("button", { name: en.title }).press("Enter");
    await one.page.getByRole("button", { name: en.logOut, exact: true }).press("Enter");
    await one.page.waitForURL(/\/login$/);
    await one.page.goto(stage.server.url);
    expect(new URL(one.page.url()).pathname).toBe("/login");
    // The other login goes on.
    await other.reload();

    await logIn(one);
    await other.page.getByRole("button", { name: ja.title }).press("Enter");
    await other.page.getByRole("button", { name: ja.logOutEverywhere }).press("Enter");
    await other.page.waitForURL(/\/login$/);
    // Where a page stands open, it is told, and leads to the login.
    const details = one.page.locator("details.link");
    // There alone: once it has lasted for a while, it stands beside the message box as well.
    await details.getByText(messages.problem("login_required")).waitFor({ state: "attached" });
    await one.page.getByRole("button", { name: messages.link.tryNow }).click();
    await one.page.waitForURL(({ pathname }) => pathname === "/login");
  });
});
