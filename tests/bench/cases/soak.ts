/**
 * soak: whether a server is after minutes of broken links what it was after the first.
 *
 * Owns the workload and its figures: a few Workers that answer all the time, viewers that watch, and a fault every second.
 * What a server keeps by design is kept before the first minute begins.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult, Goal } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace, type ProgramChild, type ServerChild } from "../harness/child.ts";
import { receive } from "../harness/delivery.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goalsOf } from "../harness/goal.ts";
import { memoryUse, type MemoryUse } from "../harness/memory.ts";
import { countProcessorTime } from "../harness/processor-time.ts";
import { median } from "../harness/statistics.ts";
import { figure, type Table } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { keepPace } from "../programs/pace.ts";
import { Seen } from "../programs/restless.ts";
import { order, spawnWorker, viewerUrl, type WorkerUrl } from "../programs/worker-client.ts";

const MINUTES = 10;
const LONG_MINUTES = 60;
/** What the end is compared with: by then whatever becomes warm is warm. Fewer where the case is too short for it. */
const EARLY_MINUTE = 3;
const LONG_EARLY_MINUTE = 10;
/** One minute may be a lucky one: the last of those before each end. */
const MINUTES_COMPARED = 3;
const WORKERS = 5;
const VIEWERS = 20;
const TOKENS_PER_SECOND = 20;
const ANSWER_S = 5;
const FAULTS_PER_MINUTE = 60;
const GROWTH_GOAL = 1.05;
const MEGABYTE = 1e6;
/** More than a relay keeps, so that its window is full. */
const FILL_TOKENS = 9_000;
const FILL_TOKENS_PER_TICK = 30;
const FILL_TICK_MS = 10;
const TIMEOUT_MS = 90 * 60_000;
/** Full before the first minute is over. */
const SETTINGS = { YOI_RETENTION_EVENTS: "1024", YOI_RETENTION_ENTRIES: "16" };

const FILL: AnswerOrder = {
  say: "filler",
  tokens: FILL_TOKENS,
  tokensPerTick: FILL_TOKENS_PER_TICK,
  intervalMs: FILL_TICK_MS,
  offsetMs: 0,
};
const ANSWER: AnswerOrder = {
  say: "english",
  tokens: TOKENS_PER_SECOND * ANSWER_S,
  intervalMs: 1_000 / TOKENS_PER_SECOND,
  offsetMs: 0,
};

interface Minute extends MemoryUse {
  readonly costUs: number;
  readonly seen: Seen;
}

const COMPARED = [
  ["resident memory", "residentBytes"],
  ["heap", "heapBytes"],
  ["processor time per delivery", "costUs"],
] as const;
type Compared = (typeof COMPARED)[number][1];

export const soak: BenchCase = { name: "soak", run, timeoutMs: TIMEOUT_MS };

async function run({
  isLong,
  rounds,
  minutes = rounds ?? (isLong ? LONG_MINUTES : MINUTES),
}: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  // Side by side: each is compared with itself, and neither needs much of a core.
  const found = await Promise.all(ENGINES.map((engine) => passMinutes(stack, engine, minutes)));
  const earlyMinute = Math.min(minutes, isLong ? LONG_EARLY_MINUTE : EARLY_MINUTE);
  const faults = found.reduce((sum, passed) => sum + passed.at(-1)!.seen.faults, 0);
  const charts = COMPARED.map(([what, key]) => growthChart(what, key, found, earlyMinute));
  return {
    charts,
    tables: ENGINES.map((engine, index) => tableOf(engine, found[index]!)),
    goals: [
      ...charts.flatMap(goalsOf),
      ...ENGINES.map((engine, index) => completenessGoal(engine, found[index]!.at(-1)!.seen)),
    ],
    notes: [
      `On each engine ${WORKERS} Workers at ${TOKENS_PER_SECOND} tokens/s, ${VIEWERS} viewers each, a fault a second (${faults.toLocaleString("en-US")} in all), ${minutes} minutes after one that is not counted; memory after a garbage collection. Compared are the medians of up to ${MINUTES_COMPARED} minutes, the last of which is named.`,
    ],
  };
}

