/**
 * The stage of every browser test: one real server and one real Chromium for a suite, for Node and, where the server has a
 * part in it, for Deno in turn.
 *
 * Owns their lives, and the rule that no test may leave an error behind in any of its tabs.
 */
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import type { Locale } from "../../islands/console-data.ts";
import { workerApiPath, workerPagePath } from "../../islands/paths.ts";
import { listOf, WorkerSpawnResult, WorkerSummary, WorkerTranscript } from "../../protocol/backend-api.ts";
import { RuntimeId, WorkerId, type WorkerRef } from "../../protocol/id.ts";
import { launchChromium } from "../support/chromium.ts";
import { ServerProcess, type Engine } from "../support/server-process.ts";
import { ConsolePage } from "./console-page.ts";
import { leaveNoErrors } from "./leave-no-errors.ts";

/** Settings of the server, as environment. */
export type Settings = Readonly<Record<string, string>>;

export interface TabOptions extends BrowserContextOptions {
  /** The tab's words; the browser asks for them by `Accept-Language`. */
  readonly locale?: Locale;
  /** A window that is there already: then the tab shares its storage. */
  readonly context?: BrowserContext;
  /** Complaints that the test provokes. */
  readonly forgive?: RegExp;
}

const EMBEDDED = RuntimeId.parse("backend-internal");

/** The Worker that is there from the start. */
export const COMPANION: WorkerRef = { runtime_id: EMBEDDED, worker_id: WorkerId.parse("companion") };

/** A message whose answer takes a minute at a pace of 1, and is one plain paragraph. */
export const SLOW = "/demo slow";

/** A message with a short, plain answer of one line. */
export const SHORT = "my name is Ada";

export class Stage {
  readonly engine: Engine;
  readonly #settings: Settings;
  readonly #tabs: { readonly tab: ConsolePage; readonly forgive: RegExp | undefined }[] = [];
  readonly #contexts: BrowserContext[] = [];
  #server: ServerProcess | undefined;
  #browser: Browser | undefined;

  constructor(engine: Engine, settings: Settings) {
    this.engine = engine;
    this.#settings = settings;
  }

  get server(): ServerProcess {
    if (!this.#server) throw new Error("Cannot use the server before the suite has started it");
    return this.#server;
  }

  async raise(): Promise<void> {
    [this.#server, this.#browser] = await Promise.all([this.#start(), launchChromium()]);
  }

  async strike(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Kills the server as a power cut would, and starts it again, on another port: its own may be somebody's by then. */
  async restartServer(whileDown: () => Promise<void> = async () => {}): Promise<void> {
    await this.server.kill("SIGKILL");
    await whileDown();
    this.#server = await this.#start();
  }

  #start(): Promise<ServerProcess> {
    return ServerProcess.start({ engine: this.engine, environment: this.#settings });
  }

  /** Makes a Worker, so that a test has a conversation of its own. */
  async createWorker(): Promise<WorkerRef> {
    const url = `${this.server.url}/api/runtimes/${EMBEDDED}/workers`;
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    const { worker } = WorkerSpawnResult.parse(await response.json());
    if (!worker) throw new Error("Cannot create a Worker: the server made none");
    return { runtime_id: worker.runtime_id, worker_id: worker.worker_id };
  }

  async listWorkers(): Promise<readonly WorkerSummary[]> {
    return listOf(WorkerSummary).parse(await (await fetch(`${this.server.url}/api/workers`)).json()).items;
  }

  /** The conversation as the server has it. */
  async transcript(ref: WorkerRef): Promise<readonly { readonly role: string; readonly content: string }[]> {
    const response = await fetch(`${this.server.url}${workerApiPath(ref)}/transcript`);
    return WorkerTranscript.parse(await response.json()).items;
  }

  /** The newest answer as the server has it, as a reader sees it: without the marks of emphasis. */
  async answerText(ref: WorkerRef): Promise<string> {
    const items = await this.transcript(ref);
    return (items.findLast(({ role }) => role === "assistant")?.content ?? "").replaceAll("**", "");
  }

  /** A tab, not yet anywhere. */
  async newTab(options: TabOptions = {}): Promise<ConsolePage> {
    const { locale = "en", context, forgive, ...rest } = options;
    const window = context ?? (await this.newContext({ locale: locale === "ja" ? "ja-JP" : "en-GB", ...rest }));
    const tab = new ConsolePage(await window.newPage(), locale);
    this.#tabs.push({ tab, forgive });
    return tab;
  }

  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (!this.#browser) throw new Error("Cannot open a window before the suite has started the browser");
    const context = await this.#browser.newContext({ viewport: { width: 1000, height: 700 }, ...options });
    this.#contexts.push(context);
    return context;
  }

  /** A live console of a Worker; of a new one where none is named. */
  async openConsole(options: TabOptions & { readonly ref?: WorkerRef; readonly origin?: string } = {}) {
    const { ref = await this.createWorker(), origin = this.server.url, ...rest } = options;
    const tab = await this.newTab(rest);
    await tab.open(origin + workerPagePath(ref));
    return Object.assign(tab, { ref });
  }

  /** Closes what a test opened and returns what went wrong in it. */
  async clear(): Promise<readonly string[]> {
    const complaints = this.#tabs.flatMap(({ tab, forgive }) =>
      tab.complaints.filter((line) => forgive === undefined || !forgive.test(line)),
    );
    this.#tabs.length = 0;
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    return complaints;
  }
}

/** Runs a suite on the built app, on every server: for what passes between the page and its server. */
export function onBothServers(subject: string, settings: Settings, suite: (stage: Stage) => void): void {
  onServers(["node", "deno"], subject, settings, suite);
}

/** Runs a suite on one server: for what the page does by itself, with the same files and answers from either. */
export function onOneServer(subject: string, settings: Settings, suite: (stage: Stage) => void): void {
  onServers(["node"], subject, settings, suite);
}

function onServers(
  engines: readonly Engine[],
  subject: string,
  settings: Settings,
  suite: (stage: Stage) => void,
): void {
  describe.each(engines)(`${subject}, on %s`, (engine) => {
    const stage = new Stage(engine, settings);
    beforeAll(() => stage.raise());
    afterAll(() => stage.strike());
    leaveNoErrors(() => stage);
    suite(stage);
  });
}
