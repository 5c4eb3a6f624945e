/**
 * A console in a real tab, as a person meets it: found by roles and names, never by the style sheet's classes.
 *
 * Owns the words for what the tests do and look at, and the record of whatever goes wrong in the tab. It asserts nothing.
 */
import type { ConsoleMessage, Locator, Page, Request, Response } from "playwright-core";
import { messagesFor } from "../../islands/messages.ts";
import type { Locale } from "../../islands/console-data.ts";

/** How long the console may take for whatever it has to do. */
const WAIT_MS = 15_000;
/** The events by which a page sees that nothing more is written. */
const ENDS = /"event":"(?:text_done|error|run_end)"/;

export class ConsolePage {
  readonly page: Page;
  readonly words: ReturnType<typeof messagesFor>;
  /** Errors in the browser's console, exceptions, failed requests and refusals, as lines. */
  readonly complaints: string[] = [];

  constructor(page: Page, locale: Locale = "en") {
    this.page = page;
    this.words = messagesFor(locale);
    page.setDefaultTimeout(WAIT_MS);
    const complain = (line: string) => void this.complaints.push(line);
    page.on("console", (message: ConsoleMessage) => {
      if (message.type() === "error" || message.type() === "warning") complain(`console: ${message.text()}`);
    });
    page.on("pageerror", ({ name, message, stack }: Error) => {
      // What a size observer could not tell within one frame it tells in the next: no exception, though it is shown as one.
      if (!message.startsWith("ResizeObserver loop")) complain(`exception: ${name}: ${message}\n${stack ?? ""}`);
    });
    page.on("requestfailed", (request: Request) => {
      const reason = request.failure()?.errorText ?? "";
      // A request that the page's own end cut short is nobody's failure.
      if (reason !== "net::ERR_ABORTED") complain(`request: ${request.url()} ${reason}`);
    });
    page.on("response", (response: Response) => {
      if (response.status() >= 400) complain(`response: ${response.url()} ${response.status()}`);
    });
  }

  /** Opens an address and waits until the page has come alive. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.alive();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.alive();
  }

  /** Waits until every island is hydrated and the link is live. */
  async alive(): Promise<void> {
    await this.page.waitForFunction(() => {
      const islands = ["link-status", "workers-nav", "conversation-menu", "composer", "transcript"];
      return islands.every((id) => document.getElementById(id)?.dataset["hydrated"] !== undefined);
    });
    await this.live();
  }

  async live(): Promise<void> {
    await this.linkState.filter({ hasText: this.words.link.live }).waitFor();
  }

  /** From now on somebody presses "Try now" as soon as it is offered, instead of waiting for the next attempt. */
  async growImpatient(): Promise<void> {
    await this.page.evaluate((tryNow) => {
      const press = (node: Node) => {
        if (node instanceof HTMLButtonElement && node.textContent === tryNow) node.click();
      };
      const observer = new MutationObserver((changes) => {
        for (const { addedNodes } of changes) addedNodes.forEach(press);
      });
      observer.observe(document.body, { childList: true, subtree: true });
    }, this.words.link.tryNow);
  }

  get composer(): Locator {
    return this.page.getByRole("textbox");
  }

  get sendButton(): Locator {
    return this.page.getByRole("button", { name: this.words.send, exact: true });
  }

  get stopButton(): Locator {
    return this.page.getByRole("button", { name: this.words.stop, exact: true });
  }

  get jumpButton(): Locator {
    return this.page.getByRole("button", { name: this.words.jumpToLatest });
  }

