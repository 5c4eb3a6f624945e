/** Several viewers of one Worker, each of which sees all of it. */
import { expect, test } from "vitest";
import { onBothServers, SHORT, SLOW } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

/** A slow answer takes far longer than any test needs to come to it; it is stopped where the test has seen enough. */
onBothServers("Two tabs", { YOI_DEMO_PACE: "0.3" }, (stage) => {
  test("show the same thing live, whichever of them sent the message", async () => {
    const one = await stage.openConsole();
    const other = await stage.openConsole({ ref: one.ref });
    await one.say(SLOW);
    await Promise.all([one.written(20), other.written(20)]);
    expect(await other.userMessages.last().textContent()).toContain(SLOW);
    await other.stopButton.waitFor();
    await other.page.keyboard.press("Escape");
    await Promise.all([one.settled(), other.settled()]);
    await other.ask(SHORT);
    await one.settled(2);
    const conversation = await one.conversation();
    expect(await other.conversation()).toEqual(conversation);
    expect(conversation).toHaveLength(4);
    expect([await one.oddities(), await other.oddities()]).toEqual([one.noOddities, one.noOddities]);
  });

  test("of which one joins in the middle of a sentence: it sees the sentence from its start, and goes on there", async () => {
    const one = await stage.openConsole();
    await one.say(SLOW);
    await one.written(20);
    const late = await stage.openConsole({ ref: one.ref });
    expect(await late.answerText()).toMatch(/^This answer takes/);
    await goesOn(late);
    await late.reload();
    expect(await late.answerText()).toMatch(/^This answer takes about a minute/);
    await goesOn(late);
    await late.page.keyboard.press("Escape");
    await Promise.all([one.settled(), late.settled()]);
    expect(await late.conversation()).toEqual(await one.conversation());
    expect(await late.answerText()).toBe(await stage.answerText(one.ref));
    expect(await late.oddities()).toEqual(late.noOddities);

    async function goesOn(tab: ConsolePage): Promise<void> {
      await tab.stopButton.waitFor();
      await tab.written((await tab.answerText()).length + 10);
    }
  });

  test("that stop the same run stop it once", async () => {
    const one = await stage.openConsole();
    const other = await stage.openConsole({ ref: one.ref });
    await one.say(SLOW);
    await Promise.all([one.written(20), other.written(20)]);
    await Promise.all([one.page.keyboard.press("Escape"), other.page.keyboard.press("Escape")]);
    await Promise.all([one.settled(), other.settled()]);
    expect(await other.conversation()).toEqual(await one.conversation());
    for (const tab of [one, other]) expect(await tab.log.getByText(tab.words.stopped, { exact: true }).count()).toBe(1);
  });

  test("that send the same draft make one message of it", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const one = await stage.openConsole({ context });
    const other = await stage.openConsole({ context, ref: one.ref });
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await one.page.route("**/input", async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    });
    await one.composer.fill(SHORT);
    await one.composer.press("Enter");
    await asked.promise;
    await expect.poll(() => other.composer.inputValue()).toBe(SHORT);
    await other.composer.press("Enter");
    await other.settled();
    held.resolve();
    await expect.poll(() => one.composer.inputValue()).toBe("");
    await one.settled();
    expect((await stage.transcript(one.ref)).map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(await one.userMessages.count()).toBe(1);
    expect(await other.composer.inputValue()).toBe("");
  });

  test("share no draft when they show different Workers", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    const one = await stage.openConsole({ context });
    const other = await stage.openConsole({ context });
    await one.composer.fill("for the first");
    await other.composer.fill("for the second");
    await Promise.all([one.reload(), other.reload()]);
    expect(await one.composer.inputValue()).toBe("for the first");
    expect(await other.composer.inputValue()).toBe("for the second");
  });
});
