/**
 * One page of the console's bench, made ready for windows of a stream. Owns the words of the stream and when
 * a page is ready; what is made of the figures is `cases/console.ts`.
 */
import type { Browser } from "playwright-core";
import type { StreamingPage } from "./console-stage.ts";
import { costOf, settled, watch, type PageCost } from "./harness/page-cost.ts";
import { keepPace } from "./programs/pace.ts";

const OPEN_TIMEOUT_MS = 120_000;
const VIEWPORT = { width: 1_000, height: 700 };

/** How many deltas a window has. */
export const DELTAS = 120;
export const DELTAS_PER_SECOND = 60;
export const DELTA_CHARS = 5;

const WORDS =
  "Every **token** that a model sends is a few letters, and `some` of them are [links](https://example.com). ";
/** A paragraph every so many sentences, as answers have them. */
const SENTENCES_PER_PARAGRAPH = 4;

/** The text of an answer up to a length. */
function answerOf(chars: number): string {
  let text = "";
  for (let sentence = 1; text.length < chars; sentence += 1) {
    text += WORDS + (sentence % SENTENCES_PER_PARAGRAPH === 0 ? "\n\n" : "");
  }
  return text.slice(0, chars);
}

const TAIL = answerOf(DELTAS * DELTA_CHARS);

/** This console, or its peer. */
export type Side = "console" | "peer";

/** What a page shows when its windows begin. */
export interface Workload {
  readonly label: string;
  readonly messages: number;
  /** What has been written of the answer when the window begins. */
  readonly prefixChars: number;
  /** Whether the page is kept from round to round: a long conversation, to which a round adds next to nothing. */
  readonly staysOpen: boolean;
}

/** A page whose windows are measured. */
export interface Subject {
  readonly side: Side;
  readonly workload: Workload;
  /** One window: an answer begins, is written up to where the workload says, and its next deltas are measured. */
  readonly take: () => Promise<PageCost>;
}

/** Opens a page and says how one window of it is measured. */
export async function subjectOf(
  browser: Browser,
  side: Side,
  workload: Workload,
  stage: StreamingPage,
): Promise<Subject> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const session = await watch(page);
  const openPage = async (): Promise<void> => {
    await page.goto(stage.url, { timeout: OPEN_TIMEOUT_MS });
    await page.waitForFunction(side === "console" ? isConsoleReady : isPeerReady, undefined, {
      timeout: OPEN_TIMEOUT_MS,
    });
    await page.waitForSelector("article", { timeout: OPEN_TIMEOUT_MS });
    await settled(page);
  };
  let isOpen = false;
  return {
    side,
    workload,
    async take() {
      if (!isOpen || !workload.staysOpen) await openPage();
      isOpen = true;
      if (stage.ask !== null) await page.evaluate(stage.ask);
      await stage.begin();
      const prefix = answerOf(workload.prefixChars);
      stage.delta(prefix);
      await settled(page);
      await settled(page);
      const cost = await costOf(page, session, DELTAS, () =>
        keepPace(DELTAS, { intervalMs: 1_000 / DELTAS_PER_SECOND, offsetMs: 0 }, (index) =>
          stage.delta(TAIL.slice(index * DELTA_CHARS, (index + 1) * DELTA_CHARS)),
        ),
      );
      stage.end(prefix + TAIL);
      await settled(page);
      return cost;
    },
  };
}

/** Whether the console takes a message and shows its conversation; told in the page. */
export function isConsoleReady(): boolean {
  return ["#composer[data-hydrated]", "#transcript[data-hydrated]", "[data-testid=link-state]"].every(
    (wanted) => document.querySelector(wanted) !== null,
  );
}

/** Whether a peer's page does; told in the page. */
export function isPeerReady(): boolean {
  return document.documentElement.dataset["ready"] !== undefined;
}
