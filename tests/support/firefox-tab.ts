/**
 * A console in a real Firefox, as a person meets it: found by roles and names. Owns the words for what the tests do, and the
 * record of whatever goes wrong in the tab. It asserts nothing.
 */
import type { Browser, ConsoleMessage, ElementHandle, KeyInput, Page } from "puppeteer-core";
import { within } from "./within.ts";

const WAIT_MS = 15_000;

/** What has a role, by its selector. */
const KINDS = { button: "button", link: "a[href]", checkbox: "[type=checkbox]", radio: "[type=radio]" } as const;

export class FirefoxTab implements AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, the policy's included, and exceptions, as lines. */
  readonly complaints: string[] = [];
  readonly #close: () => Promise<void>;

  private constructor(page: Page, close: () => Promise<void>) {
    this.page = page;
    this.#close = close;
    page.setDefaultTimeout(WAIT_MS);
    page.on("console", (message: ConsoleMessage) => {
      if (message.type() === "error" || message.type() === "warn") this.complaints.push(message.text());
    });
    page.on("pageerror", (error: unknown) => void this.complaints.push(String(error)));
  }

  /** A tab in a window of its own, with storage of its own, not yet anywhere. */
  static async create(browser: Browser): Promise<FirefoxTab> {
    const context = await browser.createBrowserContext();
    const tab = new FirefoxTab(await context.newPage(), () => context.close());
    await tab.page.setViewport({ width: 1_000, height: 700 });
    // Firefox reports a refused resource as an event of the document; the console's line is not always passed on.
    await tab.page.evaluateOnNewDocument(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    return tab;
  }

  /** As {@link create}, on a live console. */
  static async open(browser: Browser, url: string): Promise<FirefoxTab> {
    const tab = await FirefoxTab.create(browser);
    await tab.goto(url);
    return tab;
  }

  /** Goes to an address and waits until the console there has come alive. */
  async goto(url: string): Promise<void> {
    await this.page.goto(url);
    await this.alive();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.alive();
  }

  /** Waits for what a screen reader calls so. The browser's own search for names takes seconds. */
  async find(role: keyof typeof KINDS, name: string): Promise<ElementHandle> {
    const found = await this.page.waitForFunction(
      (kind, wanted) =>
        [...document.querySelectorAll<HTMLElement>(kind)].find((element) => {
          const label = element instanceof HTMLInputElement ? element.labels?.[0] : element;
          const called = element.ariaLabel ?? label?.textContent ?? "";
          return called.trim() === wanted && element.checkVisibility();
        }),
      {},
      KINDS[role],
      name,
    );
    const element = found.asElement();
    if (!element) throw new Error(`Cannot find a ${role} of the name ${name}`);
    // why: only elements are looked for.
    return element as ElementHandle;
  }

  /** Clicks with the mouse on what a screen reader calls so. */
  async click(role: keyof typeof KINDS, name: string): Promise<void> {
    const element = await this.find(role, name);
    await element.click();
  }

  /** Presses keys together: `Control`, `k`. */
  async press(...keys: readonly KeyInput[]): Promise<void> {
    const { keyboard } = this.page;
    for (const key of keys.slice(0, -1)) await keyboard.down(key);
    const last = keys.at(-1);
    if (last !== undefined) await keyboard.press(last);
    for (const key of keys.slice(0, -1).reverse()) await keyboard.up(key);
  }

  /** Waits until an element that matches has a text. */
  async shows(selector: string, text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted, part) => [...document.querySelectorAll(wanted)].some(({ textContent }) => textContent.includes(part)),
      {},
      selector,
      text,
    );
  }

  /** The texts of all that matches. */
  texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent));
  }

  /** Waits until nothing matches any more. */
  async gone(selector: string): Promise<void> {
    await this.page.waitForFunction((unwanted) => document.querySelector(unwanted) === null, {}, selector);
  }

  /** How far the view is from the newest text, in pixels. */
  distanceFromEnd(): Promise<number> {
    return this.page.$eval("[role=log]", (log) => {
      const last = log.firstElementChild?.getBoundingClientRect().bottom ?? 0;
      return Math.abs(last - log.getBoundingClientRect().bottom);
    });
  }

  /** Waits until every island is hydrated and the link is live. */
  async alive(): Promise<void> {
    await this.page.waitForFunction(() =>
      ["link-status", "workers-nav", "conversation-menu", "composer", "transcript"].every(
        (id) => document.getElementById(id)?.dataset["hydrated"] !== undefined,
      ),
    );
    await this.linkIs("live");
  }

  async linkIs(state: string): Promise<void> {
    await this.page.waitForSelector(`details.link[data-state="${state}"]`);
  }

  /** Types a message where the caret is put, and sends it by Enter. */
  async say(text: string): Promise<void> {
    await this.page.focus("#composer-input");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** Waits until so many answers stand there and nothing is being written. */
  async answered(count: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => {
        const articles = [...document.querySelectorAll("[role=log] article")];
        const isBusy = document.querySelector("[role=log] [aria-busy=true]") !== null;
        const isRunning = document.querySelector("button.stop") !== null;
        return articles.length >= wanted * 2 && !isBusy && !isRunning;
      },
      {},
      count,
    );
  }

  /** Waits until the answer that is being written is at least so long. */
  async written(chars: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => (document.querySelector("article[aria-busy=true]")?.textContent ?? "").length >= wanted,
      {},
      chars,
    );
  }

  /** The newest answer as plain text. */
  answerText(): Promise<string> {
    return this.page.$$eval("[role=log] article:last-of-type p", (paragraphs) =>
      paragraphs.map(({ textContent }) => textContent).join("\n\n"),
    );
  }

  /** All messages as plain text. */
  messages(): Promise<string[]> {
    return this.page.$$eval("[role=log] article", (articles) =>
      articles.map((article) => [...article.querySelectorAll("p")].map(({ textContent }) => textContent).join("\n")),
    );
  }

  /** What the message box holds. */
  draft(): Promise<string> {
    return this.page.$eval("#composer-input", (field) => (field instanceof HTMLTextAreaElement ? field.value : ""));
  }

  /** Waits for a condition that is read from outside the page. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const poll = async (): Promise<void> => {
      if (await condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await poll();
    };
    await within(poll(), what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
