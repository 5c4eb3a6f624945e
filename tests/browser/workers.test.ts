/** Several Workers, each with a conversation and an address of its own. */
import { expect, test } from "vitest";
import { problemRow } from "../../protocol/problem.ts";
import { awayMessagesFor } from "../../islands/away/messages-away.ts";
import { workerApiPath, workerPagePath } from "../../islands/paths.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { COMPANION, onOneServer, SHORT, SLOW } from "./both-servers.ts";

const words = toolMessagesFor("en");

onOneServer("Workers", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  test("are made by a button, talked to, and left and found again as they were", async () => {
    const tab = await stage.openConsole({ ref: COMPANION });
    await tab.ask(SHORT);
    const companion = await tab.conversation();
    await tab.page.getByRole("button", { name: tab.words.newWorker }).click();
    await tab.page.waitForURL(/\/workers\/worker-/);
    await tab.alive();
    const made = tab.page.url();
    expect(await tab.messages.count()).toBe(0);
    await tab.ask(SHORT);
    const other = await tab.conversation();
    await tab.workerLinks.filter({ hasText: "Companion" }).click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    expect(await tab.conversation()).toEqual(companion);
    await tab.page.goBack();
    await tab.page.waitForURL(made);
    await tab.alive();
    expect(await tab.conversation()).toEqual(other);
  });

  test("are made once by whoever presses twice before the new one's page has come", async () => {
    // A page that is left while the next one is held back has nothing to fade from.
    const tab = await stage.openConsole({ ref: COMPANION, forgive: /ViewTransition/ });
    const newPage = /:\d+\/runtimes\/[^/]+\/workers\/worker-/;
    const pressedTwice = Promise.withResolvers<void>();
    await tab.page.exposeFunction("pressedTwice", () => pressedTwice.resolve());
    await tab.page.route(newPage, async (route) => {
      await pressedTwice.promise;
      await route.continue();
    });
    const before = (await stage.listWorkers()).length;
    const button = tab.page.getByRole("button", { name: tab.words.newWorker });
    // It comes alive a moment after the page.
    await button.and(tab.page.locator(":enabled")).waitFor();
    // In the page: from outside it can't be touched while another one is on its way.
    await button.evaluate((element: HTMLButtonElement) => {
      const pressAgain = () => {
        element.click();
        Reflect.get(window, "pressedTwice")();
      };
      addEventListener("beforeunload", () => setTimeout(pressAgain, 0));
      element.click();
    });
    await tab.page.waitForURL(newPage);
    await tab.alive();
    expect(await stage.listWorkers()).toHaveLength(before + 1);
  });

  test("go on writing while another one is looked at", async () => {
    const [tab, ref] = await Promise.all([stage.newTab(), stage.createWorker()]);
    const ends = await tab.holdEnds();
    await tab.open(stage.server.url + workerPagePath(ref));
    await tab.say(SLOW);
    await tab.written(20);
    ends.release();
    await tab.workerLinks.filter({ hasText: "Companion" }).click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    await expect.poll(async () => (await stage.transcript(ref)).length).toBe(2);
    await tab.page.goBack();
    await tab.alive();
    expect(await tab.answerText()).toBe(await stage.answerText(ref));
  });

  test("are listed with the one that is shown marked as the present page", async () => {
    const tab = await stage.openConsole({ ref: COMPANION });
    const current = tab.page.getByRole("navigation").locator('[aria-current="page"]');
    expect(await current.count()).toBe(1);
    expect(await current.innerText()).toContain("Companion");
  });

  test("that do not exist are answered with a page that says so and leads home", async () => {
    const tab = await stage.newTab({ forgive: /404/ });
    const address = `${stage.server.url}/runtimes/backend-internal/workers/nobody`;
    const response = await tab.page.goto(address);
    expect(response?.status()).toBe(404);
    await tab.page.getByRole("heading", { name: problemRow("worker_not_found").title }).waitFor();
    await tab.page.getByRole("link", { name: awayMessagesFor("en").home }).click();
    await tab.alive();
    expect(new URL(tab.page.url()).pathname).toBe("/");
  });

  test("are switched by keys, and whoever was writing goes on writing there", async () => {
    const one = await stage.createWorker();
    const other = await stage.createWorker();
    const tab = await stage.openConsole({ ref: one });
    await tab.composer.fill("for the first");
    await tab.composer.press("Alt+ArrowDown");
    await tab.page.waitForURL(stage.server.url + workerPagePath(other));
    await tab.alive();
    await tab.composer.and(tab.page.locator(":focus")).waitFor();
    expect(await tab.composer.inputValue()).toBe("");
    await tab.composer.press("Alt+ArrowUp");
    await tab.page.waitForURL(stage.server.url + workerPagePath(one));
    await tab.alive();
    expect(await tab.composer.inputValue()).toBe("for the first");
  });

  test("that answered while nobody looked are marked until somebody does", async () => {
    const tab = await stage.openConsole();
    const { ref } = tab;
    const own = tab.workerLinks.and(tab.page.locator(`[href="${workerPagePath(ref)}"]`));
    // It goes on until it is stopped.
    await tab.say("/demo timeout");
    await tab.workerLinks.filter({ hasText: "Companion" }).click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    await own.filter({ hasText: tab.words.workerStatus("running") }).waitFor();
    await fetch(`${stage.server.url}${workerApiPath(ref)}/cancel`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    await expect
      .poll(async () => (await stage.listWorkers()).find(({ worker_id }) => worker_id === ref.worker_id)?.status)
      .toBe("idle");
    await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await own.filter({ hasText: tab.words.newAnswer }).waitFor();
    await own.click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(ref));
    await tab.alive();
    await own.filter({ hasText: tab.words.workerStatus("idle") }).waitFor();
    expect(await own.innerText()).not.toContain(tab.words.newAnswer);
  });

  test("that were written to elsewhere, so shortly that no list showed them at work, are marked until somebody looks", async () => {
    const ref = await stage.createWorker();
    const tab = await stage.openConsole({ ref: COMPANION });
    const other = tab.workerLinks.and(tab.page.locator(`[href="${workerPagePath(ref)}"]`));
    await other.filter({ hasText: tab.words.workerStatus("idle") }).waitFor();
    const { status } = await fetch(`${stage.server.url}${workerApiPath(ref)}/input`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ content: SHORT }),
    });
    expect(status).toBe(200);
    await expect
      .poll(async () => (await stage.listWorkers()).find(({ worker_id }) => worker_id === ref.worker_id))
      .toMatchObject({ status: "idle", transcript_len: 2 });
    await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await other.filter({ hasText: tab.words.newAnswer }).waitFor();
    await other.click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(ref));
    await tab.alive();
    await other.filter({ hasText: tab.words.workerStatus("idle") }).waitFor();
    await tab.ask(SHORT);
    // What was read here is nothing new to the next page.
    await tab.workerLinks.filter({ hasText: "Companion" }).click();
    await tab.page.waitForURL(stage.server.url + workerPagePath(COMPANION));
    await tab.alive();
    await other.filter({ hasText: tab.words.workerStatus("idle") }).waitFor();
    expect(await other.innerText()).not.toContain(tab.words.newAnswer);
  });

  test("are stopped for good after a question, and not without", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    const menu = tab.page.getByRole("button", { name: words.menu.label });
    const stop = tab.page.getByRole("button", { name: words.menu.stopWorker });
    const question = tab.page.getByRole("alertdialog");
    await menu.click();
    await stop.click();
    await question.getByRole("button", { name: words.stopDialog.cancel }).click();
    await question.waitFor({ state: "detached" });
    expect(await tab.composer.isEditable()).toBe(true);
    await menu.click();
    await stop.click();
    await question.getByRole("button", { name: words.stopDialog.confirm }).click();
    await question.waitFor({ state: "detached" });
    await tab.page.getByText(tab.words.ended).waitFor();
    const own = tab.workerLinks.and(tab.page.locator(`[href="${workerPagePath(tab.ref)}"]`));
    await own.filter({ hasText: tab.words.workerStatus("stopped") }).waitFor();
    expect(await tab.messages.count()).toBe(2);
  });

  test("tell what they have used, in words and by a meter", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    await tab.page.getByRole("button", { name: words.menu.label }).click();
    const usage = tab.page.getByTestId("context-usage");
    await usage.filter({ hasText: /^[1-9][\d,]* of [\d,]+ tokens \(\d+%\)$/ }).waitFor();
    const meter = tab.page.locator("meter");
    expect(await meter.evaluate((element: HTMLMeterElement) => element.value > 0 && element.value < element.max)).toBe(
      true,
    );
    const calls = tab.page.getByRole("group", { name: words.menu.label }).locator("dl > div").last();
    expect(await calls.innerText()).toMatch(/^Calls to the model\s+1$/);
  });

  test("give their conversations as files", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    for (const [name, type] of [
      [words.menu.exportMarkdown, "text/markdown"],
      [words.menu.exportJson, "application/json"],
    ] as const) {
      await tab.page.getByRole("button", { name: words.menu.label }).click();
      const link = tab.page.getByRole("link", { name });
      const address = new URL((await link.getAttribute("href")) ?? "", tab.page.url());
      const answer = await fetch(address);
      expect([answer.status, answer.headers.get("content-type")?.split(";")[0]]).toEqual([200, type]);
      expect(await answer.text()).toContain(SHORT);
      const [file] = await Promise.all([tab.page.waitForEvent("download"), link.click()]);
      expect(await file.failure()).toBeNull();
      await tab.page.keyboard.press("Escape");
    }
  });
});
