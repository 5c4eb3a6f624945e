/**
 * Every state of the page, each in a tab of its own: what the accessibility rules are held against, and what pictures are
 * taken of. Owns how a state is reached; asserts nothing.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import type { Locale } from "../../islands/console-data.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { tourMessagesFor } from "../../islands/tour/messages-tour.ts";
import { pageWordsFor } from "../../routes/page-words.ts";
import { Stage } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";
import { everyEntry } from "./every-entry.ts";
import { runBegins, Scene } from "./transcript-scene.ts";

/** Two servers: one that anybody may use and that knows a Runtime which is away, and one with a login. */
export class States implements AsyncDisposable {
  readonly open: Stage;
  readonly #guarded: Stage;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.open = new Stage("node", { YOI_DEMO_PACE: "0.05", YOI_RUNTIMES_FILE: join(folder, "runtimes.json") });
    this.#guarded = new Stage("node", { YOI_ACCESS_TOKEN: "x".repeat(32) });
  }

  static async raise(): Promise<States> {
    const folder = await mkdtemp(join(tmpdir(), "yoi-states-"));
    await writeFile(join(folder, "token"), "t".repeat(32));
    const away = { id: "lab", base_url: "http://127.0.0.1:9", token_file: join(folder, "token"), display_name: "Lab" };
    await writeFile(join(folder, "runtimes.json"), JSON.stringify({ runtimes: [away] }));
    const states = new States(folder);
    await Promise.all([states.open.raise(), states.#guarded.raise()]);
    return states;
  }

  get guarded(): Stage {
    return this.#guarded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.open.strike(), this.#guarded.strike()]);
    await rm(this.#folder, { recursive: true });
  }
}

/** How a state is looked at. */
export interface Look extends Pick<
  BrowserContextOptions,
  "viewport" | "colorScheme" | "forcedColors" | "deviceScaleFactor"
> {
  readonly locale: Locale;
}

const NARROW = { width: 1_000, height: 720 };
const WIDE = { width: 1_280, height: 800 };
const PHONE = { width: 390, height: 780 };
const SMALLEST = { width: 320, height: 640 };
/** Requests that are refused where a state shows just that. */
const REFUSED = /(?:response: .* |status of )(?:40[14]|50\d)\b/;

const tabAt = async (stage: Stage, look: Look, path: string): Promise<ConsolePage> => {
  const tab = await stage.newTab({ ...look, forgive: REFUSED });
  await tab.page.goto(stage.server.url + path);
  return tab;
};
const consoleOf = (states: States, look: Look) => states.open.openConsole({ viewport: NARROW, ...look });
/** A console whose tour is alive too: it comes by itself, and what was pressed before is lost. */
const touredOf = async (states: States, look: Look) => {
  const tab = await consoleOf(states, look);
  await tab.page.locator("#tour[data-hydrated]").waitFor({ state: "attached" });
  return tab;
};
const sceneOf = (states: States, look: Look) =>
  Scene.open(states.open, { viewport: NARROW, ...look, entries: everyEntry(look.locale) });
const writingOf = async (states: States, look: Look): Promise<Scene> => {
  const scene = await sceneOf(states, look);
  scene.publish(...runBegins(look.locale === "ja" ? "続けてください。" : "Please go on."), {
    event: "text_delta",
    data: { text: look.locale === "ja" ? "では、**続き**です。" : "Well then, **here** it goes on." },
  });
  await scene.tab.page.locator("article[aria-busy=true]").waitFor();
  return scene;
};
/** Opens something above a conversation by its name. */
const dialogOver = async (states: States, look: Look, open: (tab: ConsolePage) => Promise<void>): Promise<Page> => {
  const { tab } = await sceneOf(states, look);
  await open(tab);
  await tab.page.getByRole("dialog").or(tab.page.getByRole("alertdialog")).waitFor();
  return tab.page;
};
const outside = async ({ page, log }: ConsolePage, key: string): Promise<void> => {
  await log.focus();
  await page.keyboard.press(key);
};

/** How each state is reached, by its name. */
export const STATES: Readonly<Record<string, (states: States, look: Look) => Promise<Page>>> = {
  fresh: async (states, look) => (await consoleOf(states, look)).page,
  conversation: async (states, look) => (await sceneOf(states, look)).tab.page,
  "conversation-from-the-top": async (states, look) => {
    const { tab } = await sceneOf(states, look);
    // The newest text is at 0: the conversation is laid out from its end.
    const toTheTop = () => tab.scroller.evaluate((element) => element.scrollTo(0, -element.scrollHeight));
    await toTheTop();
    await tab.log.locator("math").first().waitFor();
    for (const summary of await tab.log.locator("details > summary").all()) await summary.click();
    await toTheTop();
    return tab.page;
  },
  writing: async (states, look) => (await writingOf(states, look)).tab.page,
  queue: async (states, look) => {
    const { tab } = await writingOf(states, look);
    for (const text of look.locale === "ja" ? ["次の質問です。", "その次です。"] : ["What comes next?", "And then?"]) {
      await tab.composer.fill(text);
      await tab.composer.press("Enter");
    }
    return tab.page;
  },
  palette: (states, look) => dialogOver(states, look, (tab) => tab.page.keyboard.press("Control+k")),
  shortcuts: (states, look) => dialogOver(states, look, (tab) => outside(tab, "?")),
  settings: (states, look) =>
    dialogOver(states, look, (tab) => tab.page.locator("[data-tool=settings]:visible").click()),
  search: async (states, look) => {
    const tab = await consoleOf(states, look);
    await tab.ask(look.locale === "ja" ? "私の名前は愛です" : "my name is Ada");
    await outside(tab, "/");
    const dialog = tab.page.getByRole("dialog");
    await dialog
      .getByRole("combobox")
      .or(dialog.getByRole("searchbox"))
      .or(dialog.getByRole("textbox"))
      .first()
      .waitFor();
    await tab.page.keyboard.type(look.locale === "ja" ? "愛" : "Ada");
    await dialog.locator("mark").first().waitFor();
    return tab.page;
  },
  "stop-worker": async (states, look) => {
    const words = toolMessagesFor(look.locale);
    return dialogOver(states, look, async (tab) => {
      await tab.page.getByRole("button", { name: words.menu.label }).click();
      await tab.page.getByRole("button", { name: words.menu.stopWorker }).click();
    });
  },
  "conversation-menu": async (states, look) => {
    const { tab } = await sceneOf(states, look);
    await tab.page.getByRole("button", { name: toolMessagesFor(look.locale).menu.label }).click();
    await tab.page.getByRole("group", { name: toolMessagesFor(look.locale).menu.label }).waitFor();
    return tab.page;
  },
  "link-details": async (states, look) => {
    const tab = await consoleOf(states, look);
    await tab.linkState.click();
    return tab.page;
  },
  tour: async (states, look) => {
    const tab = await touredOf(states, { viewport: WIDE, ...look });
    const words = tourMessagesFor(look.locale).steps.cut;
    await tab.page.getByRole("button", { name: words.label, exact: true }).click();
    await tab.page.getByText(words.look).waitFor();
    await tab.settled();
    return tab.page;
  },
  away: async (states, look) => {
    const tab = await tabAt(states.open, { viewport: NARROW, ...look }, "/runtimes/lab/workers/worker-00000001");
    await tab.page.locator("#away-notice[data-hydrated]").waitFor();
    return tab.page;
  },
  "not-found": async (states, look) => (await tabAt(states.open, { viewport: NARROW, ...look }, "/nowhere")).page,
  login: async (states, look) => (await tabAt(states.guarded, { viewport: NARROW, ...look }, "/login")).page,
  phone: async (states, look) => (await writingOf(states, { viewport: PHONE, ...look })).tab.page,
  "phone-workers": async (states, look) => {
    const tab = await consoleOf(states, { viewport: PHONE, ...look });
    await tab.page.getByRole("button", { name: pageWordsFor(look.locale).openWorkers }).click();
    await tab.page.getByRole("navigation", { name: tab.words.workers }).waitFor();
    return tab.page;
  },
  "phone-tour": async (states, look) => {
    const tab = await touredOf(states, { viewport: PHONE, ...look });
    const words = tourMessagesFor(look.locale);
    await tab.page.getByRole("button", { name: words.open, exact: true }).filter({ visible: true }).click();
    await tab.page.getByRole("complementary", { name: words.title }).waitFor();
    return tab.page;
  },
  smallest: async (states, look) => (await sceneOf(states, { viewport: SMALLEST, ...look })).tab.page,
};
