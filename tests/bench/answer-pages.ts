/**
 * The pages of the `streaming-markdown` case, driven alike: the console, and the peers on which an answer is all there is.
 *
 * Owns what is written on them, and the windows in which that is done.
 */
import type { Browser, CDPSession, Page } from "playwright-core";
import { openConsoleStage } from "./console-stage.ts";
import { isConsoleReady, isPeerReady } from "./console-subject.ts";
import { settled, watch } from "./harness/page-cost.ts";
import { sectionOf } from "./mixed-answer.ts";
import { openPeerPage } from "./peer-page.ts";
import { keepPace } from "./programs/pace.ts";
import { spawnWorker } from "./programs/worker-client.ts";

/** How many deltas a window has. */
export const DELTAS = 100;
export const DELTAS_PER_SECOND = 100;
const VIEWPORT = { width: 1_000, height: 700 };

export const SIDES = ["console", "streamdown", "react-markdown"] as const;
export type Side = (typeof SIDES)[number];

/** How far into an answer a window is. */
export interface Workload {
  readonly label: string;
  /** How many sections stand there when the window begins; the window writes one more. */
  readonly sections: number;
  /** How many times slower the processor is made. */
  readonly slowdown: number;
}

export const SHORT: Workload = { label: "10 kB", sections: 4, slowdown: 1 };
export const LONG: Workload = { label: "100 kB", sections: 49, slowdown: 1 };
export const SLOW_LONG: Workload = { ...LONG, label: "100 kB, processor 4 times slower", slowdown: 4 };
export const WORKLOADS = [SHORT, LONG, SLOW_LONG] as const;

/** A page on which one answer is written. */
interface AnswerPage extends AsyncDisposable {
  readonly url: string;
  readonly isReady: () => boolean;
  /** Empties the page and begins an answer. */
  begin(): void;
  delta(text: string): void;
}

/** @param upstream Where the real server is; @param peerFolder where the peers' page was built */
export async function openAnswer(side: Side, upstream: string, peerFolder: string): Promise<AnswerPage> {
  return side === "console" ? openConsole(upstream) : openPeer(peerFolder, side);
}

async function openConsole(upstream: string): Promise<AnswerPage> {
  const stage = await openConsoleStage(upstream, await spawnWorker(upstream), []);
  return {
    url: stage.url,
    isReady: isConsoleReady,
    begin() {
      stage.empty();
      void stage.begin();
    },
    delta: (text) => stage.delta(text),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

async function openPeer(folder: string, renderer: Exclude<Side, "console">): Promise<AnswerPage> {
  const page = await openPeerPage(folder, null);
  return {
    url: `${page.url}?renderer=${renderer}`,
    isReady: isPeerReady,
    begin: () => page.tell({ kind: "empty" }),
    delta: (text) => page.tell({ kind: "delta", text }),
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  };
}

/** A page with its windows. */
interface Windows {
  readonly page: Page;
  readonly session: CDPSession;
  /** One of them: what stands there is written, and `measure` does the rest of it by what it is given. */
  readonly window: <Told>(workload: Workload, measure: (send: () => Promise<void>) => Promise<Told>) => Promise<Told>;
}

/** Opens a page once for all windows. */
export async function windowsOf(browser: Browser, answer: AnswerPage): Promise<Windows> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const session = await watch(page);
  await page.goto(answer.url);
  await page.waitForFunction(answer.isReady);
  return {
    page,
    session,
    async window({ sections, slowdown }, measure) {
      answer.begin();
      answer.delta(Array.from({ length: sections }, (_, index) => sectionOf(index + 1)).join(""));
      await settled(page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
      const text = sectionOf(sections + 1);
      const chars = Math.ceil(text.length / DELTAS);
      const told = await measure(() =>
        keepPace(DELTAS, { intervalMs: 1_000 / DELTAS_PER_SECOND, offsetMs: 0 }, (index) =>
          answer.delta(text.slice(index * chars, (index + 1) * chars)),
        ),
      );
      await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
      return told;
    },
  };
}
