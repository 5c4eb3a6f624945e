/**
 * many-workers: two hundred answers at once, each to a few viewers.
 *
 * Owns the workload and its figures. The peers read the same answers from the same provider and publish each piece to a
 * topic as it comes: no Worker, no log, no position to come back to.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import { measureDelivery, type Delivery, type Sender } from "../harness/delivery.ts";
import { ENGINES, type Engine } from "../harness/engine.ts";
import { PEERS, subjectLabel, type FanOutSubject, type Peer } from "../harness/fan-out-stage.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, pairedRatio, quantile } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { stampedStreams } from "../programs/answer.ts";
import { order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 12;
const WORKERS = 200;
const TOKENS_PER_SECOND = 25;
const VIEWERS = 5;
const WINDOW_S = 2;
const RATIO_GOAL = 1.8;
const P99_GOAL_MS = 50;
const PEER_NAMES: readonly Peer[] = ["ws", "bun"];
const MICROSECONDS_PER_MS = 1_000;

const orders = stampedStreams(WORKERS, TOKENS_PER_SECOND, WINDOW_S);
/** Per token that was sent to a viewer; what else a Worker tells its viewers is not counted, but its cost is. */
const TOKENS = WORKERS * TOKENS_PER_SECOND * WINDOW_S * VIEWERS;

interface Sample {
  readonly costUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly crowdLoad: number;
}

export const manyWorkers: BenchCase = { name: "many-workers", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const crowd = stack.use(await startProgramChild("crowd"));
  const providerUrl = await provider.ask("address", null, z.url());
  const environment = { OPENAI_BASE_URL: providerUrl };
  const senders = new Map<FanOutSubject, Sender>();
  const join = (group: string, urls: readonly string[]) =>
    crowd.ask("open", { group, urls, viewers: VIEWERS }, z.undefined());

  for (const engine of ENGINES) {
    const server = stack.use(await startWorkspace(engine, { environment }));
    const workers: string[] = [];
    while (workers.length < WORKERS) workers.push(await spawnWorker(server.url));
    await join(engine, workers.map(viewerUrl));
    const send = () => Promise.all(workers.map((worker, index) => order(worker, orders[index]!)));
    senders.set(engine, { pid: server.pid, group: engine, send });
  }
  for (const peer of PEER_NAMES) {
    const publisher = stack.use(await startProgramChild(PEERS[peer].program, PEERS[peer].engine));
    const url = new URL(await publisher.ask("address", null, z.url()));
    const topics = orders.map((_, index) => `worker-${index}`);
    const urls = topics.map((topic) => new URL(`?topic=${topic}`, url).href);
    await join(peer, urls);
    const answers = topics.map((topic, index) => ({ topic, order: orders[index] }));
    const send = () => publisher.ask("relay", { providerUrl, answers }, z.undefined());
    senders.set(peer, { pid: publisher.pid, group: peer, send });
  }

  const samples = await alternate(
    rounds,
    new Map(
      Array.from(senders, ([name, sender]) => [name, async () => sampleOf(await measureDelivery(crowd, sender, true))]),
    ),
  );
  const of = (subject: FanOutSubject, key: keyof Sample) => samplesOf(samples, subject).map((sample) => sample[key]);
  const ratio = (subject: FanOutSubject, peer: Peer) => pairedRatio(of(subject, "costUs"), of(peer, "costUs"));
  const chart: Chart = {
    title: "processor time per token and viewer",
    unit: `times ${subjectLabel("bun")}`,
    isRatio: true,
    bars: Array.from(samples.keys(), (subject) => ({
      label: labelOf(subject),
      value: subject === "bun" ? 1 : ratio(subject, "bun"),
      isPeer: subject in PEERS,
    })),
    target: { atMost: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "server",
          "CPU µs per token and viewer",
          "ratio to Bun",
          "ratio to ws",
          "p50, ms",
          "p99, ms",
          "crowd's core",
        ],
        rows: Array.from(samples.keys(), (subject) => [
          labelOf(subject),
          figure(median(of(subject, "costUs"))),
          subject === "bun" ? "1" : interval(ratio(subject, "bun")),
          subject === "ws" ? "1" : interval(ratio(subject, "ws")),
          figure(median(of(subject, "p50Ms"))),
          figure(median(of(subject, "p99Ms"))),
          `${Math.round(median(of(subject, "crowdLoad")) * 100)} %`,
        ]),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...ENGINES.map((engine) =>
        goal(
          `${subjectLabel(engine)}: p99 of a token's age`,
          estimate(of(engine, "p99Ms")),
          { atMost: P99_GOAL_MS },
          "ms",
        ),
      ),
    ],
    notes: [
      `${WORKERS} Workers, ${TOKENS_PER_SECOND} tokens/s each, ${VIEWERS} viewers each, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}

function labelOf(subject: FanOutSubject): string {
  return subject in PEERS ? `${subjectLabel(subject)}, ${WORKERS} topics` : subjectLabel(subject as Engine);
}

/** @throws Error when a token is missing, which would make the figures better than they are */
function sampleOf({ costUs, deliveries, agesUs, crowdLoad }: Delivery): Sample {
  if (agesUs.length !== TOKENS) throw new Error(`Cannot count: ${agesUs.length} tokens came of ${TOKENS}`);
  return {
    costUs: (costUs * deliveries) / TOKENS,
    p50Ms: quantile(agesUs, 0.5) / MICROSECONDS_PER_MS,
    p99Ms: quantile(agesUs, 0.99) / MICROSECONDS_PER_MS,
    crowdLoad,
  };
}