  /** Presses "Try now", unless the console's own next attempt has come first and there is nothing to press any more. */
  async tryNow(): Promise<void> {
    await this.page.evaluate((tryNow) => {
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === tryNow)?.click();
    }, this.words.link.tryNow);
  }

  /**
   * Lets the page see how answers grow, and keeps from it that they have ended, until it is let through: so a test does what
   * it does while an answer is written, however long it takes. Asked for before the page is opened.
   */
  async holdEnds(): Promise<{ release(): void }> {
    const held: (() => void)[] = [];
    let isReleased = false;
    await this.page.routeWebSocket(/\/events\/ws/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const isEnd = ENDS.test(String(message));
        if (isReleased || (held.length === 0 && !isEnd)) socket.send(message);
        else held.push(() => socket.send(message));
      });
    });
    return {
      release() {
        isReleased = true;
        for (const send of held.splice(0)) send();
      },
    };
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  /** What can be scrolled. */
  get scroller(): Locator {
    return this.log;
  }

  get messages(): Locator {
    return this.log.getByRole("article");
  }

  get userMessages(): Locator {
    return this.log.getByRole("article", { name: this.words.you, exact: true });
  }

  /** What Workers have said: every message that is not the person's own. */
  get answers(): Locator {
    return this.log.locator(`article:not([aria-label="${this.words.you}"])`);
  }

  get failures(): Locator {
    return this.log.getByRole("region", { name: this.words.runFailed });
  }

  /** The composer's own complaint. */
  get notice(): Locator {
    return this.page.getByRole("alert");
  }

  get linkState(): Locator {
    return this.page.getByTestId("link-state");
  }

  get announcer(): Locator {
    return this.page.getByTestId("announcer");
  }

  get workerLinks(): Locator {
    return this.page.getByRole("navigation", { name: this.words.workers }).getByRole("listitem").getByRole("link");
  }

  /** Types a message, sends it by Enter, and waits until it stands in the conversation. */
  async say(text: string): Promise<void> {
    const before = await this.userMessages.count();
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await this.userMessages.nth(before).waitFor();
  }

  /**
   * Waits until the newest message has been answered, or has failed, and the console takes the next one.
   * @param messages How many messages of the person's must have come in at least.
   */
  async settled(messages = 1): Promise<void> {
    await this.page.waitForFunction(
      ([you, send, count]) => {
        const log = document.querySelector("[role=log]");
        if ((log?.querySelectorAll(`article[aria-label="${you}"]`).length ?? 0) < count) return false;
        const rows = [...(log?.querySelectorAll("article, section, footer, p, details") ?? [])];
        const last = rows.at(-1);
        if (!last || last.closest(`article[aria-label="${you}"]`)) return false;
        if (log?.querySelector("[aria-busy=true], [data-streaming]:not([data-streaming=false])")) return false;
        return document.querySelector(`button[type=submit][aria-label="${send}"]`) !== null;
      },
      [this.words.you, this.words.send, messages] as const,
    );
  }

  /** Says something and waits for what comes of it. */
  async ask(text: string): Promise<void> {
    await this.say(text);
    await this.settled();
  }

  /** Waits until the answer that is being written is at least so long. */
  async written(minChars: number): Promise<void> {
    await this.page.waitForFunction(
      (chars) => (document.querySelector("article[aria-busy=true]")?.textContent ?? "").length >= chars,
      minChars,
    );
  }

  /** The newest answer as plain text, paragraph by paragraph. */
  async answerText(): Promise<string> {
    return this.answers.last().evaluate(paragraphsOf);
  }

  /** How far the view is from the newest text, in pixels. */
  async distanceFromEnd(): Promise<number> {
    return this.scroller.evaluate((element) => {
      const last = element.firstElementChild?.getBoundingClientRect().bottom ?? 0;
      return Math.abs(last - element.getBoundingClientRect().bottom);
    });
  }

  /** The whole conversation as plain text: `["You: …", "Worker: …"]`. */
  async conversation(): Promise<readonly string[]> {
    return this.messages.evaluateAll((articles) =>
      articles.map((article) => {
        const copy = article.cloneNode(true);
        if (!(copy instanceof Element)) return "";
        for (const extra of copy.querySelectorAll("time, button")) extra.remove();
        return `${article.getAttribute("aria-label")}: ${copy.textContent}`;
      }),
    );
  }

  /** What the link's details count, by the words that they stand under. */
  async counters(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.page
      .locator(`dl[aria-label="${this.words.link.details}"] > div`)
      .evaluateAll((divs) =>
        divs.map((div) => [div.querySelector("dt")?.textContent ?? "", div.querySelector("dd")?.textContent ?? ""]),
      );
    return Object.fromEntries(rows.map(([word, value]) => [word, Number(value?.replaceAll(",", ""))]));
  }

  /** Those counters that a sound stream leaves at zero. */
  async oddities(): Promise<Readonly<Record<string, number>>> {
    const counters = await this.counters();
    const { duplicates, gaps, damaged, snapshots } = this.words.link.counters;
    return Object.fromEntries([duplicates, gaps, damaged, snapshots].map((word) => [word, counters[word] ?? NaN]));
  }

  get noOddities(): Readonly<Record<string, number>> {
    const { duplicates, gaps, damaged, snapshots } = this.words.link.counters;
    return Object.fromEntries([duplicates, gaps, damaged, snapshots].map((word) => [word, 0]));
  }
}

function paragraphsOf(article: Element): string {
  const paragraphs = [...article.querySelectorAll("p")];
  return paragraphs.map((paragraph) => paragraph.textContent).join("\n\n");
}
