/**
 * The console of a Worker whose Runtime is a process elsewhere, on the other engine: it looks and behaves as any, whatever
 * happens between the server and that process, and the browser learns nothing of where it is.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { en } from "../../islands/messages-en.ts";
import { turnMessagesFor } from "../../islands/messages-turns.ts";
import { canariesIn } from "../support/leak-scan.ts";
import { otherEngine, RemoteSite } from "../support/remote-site.ts";
import { WorkspaceClient } from "../support/workspace-client.ts";
import { SHORT, SLOW, Stage } from "./both-servers.ts";
import { leaveNoErrors } from "./leave-no-errors.ts";

const { queue } = turnMessagesFor("en");
/** A slow answer takes far longer than any test needs to break its link; it is stopped where a test has seen enough. */
const PACE = "0.2";

describe.each(["node", "deno"] as const)("A Worker elsewhere, on %s", (engine) => {
  let folder = "";
  let site: RemoteSite;
  let stage: Stage;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "foldercanary-"));
    site = await RemoteSite.start({
      id: "lab",
      engine: otherEngine(engine),
      args: ["--display-name", "The lab"],
      environment: { YOI_DEMO_PACE: PACE, YOI_RUNTIME_DATA_DIR: join(folder, "runtime") },
    });
    await writeFile(join(folder, "token"), site.token);
    const entry = { id: site.id, base_url: site.proxy.url, token_file: join(folder, "token") };
    await writeFile(join(folder, "runtimes.json"), JSON.stringify({ runtimes: [entry] }));
    stage = new Stage(engine, { YOI_DEMO_PACE: PACE, YOI_RUNTIMES_FILE: join(folder, "runtimes.json") });
    await stage.raise();
  });
  afterAll(async () => {
    await stage?.strike();
    await site?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true });
  });
  leaveNoErrors(() => stage);

  const createWorker = () => new WorkspaceClient(stage.server.url).createWorker(site.path);
  const found = (text: string) =>
    canariesIn(text, [
      site.token,
      "foldercanary",
      `:${site.proxy.port}`,
      `:${new URL(site.url).port}`,
      "/v1/",
      process.cwd(),
    ]);

  test("is talked to, and found again after a reload as it was", async () => {
    const tab = await stage.openConsole({ ref: await createWorker() });
    await tab.ask(SHORT);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    await tab.ask("write a function");
    const before = await tab.conversation();
    expect(before).toHaveLength(4);
    await tab.reload();
    expect(await tab.conversation()).toEqual(before);
    expect(await tab.oddities()).toEqual(tab.noOddities);
  });

  test("whose link is cut in the middle of an answer is waited for, and the answer comes whole", async () => {
    const tab = await stage.openConsole({ ref: await createWorker() });
    await tab.say(SLOW);
    await tab.written(20);
    site.proxy.accept({ kind: "cut", afterBytes: 0 });
    site.proxy.reset();
    await tab.linkState.filter({ hasText: tab.words.link.waiting }).waitFor();
    expect((await tab.answerText()).length).toBeGreaterThanOrEqual(20);
    site.proxy.resume();
    await tab.live();
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.oddities()).toEqual(tab.noOddities);
    expect((await tab.counters())[tab.words.link.counters.resumed]).toBe(1);
  });

  test("is shown to the browser without a trace of where it is", async () => {
    const traffic: string[] = [];
    const tab = await stage.newTab();
    const bodies = record(tab.page, traffic);
    const ref = await createWorker();
    await tab.open(`${stage.server.url}/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`);
    await tab.ask(SHORT);
    await tab.reload();
    traffic.push(await tab.page.content());
    await Promise.all(bodies);
    expect(traffic.length).toBeGreaterThan(10);
    expect(traffic.flatMap(found)).toEqual([]);
    const hosts = await tab.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(hosts.filter((name) => !name.startsWith(stage.server.url) && !name.startsWith("data:"))).toEqual([]);
    // The search works: what a person writes is found wherever it goes.
    await tab.ask(`my word is ${site.token}`);
    await expect.poll(() => traffic.flatMap(found)).toContain(site.token);
    expect(found(await tab.page.content())).toContain(site.token);
  });

  test("whose Runtime is killed waits for it in words; back, it shows an answer that was cut, and what waited goes out", async () => {
    const tab = await stage.openConsole({ ref: await createWorker(), forgive: /50[0-9]|WebSocket/ });
    await tab.say(SLOW);
    await tab.written(20);
    const seen = (await tab.answerText()).slice(0, 20);
    await site.kill();
    await tab.linkState.filter({ hasText: tab.words.link.waiting }).waitFor();
    await tab.page.getByText(en.problem("runtime_network_failed")).first().waitFor({ state: "attached" });
    await tab.composer.fill("a thought to keep");
    await tab.composer.press("Enter");
    const waiting = tab.page.getByRole("region", { name: queue.label });
    expect(await waiting.getByRole("listitem").locator("p").innerText()).toBe("a thought to keep");
    await site.start();
    await waiting.getByText(queue.heldFailed).waitFor();
    expect(await tab.stopButton.count()).toBe(0);
    expect(await tab.page.title()).not.toContain("●");
    expect(await tab.answerText()).toContain(seen);
    await waiting.getByRole("button", { name: queue.sendNow }).click();
    await tab.settled(2);
    expect((await stage.transcript(tab.ref)).map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(found(await tab.page.content())).toEqual([]);
  });

  test("is made from the list, under its Runtime, and stands there beside the others", async () => {
    const tab = await stage.openConsole();
    const nav = tab.page.getByRole("navigation", { name: tab.words.workers });
    await nav.getByRole("button", { name: tab.words.newWorkerOn("The lab") }).click();
    await tab.page.waitForURL(/\/runtimes\/lab\/workers\//);
    await tab.alive();
    await tab.ask(SHORT);
    const lab = nav.getByRole("region", { name: "The lab" });
    expect(await lab.locator('[aria-current="page"]').count()).toBe(1);
    expect(await tab.workerLinks.count()).toBe((await stage.listWorkers()).length);
  });
});

/** Notes all that a tab is sent, and gives what is still being read. */
function record(page: Page, traffic: string[]): readonly Promise<void>[] {
  const reading: Promise<void>[] = [];
  page.on("response", (response) => {
    traffic.push(response.url(), JSON.stringify(response.headers()));
    // A body that the page's own end took away says nothing any more.
    reading.push(
      response.text().then(
        (text) => void traffic.push(text),
        () => {},
      ),
    );
  });
  page.on("websocket", (socket) => {
    traffic.push(socket.url());
    socket.on("framereceived", ({ payload }) => traffic.push(payload.toString()));
  });
  return reading;
}