function tableOf(engine: Engine, minutes: readonly Minute[]): Table {
  return {
    head: [`minute, ${ENGINE_LABELS[engine]}`, "resident, MB", "heap, MB", "CPU µs per delivery", "deliveries so far"],
    rows: minutes.map(({ residentBytes, heapBytes, costUs, seen }, index) => [
      String(index + 1),
      figure(residentBytes / MEGABYTE),
      figure(heapBytes / MEGABYTE),
      figure(costUs),
      seen.deliveries.toLocaleString("en-US"),
    ]),
  };
}

function growthChart(what: string, key: Compared, found: readonly (readonly Minute[])[], earlyMinute: number): Chart {
  const upTo = (minutes: readonly Minute[], minute: number): number =>
    median(minutes.slice(Math.max(0, minute - MINUTES_COMPARED), minute).map((one) => one[key]));
  return {
    title: `${what} at the end`,
    unit: `times that of minute ${earlyMinute}`,
    isRatio: true,
    bars: ENGINES.map((engine, index) => {
      const minutes = found[index]!;
      return { label: ENGINE_LABELS[engine], value: upTo(minutes, minutes.length) / upTo(minutes, earlyMinute) };
    }),
    target: { atMost: GROWTH_GOAL },
  };
}

function completenessGoal(engine: Engine, { lost, doubled }: Seen): Goal {
  return {
    text: `${ENGINE_LABELS[engine]}: nothing lost (${lost}) and nothing sent twice (${doubled})`,
    isMet: lost === 0 && doubled === 0,
  };
}

/** Those that count, in order. */
async function passMinutes(stack: AsyncDisposableStack, engine: Engine, minutes: number): Promise<readonly Minute[]> {
  const provider = stack.use(await startProgramChild("provider"));
  const crowd = stack.use(await startProgramChild("crowd"));
  const restless = stack.use(await startProgramChild("restless"));
  const environment = { ...SETTINGS, OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  const server = stack.use(await startWorkspace(engine, { environment, isInspected: true }));
  const workers: WorkerUrl[] = [];
  while (workers.length < WORKERS) workers.push(await spawnWorker(server.url));
  for (const worker of workers) {
    await crowd.ask("open", { group: worker, urls: [viewerUrl(worker)], viewers: 1 }, z.undefined());
  }
  await Promise.all(workers.map((worker) => receive(crowd, { group: worker, send: () => order(worker, FILL) })));
  await restless.ask("open", { urls: workers.map(viewerUrl), viewers: VIEWERS }, z.undefined());

  const over = new AbortController();
  const found: Minute[] = [];
  const passAll = async (): Promise<void> => {
    // The first minute counts for nothing: the code has to become warm.
    for (let minute = 0; minute <= minutes; minute += 1) found.push(await passMinute(server, restless, minute));
    over.abort();
  };
  await Promise.all([passAll(), ...workers.map((worker) => answerUntil(over.signal, crowd, worker))]);
  return found.slice(1);
}

async function answerUntil(signal: AbortSignal, crowd: ProgramChild, worker: WorkerUrl): Promise<void> {
  while (!signal.aborted) await receive(crowd, { group: worker, send: () => order(worker, ANSWER) });
}

async function passMinute(server: ServerChild, restless: ProgramChild, minute: number): Promise<Minute> {
  const before = await restless.ask("seen", null, Seen);
  const usedUs = countProcessorTime(server.pid);
  const faults: Promise<unknown>[] = [];
  await keepPace(FAULTS_PER_MINUTE + 1, { intervalMs: 60_000 / FAULTS_PER_MINUTE, offsetMs: 0 }, (index) => {
    // The last tick is the minute's end.
    if (index === FAULTS_PER_MINUTE) return;
    const fault = restless.ask("fault", { turn: minute * FAULTS_PER_MINUTE + index }, z.undefined());
    // Whoever awaits all of them is told; until then nobody listens.
    fault.catch(() => {});
    faults.push(fault);
  });
  await Promise.all(faults);
  const costUs = usedUs();
  const seen = await restless.ask("seen", null, Seen);
  return { ...(await memoryUse(server)), costUs: costUs / (seen.deliveries - before.deliveries), seen };
}
