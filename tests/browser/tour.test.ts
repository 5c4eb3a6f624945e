/** The tour of the offline demo: what each of its buttons does, and that nothing is lost by any of them. */
import { expect, test } from "vitest";
import type { Locale } from "../../islands/console-data.ts";
import { en } from "../../islands/messages-en.ts";
import { tourMessagesFor } from "../../islands/tour/messages-tour.ts";
import type { TourStepId } from "../../islands/tour/tour-steps.ts";
import type { ProblemCode } from "../../protocol/problem.ts";
import { onBothServers, SHORT, type Stage } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 780 };
const settings = { YOI_DEMO_PACE: "0.05", YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "5000" };
/** At this pace the slow answer takes half a minute: whatever befalls it does so before its end. */
const slowly = { YOI_DEMO_PACE: "0.5" };

function tourOf({ page }: ConsolePage, locale: Locale = "en") {
  const words = tourMessagesFor(locale);
  const panel = page.getByRole("complementary", { name: words.title });
  const button = (id: TourStepId) => panel.getByRole("button", { name: words.steps[id].label, exact: true });
  return {
    words,
    panel,
    button,
    opener: page.getByRole("button", { name: words.open, exact: true }),
    /** Presses a button and waits for what it points out. */
    async take(id: TourStepId) {
      await button(id).click();
      await panel.getByRole("status").filter({ hasText: words.steps[id].look }).waitFor();
    },
    async alive() {
      await page.waitForFunction(() => document.getElementById("tour")?.dataset["hydrated"] !== undefined);
    },
  };
}

async function openTour(stage: Stage, options: { readonly locale?: Locale } = {}) {
  const tab = await stage.openConsole({ viewport: WIDE, ...options });
  const tour = tourOf(tab, options.locale);
  await tour.alive();
  return { tab, tour };
}

onBothServers("The tour, while an answer takes its time", slowly, (stage) => {
  test("restarts the Runtime in the middle of an answer: the answer ends as interrupted, all text stays, and the Worker is there again", async () => {
    const { tab, tour } = await openTour(stage);
    await tab.ask(SHORT);
    await tour.take("restart");
    await tab.log.getByText(en.runEnd("interrupted"), { exact: true }).waitFor();
    await tab.live();
    expect(await tab.answers.count()).toBe(2);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
    expect((await tab.answerText()).length).toBeGreaterThan(0);
    await tab.ask(SHORT);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    const before = await tab.conversation();
    await tab.reload();
    expect(await tab.conversation()).toEqual(before);
  });
});

onBothServers("The tour", settings, (stage) => {
  test("drops this page's connection in the middle of an answer, and the answer goes on without a missing word", async () => {
    const { tab, tour } = await openTour(stage);
    await tab.composer.fill("half a thought");
    await tour.take("drop");
    // That it was asked for may be answered before the page hears of its link's end.
    await expect.poll(async () => (await tab.counters())[en.link.counters.resumed]).toBe(2);
    await tab.live();
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
    expect(await tab.userMessages.count()).toBe(1);
    expect(await tab.composer.inputValue()).toBe("half a thought");
  });

  // What the provider does wrong is the same on every server.
  if (stage.engine === "deno") return;

  test.each<[TourStepId, ProblemCode, boolean]>([
    ["stall", "between_chunks_timeout", true],
    ["malformed", "provider_malformed", true],
    ["cut", "provider_stream_cut", true],
    ["auth", "provider_auth_failed", false],
  ])("provokes %s, which ends in its own words and loses no text", async (id, problem, hasBegun) => {
    const { tab, tour } = await openTour(stage);
    await tour.take(id);
    await tab.settled();
    const failure = await tab.failures.last().textContent();
    expect(failure).toContain(en.problem(problem));
    expect(failure).not.toMatch(/sk-|https?:/);
    const begun = await tab.answers.allInnerTexts();
    expect(begun.map((text) => text.startsWith("Let me take this one step at a time."))).toEqual(
      hasBegun ? [true] : [],
    );
    await tab.log.getByText(en.askAgain, { exact: true }).waitFor();
  });

  test("provokes 429: every refused attempt is noted, and then the answer comes", async () => {
    const { tab, tour } = await openTour(stage);
    await tour.take("rate-limit");
    await tab.settled();
    expect(await tab.log.getByText(/Attempt \d of 3 failed/).count()).toBe(2);
    expect(await tab.failures.count()).toBe(0);
    expect(await tab.answerText()).toMatch(/^That was worth the wait/);
  });

  test("asks for a very long answer, which stays where the reader is, and another step stops it first", async () => {
    const { tab, tour } = await openTour(stage);
    await tour.take("long");
    await tab.written(3_000);
    await tab.scroller.hover();
    await tab.page.mouse.wheel(0, -600);
    await tab.jumpButton.waitFor();
    await tour.take("think");
    await tab.settled(2);
    await tab.log.getByText(en.stopped, { exact: true }).first().waitFor();
    await tab.log.getByText(/^Thought for/).waitFor();
    expect(await tab.answers.count()).toBe(2);
  });

  test("speaks Japanese, asks in Japanese and is answered in Japanese", async () => {
    const { tab, tour } = await openTour(stage, { locale: "ja" });
    await tour.take("think");
    await tab.settled();
    expect(await tab.userMessages.last().textContent()).toContain(tour.words.steps.think.request);
    expect(await tab.answerText()).toMatch(/[\u3041-\u3096]/);
  });

  test("works by the keyboard alone, stays closed once it was closed, and opens again", async () => {
    const { tab, tour } = await openTour(stage);
    await tour.button("think").focus();
    await tab.page.keyboard.press("Enter");
    await tab.settled();
    await tour.panel.getByRole("button", { name: tour.words.close }).focus();
    await tab.page.keyboard.press("Enter");
    await tour.panel.waitFor({ state: "hidden" });
    expect(await tour.opener.evaluate((element) => element === document.activeElement)).toBe(true);
    await tab.reload();
    await tour.alive();
    expect(await tour.panel.isVisible()).toBe(false);
    await tour.opener.focus();
    await tab.page.keyboard.press("Enter");
    await tour.panel.waitFor();
    await tab.page.keyboard.press("Tab");
    expect(await tour.button("drop").evaluate((element) => element === document.activeElement)).toBe(true);
    await tab.reload();
    expect(await tour.panel.isVisible()).toBe(true);
  });

  test("is folded away on a phone until it is asked for, and then leaves the conversation in sight", async () => {
    const tab = await stage.openConsole({ viewport: PHONE });
    const tour = tourOf(tab);
    await tour.alive();
    expect(await tour.panel.isVisible()).toBe(false);
    await tour.opener.filter({ visible: true }).click();
    await tour.take("think");
    await tab.settled();
    const [panel, answer] = await Promise.all([tour.panel.boundingBox(), tab.answers.last().boundingBox()]);
    expect(panel?.height).toBeLessThanOrEqual(PHONE.height * 0.4);
    expect((answer?.y ?? Infinity) + (answer?.height ?? 0)).toBeLessThan(panel?.y ?? 0);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  });
});
