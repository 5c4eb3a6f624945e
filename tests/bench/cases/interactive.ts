/**
 * interactive: how soon somebody can write in a long conversation, and how soon a key shows while an answer streams.
 *
 * Owns the workload and its figures: real Chromium on the real server, a conversation of ten items beside one of ten
 * thousand, each beside the same one in a page of React, useChat and Streamdown, in turns. What an interaction took is the
 * browser's own account of it, from the key to the next paint.
 */
import { rmSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import * as z from "zod/mini";
import { workerPagePath } from "../../../islands/paths.ts";
import { RuntimeId, type WorkerId } from "../../../protocol/id.ts";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { openPeerStage, type StreamingPage } from "../console-stage.ts";
import { buildPeer } from "../peer-page.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import type { Chart } from "../harness/chart.ts";
import { ENGINES, type Engine } from "../harness/engine.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { noteInteractions, takeInteractions } from "../harness/interactions.ts";
import { settled } from "../harness/page-cost.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, pairedRatio, quantile } from "../harness/statistics.ts";
import { writeHistory, type History } from "../harness/stored-history.ts";
import { figure, interval } from "../harness/table.ts";
import { tokenText, type AnswerOrder } from "../programs/answer.ts";
import { openViewer } from "../programs/open-viewer.ts";
import { keepPace } from "../programs/pace.ts";
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
const OPEN_TIMEOUT_MS = 120_000;
const VIEWPORT = { width: 1_000, height: 700 };

/** This console, from a server on either engine, or its peer. */
type Side = Engine | "peer";
const SIDES: readonly Side[] = [...ENGINES, "peer"];
const SIDE_LABELS: Readonly<Record<Side, string>> = { node: "console, Node", deno: "console, Deno", peer: "peer" };
const CONSOLE_BOX = "#composer[data-hydrated] textarea";
const CONSOLE_ITEM = "[role=log] article";
/** The message box once a key goes into it and Enter would send it, and the conversation once it is there. */
const MESSAGE_BOX: Readonly<Record<Side, string>> = {
  node: CONSOLE_BOX,
  deno: CONSOLE_BOX,
  peer: "html[data-ready] textarea",
};
const CONVERSATION: Readonly<Record<Side, string>> = {
  node: CONSOLE_ITEM,
  deno: CONSOLE_ITEM,
  peer: "article",
};

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
  const peerFolder = stack.adopt(await buildPeer("console-peer"), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const subjects = new Map<`${Side} ${Items}`, () => Promise<Sample>>();
  const openConsole = async (engine: Engine) => {
    const folder = stack.use(await writeHistory(...histories));
    const environment = { OPENAI_BASE_URL, YOI_DATA_DIR: folder.path };
    const { url } = stack.use(await startWorkspace(engine, { environment, isPaced: true }));
    return folder.workerIds.map((workerId) => placeOfConsole(engine, url, workerId));
  };
  const consoles = { node: await openConsole("node"), deno: await openConsole("deno") };
  for (const [index, items] of ITEMS.entries()) {
    for (const engine of ENGINES) {
      const ours = consoles[engine][index]!;
      subjects.set(`${engine} ${items}`, () => visit(browser, ours));
    }
    const theirs = placeOfPeer(stack.use(await openPeerStage(peerFolder, messagesOf(items))));
    subjects.set(`peer ${items}`, () => visit(browser, theirs));
  }
  const samples = await alternate(rounds, subjects);
  const of = (side: Side, items: Items) => samplesOf(samples, `${side} ${items}`);
  const readyMs = (side: Side, items: Items) => of(side, items).map((sample) => sample.readyMs);
  const latencyMs = (side: Side, items: Items, fraction: number): number =>
    quantile(
      of(side, items).flatMap((sample) => sample.latenciesMs),
      fraction,
    );
  const labelOf = (items: Items): string => `${items.toLocaleString("en-US")} items`;
  const chart: Chart = {
    title: "time until the message box is ready",
    unit: "ms",
    isRatio: false,
    bars: ITEMS.flatMap((items) =>
      SIDES.map((side) => ({
        label: `${labelOf(items)}, ${SIDE_LABELS[side]}`,
        value: estimate(readyMs(side, items)),
        isPeer: side === "peer",
      })),
    ),
    target: { atMost: READY_GOAL_MS },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "ms",
          "first contentful paint",
          "message box ready",
          "ratio to peer",
          "key to paint, p50",
          "p98",
          "longest",
        ],
        rows: ITEMS.flatMap((items) =>
          SIDES.map((side) => [
            `${labelOf(items)}, ${SIDE_LABELS[side]}`,
            figure(median(of(side, items).map(({ firstPaintMs }) => firstPaintMs))),
            figure(median(readyMs(side, items))),
            side === "peer" ? "1" : interval(pairedRatio(readyMs(side, items), readyMs("peer", items))),
            figure(latencyMs(side, items, 0.5)),
            figure(latencyMs(side, items, 0.98)),
            figure(latencyMs(side, items, 1)),
          ]),
        ),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...ITEMS.flatMap((items) =>
        ENGINES.map((engine) =>
          goal(
            `${labelOf(items)}, ${SIDE_LABELS[engine]}: p98 of the interactions`,
            latencyMs(engine, items, 0.98),
            { atMost: LATENCY_GOAL_MS },
            "ms",
          ),
        ),
      ),
    ],
    notes: [
      `${TOKENS_PER_SECOND} tokens/s, ${KEYS.length} keys a visit, one every ${KEY_EVERY_MS} ms, ${rounds} visits each, in turns, with an empty cache. The browser counts in steps of 8 ms and gives up below 16 ms, which then counts as 16.`,
      "Peer: React, useChat and Streamdown, with the same messages, the same tokens and a server of its own.",
    ],
  };
}

