/**
 * slow-viewer: one viewer of a hundred reads nothing more while the others go on.
 *
 * Owns the workload and its figures. The peer sends every event to every socket, as one would write it with `ws`, and keeps
 * for the one what it does not take. Beside both stand as many viewers of whom all read.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace, type ProgramChild } from "../harness/child.ts";
import { receive } from "../harness/delivery.ts";
import { ENGINES, type Engine } from "../harness/engine.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { memoryUse, publisherMemory, type MemoryUse } from "../harness/memory.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { profileServers } from "../harness/profiling.ts";
import { alternate } from "../harness/rounds.ts";
import { median, pairedRatio, quantile } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

/** Floods of answers that the stalled viewer misses. */
const ROUNDS = 10;
const LONG_ROUNDS = 48;
const PROFILE_ROUNDS = 1;
const VIEWERS = 99;
const EVENTS = 5_000;
/** Whose ages are looked at, after those, and how often in turns: one such window alone is what a collection made of it. */
const AGED_EVENTS = 500;
const PAIRS = 6;
/** To those who have the stalled viewer, with the first turn, which counts for nothing. */
const EVENTS_PER_ROUND = EVENTS + (PAIRS + 1) * AGED_EVENTS;
/** Until the windows of events are full that a server keeps by design. */
const FILLING_ANSWERS = 2;
const EVENTS_PER_TICK = 10;
const TICK_MS = 10;
const GROWTH_GOAL = 0.06;
const P99_GOAL = 1.2;
const MEGABYTE = 1e6;
const MICROSECONDS_PER_MS = 1_000;
/** The conversation itself is not what is asked: only its newest lines are kept. */
const SETTINGS = { YOI_RETENTION_ENTRIES: "16" };

const SIDES = { node: "this server on Node", deno: "this server on Deno", ws: "naive ws on Node" } as const;
type Side = keyof typeof SIDES;
const SIDE_NAMES: readonly Side[] = [...ENGINES, "ws"];
type Crowd = "stalled" | "beside";

interface Outcome {
  readonly before: MemoryUse;
  /** After the round with which most was held. */
  readonly most: MemoryUse;
  /** In each window, of those who read. */
  readonly p99Ms: Readonly<Record<Crowd, readonly number[]>>;
}

/** Who sends. */
interface Place {
  readonly urls: Readonly<Record<Crowd, string>>;
  readonly send: (crowd: Crowd, answer: AnswerOrder) => Promise<unknown>;
  /** After a garbage collection. */
  readonly weigh: () => Promise<MemoryUse>;
}

export const slowViewer: BenchCase = { name: "slow-viewer", run, isLoadApart: true, profiled: profile };

/** Of this server alone. */
function profile({ rounds = PROFILE_ROUNDS }: BenchOptions): Promise<readonly ProfileSection[]> {
  return profileServers(async () => {
    for (const engine of ENGINES) await measure(rounds, (stack, provider) => openServer(engine, stack, provider));
  }, false);
}

async function run({ isLong, rounds = isLong ? LONG_ROUNDS : ROUNDS }: BenchOptions): Promise<CaseResult> {
  const outcomes: Readonly<Record<Side, Outcome>> = {
    node: await measure(rounds, (stack, provider) => openServer("node", stack, provider)),
    deno: await measure(rounds, (stack, provider) => openServer("deno", stack, provider)),
    ws: await measure(rounds, openPeer),
  };
  const slowdown = (side: Side) => pairedRatio(outcomes[side].p99Ms.stalled, outcomes[side].p99Ms.beside);
  const grownBytes = (side: Side, key: keyof MemoryUse): number =>
    outcomes[side].most[key] - outcomes[side].before[key];
  const share = (side: Side) => Math.max(0, grownBytes(side, "heldBytes")) / grownBytes("ws", "heldBytes");
  const chart: Chart = {
    title: "what a process holds more for a stalled viewer",
    unit: "times naive ws",
    isRatio: true,
    bars: [
      ...ENGINES.map((engine) => ({ label: SIDES[engine], value: share(engine) })),
      { label: SIDES.ws, value: 1, isPeer: true },
    ],
    target: { atMost: GROWTH_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "one stalled of 100",
          "held more, MB",
          "ratio to ws",
          "resident more, MB",
          "others' p99, ms",
          "p99 with none stalled, ms",
          "ratio",
        ],
        rows: SIDE_NAMES.map((side) => [
          SIDES[side],
          figure(grownBytes(side, "heldBytes") / MEGABYTE),
          side === "ws" ? "1" : figure(share(side)),
          figure(grownBytes(side, "residentBytes") / MEGABYTE),
          figure(median(outcomes[side].p99Ms.stalled)),
          figure(median(outcomes[side].p99Ms.beside)),
          interval(slowdown(side)),
        ]),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...ENGINES.map((engine) =>
        goal(
          `${SIDES[engine]}: p99 of the others beside a stalled viewer`,
          slowdown(engine),
          { atMost: P99_GOAL },
          "times that with none stalled",
        ),
      ),
    ],
    notes: [
      `${(rounds * EVENTS_PER_ROUND).toLocaleString("en-US")} events, ${(EVENTS_PER_TICK * 1_000) / TICK_MS}/s, ${EVENTS_PER_TICK} at once; memory after a garbage collection, before the viewer stalls and after each round, the most that it was. p99: ${rounds * PAIRS} windows that alternate.`,
    ],
  };
}

