/** A conversation taken along as a file, a Worker made from one, and a Worker's new name: by the console's own buttons. */
import { readFile } from "node:fs/promises";
import type { Download } from "playwright-core";
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { ConversationFile } from "../../protocol/conversation-file.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { COMPANION, onBothServers, SHORT } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";

const words = toolMessagesFor("en");
const jsonFile = (text: string) => ({ name: "a.json", mimeType: "application/json", buffer: Buffer.from(text) });

async function openMenu(tab: ConsolePage, { menu } = words): Promise<void> {
  await tab.page.getByRole("button", { name: menu.label }).click();
}

async function download(tab: ConsolePage, link: string): Promise<{ readonly name: string; readonly text: string }> {
  await openMenu(tab);
  const started: Promise<Download> = tab.page.waitForEvent("download");
  await tab.page.getByRole("link", { name: link }).click();
  const file = await started;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

onBothServers("A conversation as a file", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  test("is downloaded from the conversation's menu, and makes a Worker that goes on with it", async () => {
    const tab = await stage.openConsole();
    await tab.ask(SHORT);
    const said = await tab.conversation();
    const markdown = await download(tab, words.menu.exportMarkdown);
    expect(markdown.name).toMatch(/ \d{4}-\d\d-\d\d\.md$/);
    expect(markdown.text).toContain(`\n> ${SHORT}\n`);
    await tab.reload();
    const json = await download(tab, words.menu.exportJson);
    expect(json.name).toMatch(/ \d{4}-\d\d-\d\d\.json$/);
    expect(ConversationFile.parse(JSON.parse(json.text)).entries.length).toBeGreaterThan(3);

    const address = tab.page.url();
    await tab.page.getByRole("button", { name: tab.words.importConversation }).click();
    const dialog = tab.page.getByRole("dialog", { name: words.importDialog.title });
    await dialog.getByLabel(words.importDialog.file).setInputFiles(jsonFile(json.text));
    await dialog.getByRole("button", { name: words.importDialog.confirm }).click();
    await tab.page.waitForURL((url) => url.href !== address);
    await tab.alive();
    expect(await tab.conversation()).toEqual(said);
    await tab.ask(SHORT);
    expect(await tab.messages.count()).toBe(said.length + 2);
  });

  test("that has every kind of entry is shown", async () => {
    const tab = await stage.openConsole({ ref: COMPANION });
    await tab.page.getByRole("button", { name: tab.words.importConversation }).click();
    const dialog = tab.page.getByRole("dialog", { name: words.importDialog.title });
    const file = jsonFile(JSON.stringify(conversationFile({ entries: everyEntry })));
    await dialog.getByLabel(words.importDialog.file).setInputFiles(file);
    await dialog.getByRole("button", { name: words.importDialog.confirm }).click();
    await tab.page.waitForURL(/\/workers\/worker-/);
    await tab.alive();
    await tab.page.getByRole("heading", { name: "Scribe", level: 1 }).waitFor();
    expect(await tab.userMessages.count()).toBe(2);
    expect(await tab.failures.count()).toBe(1);
  });

  test("that is not right says so with its place, and another one can be chosen", async () => {
    const tab = await stage.openConsole({ ref: COMPANION, forgive: /40[0-9]/ });
    await tab.page.getByRole("button", { name: tab.words.importConversation }).click();
    const { importDialog } = words;
    const dialog = tab.page.getByRole("dialog", { name: importDialog.title });
    const problem = dialog.getByRole("alert");
    const send = () => dialog.getByRole("button", { name: importDialog.confirm }).click();
    await send();
    await problem.getByText(importDialog.noFile).waitFor();
    const field = dialog.getByLabel(importDialog.file);
    for (const [text, place] of [
      ["# Notes", "entries: expected a list."],
      ['{"entries":[{"kind":"user_input","ts":1,"segments":3}]}', "entries.0.segments: "],
      [JSON.stringify({ ...conversationFile(), version: 2 }), "version: "],
    ] as const) {
      await field.setInputFiles(jsonFile(text));
      await expect.poll(() => problem.count()).toBe(0);
      await send();
      await problem.getByText(importDialog.notRight).waitFor();
      expect(await problem.innerText()).toContain(place);
    }
    await field.setInputFiles(jsonFile(JSON.stringify(conversationFile())));
    await send();
    await tab.page.waitForURL(/\/workers\/worker-/);
    await tab.alive();
    expect(await tab.messages.count()).toBe(0);
  });

  test("takes nobody away who has closed the dialog while it was imported", async () => {
    const tab = await stage.openConsole();
    const address = tab.page.url();
    const count = await tab.workerLinks.count();
    const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await tab.page.route("**/import", async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    });
    await tab.page.getByRole("button", { name: tab.words.importConversation }).click();
    const { importDialog } = words;
    const dialog = tab.page.getByRole("dialog", { name: importDialog.title });
    await dialog.getByLabel(importDialog.file).setInputFiles(jsonFile(JSON.stringify(conversationFile())));
    await dialog.getByRole("button", { name: importDialog.confirm }).click();
    await asked.promise;
    await dialog.getByRole("button", { name: importDialog.cancel }).click();
    await dialog.waitFor({ state: "detached" });
    held.resolve();
    await expect.poll(() => tab.workerLinks.count()).toBe(count + 1);
    expect(tab.page.url()).toBe(address);
  });

  test("is imported in Japanese, by keys alone", async () => {
    const ja = toolMessagesFor("ja");
    const tab = await stage.openConsole({ ref: COMPANION, locale: "ja", forgive: /400/ });
    await tab.page.keyboard.press("Control+k");
    const query = tab.page.getByPlaceholder(ja.palette.placeholder);
    await query.fill(ja.palette.importConversation.slice(0, 4));
    await query.press("Enter");
    const dialog = tab.page.getByRole("dialog", { name: ja.importDialog.title });
    await dialog.waitFor();
    await dialog.getByLabel(ja.importDialog.file).setInputFiles(jsonFile("{"));
    await dialog.getByRole("button", { name: ja.importDialog.confirm }).press("Enter");
    const problem = dialog.getByRole("alert").filter({ hasText: ja.importDialog.notRight });
    await problem.waitFor();
    expect(await problem.innerText()).toContain("entries: expected a list.");
    await tab.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });
});

