/**
 * The stage of the Firefox tests: one server and one browser for all of them, and a tab that goes from test to test.
 *
 * Owns their lives, and the rule that no test may leave an error behind in any of its tabs.
 */
import type { Browser } from "puppeteer-core";
import { workerPagePath } from "../../islands/paths.ts";
import { WorkerTranscript } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { FirefoxTab } from "../support/firefox-tab.ts";
import { launchFirefox } from "../support/firefox.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

const environment = { YOI_DEMO_PACE: "0.05" };

/** A tab on a Worker of its own. */
export interface OpenTab {
  readonly tab: FirefoxTab;
  readonly ref: WorkerRef;
}

export class FirefoxStage {
  readonly #tabs: { readonly tab: FirefoxTab; readonly forgive: RegExp | undefined }[] = [];
  #server: ServerProcess | undefined;
  #browser: Browser | undefined;
  #shared: FirefoxTab | undefined;

  get server(): ServerProcess {
    if (!this.#server) throw new Error("Cannot use the server before the suite has started it");
    return this.#server;
  }

  get browser(): Browser {
    if (!this.#browser) throw new Error("Cannot use the browser before the suite has started it");
    return this.#browser;
  }

  get client(): WorkspaceClient {
    return new WorkspaceClient(this.server.url);
  }

  async raise(): Promise<void> {
    [this.#server, this.#browser] = await Promise.all([
      ServerProcess.start({ engine: "node", environment }),
      launchFirefox(),
    ]);
  }

  async strike(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** A tab of the test's own, with storage of its own, not yet anywhere. */
  async newTab(forgive?: RegExp): Promise<FirefoxTab> {
    const tab = await FirefoxTab.create(this.browser);
    this.#tabs.push({ tab, forgive });
    return tab;
  }

  /** A tab of the test's own on a new Worker. */
  async openOwn(query = ""): Promise<OpenTab> {
    const [tab, ref] = await Promise.all([this.newTab(), this.client.createWorker()]);
    await tab.goto(this.server.url + workerPagePath(ref) + query);
    return { tab, ref };
  }

  /** The tab that tests share, wherever the last one left it. */
  async shared(): Promise<FirefoxTab> {
    return (this.#shared ??= await FirefoxTab.create(this.browser));
  }

  /** The tab that tests share, on a new Worker: for those that leave nothing in the browser's storage that matters. */
  async open(): Promise<OpenTab> {
    const [tab, ref] = await Promise.all([this.shared(), this.client.createWorker()]);
    await tab.goto(this.server.url + workerPagePath(ref));
    return { tab, ref };
  }

  /** What was said, as the server has it, by who said it. */
  async transcript(ref: WorkerRef): Promise<readonly { readonly role: string; readonly content: string }[]> {
    return (await this.client.read(WorkerTranscript, `${workerPath(ref)}/transcript`)).items;
  }

  /** The newest answer as the server has it, as a reader sees it: without the marks of emphasis. */
  async answerText(ref: WorkerRef): Promise<string> {
    const items = await this.transcript(ref);
    return (items.findLast(({ role }) => role === "assistant")?.content ?? "").replaceAll("**", "");
  }

  /** Closes what a test opened and returns what went wrong in it. */
  async clear(): Promise<readonly string[]> {
    const complaints = this.#tabs.flatMap(({ tab, forgive }) =>
      tab.complaints.filter((line) => forgive === undefined || !forgive.test(line)),
    );
    complaints.push(...(this.#shared?.complaints.splice(0) ?? []));
    await Promise.all(this.#tabs.splice(0).map(({ tab }) => tab[Symbol.asyncDispose]()));
    return complaints;
  }
}
