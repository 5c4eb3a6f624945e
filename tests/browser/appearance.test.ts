/** Every screen and every taste: narrow, dark, calm, forced colours. Pictures go to a temporary folder, for eyes. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pageWordsFor } from "../../routes/page-words.ts";
import { onOneServer, SHORT } from "./both-servers.ts";

type Media = NonNullable<Parameters<import("playwright-core").Page["emulateMedia"]>[0]>;

const TASTES: Readonly<Record<string, Media>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  calm: { reducedMotion: "reduce" },
  forced: { forcedColors: "active", colorScheme: "dark" },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "yoi-looks-"));
});

onOneServer("The console's looks", { YOI_DEMO_PACE: "0" }, (stage) => {
  test.each([
    [320, 640],
    [768, 1024],
    [1920, 1080],
  ])("fit a window of %i by %i without scrolling sideways", async (width, height) => {
    const tab = await stage.openConsole({ viewport: { width, height } });
    for (const message of [
      "/demo markdown",
      "/demo unicode",
      `${"w".repeat(400)} https://example.com/${"a".repeat(300)}`,
    ]) {
      await tab.ask(message);
      await tab.page.screenshot({ path: join(folder, `${stage.engine}-${width}-${await tab.messages.count()}.png`) });
      const overflow = await tab.page.evaluate(() => {
        const wide = (element: Element | null) => (element ? element.scrollWidth - element.clientWidth : 0);
        return [wide(document.documentElement), wide(document.querySelector("[role=log]"))];
      });
      expect(overflow, message).toEqual([0, 0]);
    }
    expect(await tab.composer.isVisible()).toBe(true);
    expect(await tab.sendButton.isVisible()).toBe(true);
  });

  test.each(Object.entries(TASTES))("suit a reader who wants them %s", async (name, media) => {
    const tab = await stage.newTab();
    await tab.page.emulateMedia(media);
    await tab.open(`${stage.server.url}/`);
    await tab.ask("/demo markdown");
    await tab.ask(SHORT);
    const picture = await tab.page.screenshot({ path: join(folder, `${stage.engine}-${name}.png`) });
    expect(picture.length).toBeGreaterThan(10_000);
  });

  test("put the whole conversation on paper, in dark ink, and not the screen's part of it", async () => {
    const tab = await stage.openConsole({ viewport: { width: 800, height: 400 } });
    await tab.ask("/demo markdown");
    await tab.ask(SHORT);
    await tab.page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
    const areOnPaper = () =>
      tab.messages.evaluateAll((all) =>
        all.map((message) => {
          const { top, bottom } = message.getBoundingClientRect();
          return top + scrollY >= 0 && bottom + scrollY <= document.documentElement.scrollHeight;
        }),
      );
    expect(await areOnPaper()).toContain(false);
    await tab.page.emulateMedia({ media: "print" });
    expect(await areOnPaper()).toEqual([true, true, true, true]);
    expect(await tab.scroller.evaluate((log) => getComputedStyle(log).overflowY)).toBe("visible");
    expect(await tab.page.evaluate(() => getComputedStyle(document.body).color)).toBe("rgb(35, 33, 44)");
    expect(await tab.page.getByRole("heading", { level: 1 }).isVisible()).toBe(true);
    expect(await tab.composer.isVisible()).toBe(false);
  });

  test("put the Workers into a drawer on a phone, which opens and closes", async () => {
    const tab = await stage.openConsole({ viewport: { width: 320, height: 640 }, hasTouch: true });
    const companion = tab.workerLinks.filter({ hasText: "Companion" });
    expect(await companion.isVisible()).toBe(false);
    await tab.page.getByRole("button", { name: pageWordsFor("en").openWorkers }).tap();
    await companion.waitFor();
    await tab.page.keyboard.press("Escape");
    await companion.waitFor({ state: "hidden" });
  });
});