type Open = (stack: AsyncDisposableStack, provider: ProgramChild) => Promise<Place>;

async function measure(rounds: number, open: Open): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const crowd = stack.use(await startProgramChild("crowd"));
  const { urls, send, weigh } = await open(stack, provider);
  for (const group of ["stalled", "beside"] as const) {
    await crowd.ask("open", { group, urls: [urls[group]], viewers: VIEWERS }, z.undefined());
  }
  const flood = (group: Crowd) => receive(crowd, { group, send: () => send(group, answerOf(EVENTS)) });
  const p99Ms = async (group: Crowd): Promise<number> => {
    const { agesUs } = await receive(crowd, { group, send: () => send(group, answerOf(AGED_EVENTS)) }, true);
    const expected = AGED_EVENTS * VIEWERS;
    if (agesUs.length !== expected) throw new Error(`Cannot count: ${agesUs.length} tokens came of ${expected}`);
    return quantile(agesUs, 0.99) / MICROSECONDS_PER_MS;
  };
  for (let left = FILLING_ANSWERS; left > 0; left -= 1) {
    for (const group of ["stalled", "beside"] as const) await flood(group);
  }
  const before = await weigh();
  await crowd.ask("open", { group: "asleep", urls: [urls.stalled], viewers: 1, stalled: 1 }, z.undefined());
  let most = before;
  const found: Record<Crowd, number[]> = { stalled: [], beside: [] };
  const turns = new Map<Crowd, () => Promise<number>>([
    ["stalled", () => p99Ms("stalled")],
    ["beside", () => p99Ms("beside")],
  ]);
  for (let left = rounds; left > 0; left -= 1) {
    await flood("stalled");
    for (const [group, agesMs] of await alternate(PAIRS, turns)) found[group].push(...agesMs);
    const now = await weigh();
    if (now.heldBytes > most.heldBytes) most = now;
  }
  return { before, most, p99Ms: found };
}

function answerOf(tokens: number): AnswerOrder {
  return { say: "stamps", tokens, intervalMs: TICK_MS, offsetMs: 0, tokensPerTick: EVENTS_PER_TICK };
}

async function openServer(engine: Engine, stack: AsyncDisposableStack, provider: ProgramChild): Promise<Place> {
  const environment = { ...SETTINGS, OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  const server = stack.use(await startWorkspace(engine, { environment, isInspected: true }));
  const workers = { stalled: await spawnWorker(server.url), beside: await spawnWorker(server.url) };
  return {
    urls: { stalled: viewerUrl(workers.stalled), beside: viewerUrl(workers.beside) },
    send: (crowd, answer) => order(workers[crowd], answer),
    weigh: () => memoryUse(server),
  };
}

async function openPeer(stack: AsyncDisposableStack, provider: ProgramChild): Promise<Place> {
  const providerUrl = await provider.ask("address", null, z.url());
  const peer = stack.use(await startProgramChild("broadcast-ws"));
  const url = await peer.ask("address", null, z.url());
  return {
    urls: { stalled: `${url}?topic=stalled`, beside: `${url}?topic=beside` },
    send: (topic, answer) => peer.ask("relay", { providerUrl, answers: [{ topic, order: answer }] }, z.undefined()),
    weigh: () => publisherMemory(peer),
  };
}
