/**
 * interactive: how soon somebody can write in a long conversation, and how soon a key shows while an answer streams.
 *
 * Owns the workload and its figures: real Chromium on the real server, a conversation of ten items beside one of ten
 * thousand, in turns. What an interaction took is the browser's own account of it, from the key to the next paint.
 */
import type { Browser } from "playwright-core";
import * as z from "zod/mini";
import { workerPagePath } from "../../../islands/paths.ts";
import { RuntimeId, type WorkerId } from "../../../protocol/id.ts";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import { noteInteractions, takeInteractions } from "../harness/interactions.ts";
import { settled } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, quantile } from "../harness/statistics.ts";
import { writeHistory, type History } from "../harness/stored-history.ts";
import { figure } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { openViewer } from "../programs/open-viewer.ts";
import { EMBEDDED_RUNTIME_ID, endsRun, order, viewerUrl, type WorkerUrl } from "../programs/worker-client.ts";

const ROUNDS = 8;
const ITEMS = [10, 10_000] as const;
type Items = (typeof ITEMS)[number];
const ITEM = "An answer has **some** sentences, and `this` is one of them. ".repeat(6);
const TOKENS_PER_SECOND = 50;
const KEYS = "somebody writes while it is being said ";
const KEY_EVERY_MS = 60;
const READY_GOAL_MS = 300;
const LATENCY_GOAL_MS = 100;
const VIEWPORT = { width: 1_000, height: 700 };
const MESSAGE_BOX = "#composer[data-hydrated] textarea";

/** Longer than a window, so that it streams until the last key. */
const ANSWER: AnswerOrder = {
  say: "english",
  tokens: TOKENS_PER_SECOND * 4,
  intervalMs: 1_000 / TOKENS_PER_SECOND,
  offsetMs: 0,
};

interface Sample {
  readonly firstPaintMs: number;
  readonly readyMs: number;
  readonly latenciesMs: readonly number[];
}

export const interactive: BenchCase = { name: "interactive", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const OPENAI_BASE_URL = await provider.ask("address", null, z.url());
  // A message and its answer are two items.
  const histories = ITEMS.map((items): History => ({ workers: 1, messages: items / 2, tokens: 1, token: ITEM }));
  const folder = stack.use(await writeHistory(...histories));
  const environment = { OPENAI_BASE_URL, YOI_DATA_DIR: folder.path };
  const server = stack.use(await startWorkspace("node", { environment, isPaced: true }));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const samples = await alternate(
    rounds,
    new Map(
      ITEMS.map((items, index) => [items.toString(), () => visit(browser, server.url, folder.workerIds[index]!)]),
    ),
  );
  const of = (items: Items) => samplesOf(samples, items.toString());
  const readyMs = (items: Items): number => median(of(items).map((sample) => sample.readyMs));
  const latencyMs = (items: Items, fraction: number): number =>
    quantile(
      of(items).flatMap((sample) => sample.latenciesMs),
      fraction,
    );
  const labelOf = (items: Items): string => `${items.toLocaleString("en-US")} items`;
  return {
    tables: [
      {
        head: ["ms", "first contentful paint", "message box ready", "key to paint, p50", "p98", "longest"],
        rows: ITEMS.map((items) => [
          labelOf(items),
          figure(median(of(items).map(({ firstPaintMs }) => firstPaintMs))),
          figure(readyMs(items)),
          figure(latencyMs(items, 0.5)),
          figure(latencyMs(items, 0.98)),
          figure(latencyMs(items, 1)),
        ]),
      },
    ],
    goals: ITEMS.flatMap((items) => [
      {
        text: `${labelOf(items)}: message box ready within ${READY_GOAL_MS} ms`,
        isMet: readyMs(items) <= READY_GOAL_MS,
      },
      {
        text: `${labelOf(items)}: p98 of the interactions at most ${LATENCY_GOAL_MS} ms`,
        isMet: latencyMs(items, 0.98) <= LATENCY_GOAL_MS,
      },
    ]),
    notes: [
      `Node, ${TOKENS_PER_SECOND} tokens/s, ${KEYS.length} keys a visit, one every ${KEY_EVERY_MS} ms, ${rounds} visits each, in turns, with an empty cache. The browser counts in steps of 8 ms and gives up below 16 ms, which then counts as 16.`,
    ],
  };
}

const Timing = z.object({ firstPaintMs: z.number(), readyMs: z.number() });

/** When a key goes into the message box and Enter would send it, noted in the page as it happens. */
const NOTE_READY = `new MutationObserver((_, observer) => {
  if (!document.querySelector('${MESSAGE_BOX}')) return;
  globalThis.benchReadyMs = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });`;

/** Opens the page in a browser that has nothing of it, has an answer begin, and writes meanwhile. */
async function visit(browser: Browser, serverUrl: string, worker_id: WorkerId): Promise<Sample> {
  const ref = { runtime_id: RuntimeId.parse(EMBEDDED_RUNTIME_ID), worker_id };
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    await page.addInitScript(NOTE_READY);
    await page.addInitScript(noteInteractions);
    await page.goto(serverUrl + workerPagePath(ref));
    await page.waitForFunction(() => "benchReadyMs" in globalThis);
    await page.waitForSelector("[role=log] article");
    await settled(page);
    const timing = Timing.parse(
      await page.evaluate(
        "({ firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime, readyMs: globalThis.benchReadyMs })",
      ),
    );
    const worker = `${serverUrl}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${worker_id}`;
    await using answer = await beginAnswer(worker);
    const box = page.locator(MESSAGE_BOX);
    await box.fill("");
    await box.pressSequentially(KEYS, { delay: KEY_EVERY_MS });
    if ((await box.inputValue()) !== KEYS)
      throw new Error("Cannot count: the message box has other keys than were typed");
    await box.fill("");
    const latenciesMs = await takeInteractions(page, KEYS.length);
    await answer.ended;
    return { ...timing, latenciesMs };
  } finally {
    await context.close();
  }
}

interface Answer extends AsyncDisposable {
  /** The Worker would not take another message before. */
  readonly ended: Promise<void>;
}

async function beginAnswer(worker: WorkerUrl): Promise<Answer> {
  const viewer = await openViewer(viewerUrl(worker));
  const { promise, resolve } = Promise.withResolvers<void>();
  viewer.on("message", (frame: Buffer) => {
    if (endsRun(frame)) resolve();
  });
  await order(worker, ANSWER);
  return { ended: promise, [Symbol.asyncDispose]: async () => viewer.terminate() };
}
