/** Search in the whole conversation, also where the page does not show it. */
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { workerApiPath } from "../../islands/paths.ts";
import { onOneServer, SHORT } from "./both-servers.ts";

const words = toolMessagesFor("en");

onOneServer("Search", { YOI_DEMO_PACE: "0" }, (stage) => {
  test("finds words whatever their width and case, and leads to where they stand", async () => {
    const tab = await stage.openConsole();
    await tab.ask("ﾊﾟｿｺﾝ and TEA");
    await tab.ask(SHORT);
    await tab.ask("/demo long 400");
    await tab.scroller.focus();
    await tab.page.keyboard.press("/");
    const field = tab.page.getByRole("searchbox", { name: words.search.title });
    await field.fill("パソコン and ｔｅａ");
    const hit = tab.page.getByRole("list", { name: words.search.results }).getByRole("button").last();
    await hit.waitFor();
    expect(await hit.innerText()).toContain("ﾊﾟｿｺﾝ and TEA");
    await hit.click();
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => new URL(tab.page.url()).hash).toMatch(/^#entry-\d+$/);
    const row = tab.userMessages.filter({ hasText: "ﾊﾟｿｺﾝ" });
    await expect.poll(() => row.evaluate(isInView)).toBe(true);
  });

  test("fetches older pages, tells how far it is, stops when asked and goes on", async () => {
    const tab = await stage.openConsole();
    const { ref } = tab;
    await tab.ask("the very first needle");
    // More than the page is given at first.
    for (let run = 0; run < 90; run += 1) await answered(`filler ${run}`);
    await tab.reload();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await tab.page.route("**/entries?**", async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    });
    await tab.scroller.focus();
    await tab.page.keyboard.press("/");
    await tab.page.getByRole("searchbox").fill("very first needle");
    await asked.promise;
    const progress = tab.page.getByTestId("search-progress");
    await progress.filter({ hasText: /^Searching: \d+ of \d+ entries$/ }).waitFor();
    await tab.page.getByRole("button", { name: words.search.stop }).click();
    await progress.filter({ hasText: /^Searched \d+ of \d+ entries/ }).waitFor();
    held.resolve();
    await tab.page.getByRole("button", { name: words.search.goOn }).click();
    const hits = tab.page.getByRole("list", { name: words.search.results }).getByRole("button");
    await hits.filter({ hasText: "the very first needle" }).first().waitFor();
    await hits.last().click();
    const row = tab.userMessages.filter({ hasText: "the very first needle" });
    await expect.poll(async () => (await row.count()) > 0 && row.first().evaluate(isInView)).toBe(true);

    async function answered(content: string): Promise<void> {
      const body = JSON.stringify({ content });
      const headers = { "content-type": "application/json" };
      await expect
        .poll(
          async () =>
            (await fetch(`${stage.server.url}${workerApiPath(ref)}/input`, { method: "POST", headers, body })).status,
        )
        .toBeLessThan(300);
    }
  });

  test("says that it found nothing", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    await tab.page.keyboard.press("Control+k");
    await tab.page.getByRole("combobox").fill("xyzzyplugh");
    await tab.page.getByRole("option", { name: words.palette.searchFor("xyzzyplugh") }).click();
    const field = tab.page.getByRole("searchbox");
    await field.waitFor();
    expect(await field.inputValue()).toBe("xyzzyplugh");
    await tab.page.getByTestId("search-progress").filter({ hasText: words.search.none }).waitFor();
    await field.press("Escape");
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

function isInView(element: Element): boolean {
  const log = element.closest("[role=log]")?.getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  return log !== undefined && bottom > log.top && top < log.bottom;
}