const Timing = z.object({ firstPaintMs: z.number(), readyMs: z.number() });

/** When the message box is ready, noted in the page as it happens. */
const noteReady = (box: string): string => `new MutationObserver((_, observer) => {
  if (!document.querySelector('${box}')) return;
  globalThis.benchReadyMs = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });`;

/** Where somebody goes to. */
interface Place {
  readonly side: Side;
  readonly url: string;
  /** Has an answer begin. */
  readonly begin: (page: Page) => Promise<Answer>;
}

interface Answer extends AsyncDisposable {
  /** Another message would not be taken before. */
  readonly ended: Promise<void>;
}

/** Opens the page in a browser that has nothing of it, has an answer begin, and writes meanwhile. */
async function visit(browser: Browser, { side, url, begin }: Place): Promise<Sample> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    await page.addInitScript(noteReady(MESSAGE_BOX[side]));
    await page.addInitScript(noteInteractions);
    await page.goto(url, { timeout: OPEN_TIMEOUT_MS });
    await page.waitForFunction(() => "benchReadyMs" in globalThis, undefined, { timeout: OPEN_TIMEOUT_MS });
    await page.waitForSelector(CONVERSATION[side]);
    await settled(page);
    const timing = Timing.parse(
      await page.evaluate(
        "({ firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0].startTime, readyMs: globalThis.benchReadyMs })",
      ),
    );
    await using answer = await begin(page);
    const box = page.locator(MESSAGE_BOX[side]);
    await box.fill("");
    await box.pressSequentially(KEYS, { delay: KEY_EVERY_MS, timeout: OPEN_TIMEOUT_MS });
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

function placeOfConsole(side: Engine, serverUrl: string, worker_id: WorkerId): Place {
  const ref = { runtime_id: RuntimeId.parse(EMBEDDED_RUNTIME_ID), worker_id };
  const worker = `${serverUrl}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${worker_id}`;
  return { side, url: serverUrl + workerPagePath(ref), begin: () => beginAnswer(worker) };
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

function placeOfPeer(stage: StreamingPage): Place {
  return {
    side: "peer",
    url: stage.url,
    async begin(page) {
      if (stage.ask !== null) await page.evaluate(stage.ask);
      await stage.begin();
      const texts = Array.from({ length: ANSWER.tokens }, (_, index) => tokenText(ANSWER.say, index));
      const ended = keepPace(ANSWER.tokens, ANSWER, (index) => stage.delta(texts[index] ?? "")).then(() =>
        stage.end(texts.join("")),
      );
      return { ended, [Symbol.asyncDispose]: () => ended };
    },
  };
}

/** The same conversation as the server's Worker has. */
function messagesOf(items: Items): readonly string[] {
  return Array.from({ length: items }, (_, index) => (index % 2 === 0 ? `Message ${index / 2}` : ITEM));
}
