/**
 * snapshot: what a viewer costs that comes without a position, by the length of the conversation and of the answer under
 * way.
 *
 * Owns the workload and its figures. Neither the frame nor the work may grow with the conversation.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace, type ProgramChild, type ServerChild } from "../harness/child.ts";
import { within } from "../harness/deadline.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { countProcessorTime } from "../harness/processor-time.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { writeHistory, type History } from "../harness/stored-history.ts";
import { figure, interval } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { JoinResult } from "../programs/arrivals.ts";
import { EMBEDDED_RUNTIME_ID, order, viewerUrl, type WorkerUrl } from "../programs/worker-client.ts";

const ROUNDS = 16;
const ITEMS = [10, 1_000, 10_000] as const;
const LIVE_CHARS = [0, 100_000] as const;
const JOINS = 100;
const JOIN_EVERY_MS = 10;
/** How much more a viewer may cost in the longest conversation than in the shortest. */
const GROWTH_GOAL = 1.5;
const FRAME_GOAL_BYTES = 64 * 1_024;
const ITEM = "An answer has some sentences, and this is one of them. ".repeat(8);
const TOKENS_PER_SECOND = 5;
/** Longer than the case. */
const ANSWER_S = 3_600;
const UNDER_WAY_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 50;
const SETTINGS = { YOI_WHOLE_RUN_TIMEOUT_MS: String(ANSWER_S * 1_000) };
const KILO = 1_000;

type Items = (typeof ITEMS)[number];
type LiveChars = (typeof LIVE_CHARS)[number];
type Subject = `${Engine} ${Items} ${LiveChars}`;

interface Sample {
  readonly costUs: number;
  readonly largestBytes: number;
}

export const snapshot: BenchCase = { name: "snapshot", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const arrivals = stack.use(await startProgramChild("arrivals"));
  const OPENAI_BASE_URL = await provider.ask("address", null, z.url());
  // A message and its answer are two items.
  const histories = ITEMS.map((items): History => ({ workers: 1, messages: items / 2, tokens: 1, token: ITEM }));
  const folder = stack.use(await writeHistory(...histories));
  const places: {
    readonly engine: Engine;
    readonly items: Items;
    readonly server: ServerChild;
    readonly worker: WorkerUrl;
  }[] = [];
  for (const engine of ENGINES) {
    const path = stack.adopt(mkdtempSync(join(tmpdir(), "yoi-bench-")), (made) => rmSync(made, { recursive: true }));
    cpSync(folder.path, path, { recursive: true });
    const environment = { ...SETTINGS, OPENAI_BASE_URL, YOI_DATA_DIR: path };
    const server = stack.use(await startWorkspace(engine, { environment }));
    for (const [index, items] of ITEMS.entries()) {
      const worker = `${server.url}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${folder.workerIds[index]}`;
      places.push({ engine, items, server, worker });
    }
  }
  const samples = new Map<Subject, readonly Sample[]>();
  for (const liveChars of LIVE_CHARS) {
    if (liveChars > 0) for (const { worker } of places) await beginAnswer(arrivals, worker, liveChars);
    const subjects = places.map(({ engine, items, server, worker }): [Subject, () => Promise<Sample>] => [
      `${engine} ${items} ${liveChars}`,
      () => measure(server, arrivals, worker),
    ]);
    for (const [subject, taken] of await alternate(rounds, new Map(subjects))) samples.set(subject, taken);
  }
  const of = (engine: Engine, items: Items, liveChars: LiveChars, key: keyof Sample) =>
    samplesOf(samples, `${engine} ${items} ${liveChars}`).map((sample) => sample[key]);
  const growth = (engine: Engine, liveChars: LiveChars) =>
    pairedRatio(of(engine, ITEMS[2], liveChars, "costUs"), of(engine, ITEMS[0], liveChars, "costUs"));
  const largest = (engine: Engine, liveChars: LiveChars) =>
    Math.max(...ITEMS.flatMap((items) => of(engine, items, liveChars, "largestBytes")));
  const rows = ENGINES.flatMap((engine) => LIVE_CHARS.map((liveChars) => ({ engine, liveChars })));
  const labelOf = (engine: Engine, liveChars: LiveChars): string =>
    `${ENGINE_LABELS[engine]}, ${liveChars === 0 ? "no answer" : `${liveChars / KILO} kB of an answer`} under way`;
  const chart: Chart = {
    title: `processor time per viewer with ${ITEMS[2].toLocaleString("en-US")} items`,
    unit: `times that with ${ITEMS[0]}`,
    isRatio: true,
    bars: rows.map(({ engine, liveChars }) => ({
      label: labelOf(engine, liveChars),
      value: growth(engine, liveChars),
    })),
    target: { atMost: GROWTH_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "CPU µs per viewer",
          ...ITEMS.map((items) => `${items.toLocaleString("en-US")} items`),
          "growth",
          "first frame, kB",
        ],
        rows: rows.map(({ engine, liveChars }) => [
          labelOf(engine, liveChars),
          ...ITEMS.map((items) => figure(median(of(engine, items, liveChars, "costUs")))),
          interval(growth(engine, liveChars)),
          figure(largest(engine, liveChars) / KILO),
        ]),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...rows.map(({ engine, liveChars }) => {
        // 64 KiB, and the text under way.
        const atMost = (FRAME_GOAL_BYTES + liveChars * (1 + GROWN_SHARE)) / KILO;
        return goal(`${labelOf(engine, liveChars)}: first frame`, largest(engine, liveChars) / KILO, { atMost }, "kB");
      }),
    ],
    notes: [
      `${JOINS} viewers a window, one every ${JOIN_EVERY_MS} ms, ${rounds} rounds of windows that alternate. First frame: the largest of all, whatever the number of items.`,
    ],
  };
}

/** What the answer under way has grown by while the case lasts, at the most. */
const GROWN_SHARE = 0.1;

/** An answer of which so much has been said, and which goes on. */
async function beginAnswer(arrivals: ProgramChild, worker: WorkerUrl, liveChars: number): Promise<void> {
  const intervalMs = 1_000 / TOKENS_PER_SECOND;
  const answer: AnswerOrder = {
    say: "english",
    tokens: TOKENS_PER_SECOND * ANSWER_S,
    intervalMs,
    offsetMs: 0,
    prefixChars: liveChars,
  };
  await order(worker, answer);
  const isUnderWay = async (): Promise<boolean> => {
    const one = { url: viewerUrl(worker), joins: 1, intervalMs };
    const { firstFrameBytes } = await arrivals.ask("join", one, JoinResult);
    return Math.max(...firstFrameBytes) >= liveChars;
  };
  const reached = async (): Promise<void> => {
    while (!(await isUnderWay())) await wait(LOOK_AGAIN_MS);
  };
  await within(reached(), UNDER_WAY_TIMEOUT_MS, "the answer under way is not as long as it is to be");
}

async function measure({ pid }: ServerChild, arrivals: ProgramChild, worker: WorkerUrl): Promise<Sample> {
  const usedUs = countProcessorTime(pid);
  const joins = { url: viewerUrl(worker), joins: JOINS, intervalMs: JOIN_EVERY_MS };
  const { firstFrameBytes } = await arrivals.ask("join", joins, JoinResult);
  return { costUs: usedUs() / JOINS, largestBytes: Math.max(...firstFrameBytes) };
}