onBothServers("A Worker's name", { YOI_DEMO_PACE: "0.03" }, (stage) => {
  test("is changed from its menu, and is another one in the heading, the title, the list and after a reload", async () => {
    const tab = await stage.openConsole();
    const { renameDialog } = words;
    await openMenu(tab);
    await tab.page.getByRole("button", { name: words.menu.renameWorker }).click();
    const dialog = tab.page.getByRole("dialog", { name: renameDialog.title });
    const field = dialog.getByLabel(renameDialog.name);
    await field.fill("  ");
    await field.press("Enter");
    await dialog.getByRole("alert").getByText(renameDialog.empty).waitFor();
    await field.fill(" 研究 <b> ");
    await field.press("Enter");
    await dialog.waitFor({ state: "detached" });
    const isNamed = async () => {
      await tab.page.getByRole("heading", { name: "研究 <b>", level: 1 }).waitFor();
      await tab.workerLinks.filter({ hasText: "研究 <b>" }).waitFor();
      await expect.poll(() => tab.page.title()).toMatch(/^研究 <b> · /);
    };
    await isNamed();
    await tab.reload();
    await isNamed();
  });

  test("that can't be changed says why and is kept to be sent again", async () => {
    const tab = await stage.openConsole({ forgive: /503|ERR_FAILED/ });
    const { renameDialog } = words;
    const body = { type: "", title: "", status: 503, detail: "", code: "runtime_unavailable", diagnostics: [] };
    await tab.page.route(/\/workers\/[^/]+$/, async (route) => {
      if (route.request().method() !== "PATCH") return route.fallback();
      return route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(body) });
    });
    await openMenu(tab);
    await tab.page.getByRole("button", { name: words.menu.renameWorker }).click();
    const dialog = tab.page.getByRole("dialog", { name: renameDialog.title });
    const field = dialog.getByLabel(renameDialog.name);
    await field.fill("Other");
    await field.press("Enter");
    await dialog.getByRole("alert").getByText(tab.words.problem("runtime_unavailable")).waitFor();
    expect(await field.inputValue()).toBe("Other");
    await tab.page.unroute(/\/workers\/[^/]+$/);
    await field.press("Enter");
    await dialog.waitFor({ state: "detached" });
    await tab.page.getByRole("heading", { name: "Other", level: 1 }).waitFor();
  });
});
