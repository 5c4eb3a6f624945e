/** Several Workers, each with a conversation and an address of its own. */
import { expect, test } from "vitest";
import { problemRow } from "../../protocol/problem.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { COMPANION, onBothServers, SHORT, SLOW } from "./both-servers.ts";

onBothServers("Workers", { YOI_DEMO_PACE: "0.03" }, (stage) => {
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

  test("go on writing while another one is looked at", async () => {
    const tab = await stage.openConsole();
    await tab.say(SLOW);
    await tab.written(20);
    const { ref } = tab;
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
    await tab.page.getByRole("link", { name: tab.words.errorPage.home }).click();
    await tab.alive();
    expect(new URL(tab.page.url()).pathname).toBe("/");
  });
});
