/**
 * transcript: a conversation of ten thousand items on the screen: opening it, its growth, and reading back in it.
 *
 * Owns the workload and its figures. The peers are React with virtua's list and with every item in the document; all three
 * do the same things in turns, in the same browser.
 */
import { rmSync } from "node:fs";
import { launchChromium } from "../../support/chromium.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startWorkspace } from "../harness/child.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio, type Estimate } from "../harness/statistics.ts";
import { writeHistory } from "../harness/stored-history.ts";
import { figure, interval } from "../harness/table.ts";
import { openConsoleList, openPeerList, PAGE_ITEMS, type ListPage } from "../list-pages.ts";
import { buildConsoleMaps, buildPeer } from "../peer-page.ts";
import { profileVisits } from "../profiles/transcript.ts";
import {
  APPENDED,
  APPENDED_PER_SECOND,
  DELTAS,
  DELTAS_PER_SECOND,
  FRAMES,
  STEP_PX,
  visit,
  type Visit,
  type WatchWork,
} from "../transcript-visit.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 6;
const PROFILE_ROUNDS = 2;
const ITEMS = 10_000;
const ANSWER = "An answer has **some** sentences, and `this` is one of them. ".repeat(6);
const MUST_RATIO = 1.5;
const GOAL_RATIO = 1;
const MAX_JUMP_PX = 1;

const SIDES = ["console", "virtua", "full"] as const;
type Side = (typeof SIDES)[number];
const LABELS: Readonly<Record<Side, string>> = { console: "console", virtua: "virtua", full: "full document" };

const ROWS: readonly (readonly [keyof Visit, string])[] = [
  ["openMs", "open"],
  ["appendMs", "an item comes"],
  ["updateMs", "the last one goes on"],
  ["frameMs", "a frame of reading back"],
  ["prependMs", `${PAGE_ITEMS} older ones come`],
  ["longestFrameMs", "longest frame of reading back"],
];

export const transcript: BenchCase = { name: "transcript", run, profiled: profile };

async function profile({ rounds = PROFILE_ROUNDS }: BenchOptions) {
  await using stack = new AsyncDisposableStack();
  const folders = { console: await buildConsoleMaps(), virtua: await buildPeer("list-peer", true) };
  for (const path of Object.values(folders)) stack.defer(() => rmSync(path, { recursive: true, force: true }));
  const visits = await openVisits(stack, folders.virtua);
  return await profileVisits(rounds, folders, { console: visits.console, virtua: visits.virtua });
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const peerFolder = await buildPeer("list-peer");
  stack.defer(() => rmSync(peerFolder, { recursive: true, force: true }));
  const visits = await openVisits(stack, peerFolder);
  const unwatched: WatchWork = (_operation, _session, act) => act();
  const samples = await alternate(
    rounds,
    new Map<Side, () => Promise<Visit>>(SIDES.map((side) => [side, () => visits[side](unwatched)])),
  );
  const of = (side: Side, key: keyof Visit): readonly number[] => samplesOf(samples, side).map((each) => each[key]);
  const ratioOf = (key: keyof Visit, peer: Side): Estimate => pairedRatio(of("console", key), of(peer, key));
  const jumpOf = (side: Side): number => Math.max(...of(side, "jumpPx"));
  const chart: Chart = {
    title: `work in a conversation of ${ITEMS.toLocaleString("en-US")} items`,
    unit: "times virtua",
    isRatio: true,
    bars: [
      ...ROWS.map(([key, label]) => ({ label, value: ratioOf(key, "virtua") })),
      { label: "virtua", value: 1, isPeer: true },
    ],
    target: { atMost: MUST_RATIO },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["ms", ...SIDES.map((side) => LABELS[side]), "ratio to virtua", "ratio to the full document"],
        rows: [
          ...ROWS.map(([key, label]) => [
            label,
            ...SIDES.map((side) => figure(median(of(side, key)))),
            interval(ratioOf(key, "virtua")),
            interval(ratioOf(key, "full")),
          ]),
          ["jump of what is read, CSS px", ...SIDES.map((side) => figure(jumpOf(side))), "", ""],
        ],
      },
    ],
    goals: [
      ...goalsOf(chart),
      {
        text: `each at most ${GOAL_RATIO} times virtua`,
        isMet: ROWS.every(([key]) => ratioOf(key, "virtua").median <= GOAL_RATIO),
      },
      goal("what is read moves when older items come by", jumpOf("console"), { atMost: MAX_JUMP_PX }, "px"),
    ],
    notes: [
      `${ITEMS.toLocaleString("en-US")} items; ${APPENDED} come, ${APPENDED_PER_SECOND}/s; the last one gets ${DELTAS} deltas, ${DELTAS_PER_SECOND}/s; ${FRAMES} frames of ${STEP_PX} px each; ${rounds} visits each, in turns; medians, the jump is the largest.`,
      "Times are what the main thread worked, painting included, but for the longest frame, which is the time from one frame to the next.",
    ],
  };
}

/** One visit, with whoever watches its work. */
type VisitBy = (watchWork: WatchWork) => Promise<Visit>;

async function openVisits(stack: AsyncDisposableStack, peerFolder: string): Promise<Readonly<Record<Side, VisitBy>>> {
  // A message and its answer are two items.
  const history = stack.use(await writeHistory({ workers: 1, messages: ITEMS / 2, tokens: 1, token: ANSWER }));
  const server = stack.use(await startWorkspace("node", { environment: { YOI_DATA_DIR: history.path } }));
  const worker = `${server.url}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${history.workerIds[0]}` as const;
  const items = Array.from({ length: ITEMS }, (_, index) => (index % 2 === 0 ? `Message ${index / 2}` : ANSWER));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const visitOf =
    (open: () => Promise<ListPage>): VisitBy =>
    async (watchWork) => {
      await using list = await open();
      return await visit(browser, list, watchWork);
    };
  return {
    console: visitOf(() => openConsoleList(server.url, worker)),
    virtua: visitOf(() => openPeerList(peerFolder, "virtua", items)),
    full: visitOf(() => openPeerList(peerFolder, "full", items)),
  };
}
