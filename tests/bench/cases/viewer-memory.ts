/**
 * viewer-memory: what a viewer costs in memory that is there and is told nothing.
 *
 * Owns the workload and its figures: thousands of viewers of one Worker, through the whole of the server, beside as many
 * sockets of bare `ws` and of Socket.IO. The first ones are not counted: what the processes need once is there when the
 * counting begins.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { PEERS, type Peer } from "../harness/fan-out-stage.ts";
import { goalsOf } from "../harness/goal.ts";
import { memoryUse, publisherMemory, type MemoryUse } from "../harness/memory.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 3;
const VIEWERS = 5_000;
const UNCOUNTED = 500;
const RATIO_GOAL = 1.6;
const KILOBYTE = 1_000;
const SETTINGS = { YOI_MAX_VIEWERS_PER_WORKER: String(VIEWERS + UNCOUNTED) };
const PEER_NAMES = ["ws", "socketIo"] as const satisfies readonly Peer[];
type Subject = Engine | (typeof PEER_NAMES)[number];
type Sample = Pick<MemoryUse, "heapBytes" | "residentBytes">;

/** Somebody who can be weighed. */
interface Place {
  readonly url: string;
  readonly weigh: () => Promise<MemoryUse>;
}

export const viewerMemory: BenchCase = { name: "viewer-memory", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const subjects = new Map<Subject, () => Promise<Sample>>();
  for (const peer of PEER_NAMES) subjects.set(peer, () => measure((stack) => openPeer(stack, peer)));
  for (const engine of ENGINES) subjects.set(engine, () => measure((stack) => openServer(stack, engine)));
  const samples = await alternate(rounds, subjects);
  const of = (subject: Subject, key: keyof Sample) =>
    samplesOf(samples, subject).map((sample) => sample[key] / KILOBYTE);
  const ratio = (subject: Subject) => pairedRatio(of(subject, "residentBytes"), of("ws", "residentBytes"));
  const labelOf = (subject: Subject): string =>
    subject === "node" || subject === "deno" ? `this server on ${ENGINE_LABELS[subject]}` : PEERS[subject].label;
  const chart: Chart = {
    title: "resident memory per viewer",
    unit: "times ws",
    isRatio: true,
    bars: Array.from(samples.keys(), (subject) => ({
      label: labelOf(subject),
      value: subject === "ws" ? 1 : ratio(subject),
      isPeer: subject in PEERS,
    })),
    target: { atMost: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["kB per viewer", "resident", "ratio to ws", "heap"],
        rows: Array.from(samples.keys(), (subject) => [
          labelOf(subject),
          figure(median(of(subject, "residentBytes"))),
          subject === "ws" ? "1" : interval(ratio(subject)),
          figure(median(of(subject, "heapBytes"))),
        ]),
      },
    ],
    goals: goalsOf(chart),
    notes: [
      `${VIEWERS.toLocaleString("en-US")} viewers of one Worker after ${UNCOUNTED} that are not counted, after a garbage collection; ${rounds} rounds, each with new processes.`,
    ],
  };
}

/** What each viewer adds. */
async function measure(open: (stack: AsyncDisposableStack) => Promise<Place>): Promise<Sample> {
  await using stack = new AsyncDisposableStack();
  const crowd = stack.use(await startProgramChild("crowd"));
  const { url, weigh } = await open(stack);
  const join = (group: string, viewers: number) => crowd.ask("open", { group, urls: [url], viewers }, z.undefined());
  await join("uncounted", UNCOUNTED);
  const before = await weigh();
  await join("counted", VIEWERS);
  const after = await weigh();
  const added = (key: keyof Sample) => (after[key] - before[key]) / VIEWERS;
  return { heapBytes: added("heapBytes"), residentBytes: added("residentBytes") };
}

async function openServer(stack: AsyncDisposableStack, engine: Engine): Promise<Place> {
  const server = stack.use(await startWorkspace(engine, { environment: SETTINGS, isInspected: true }));
  return { url: viewerUrl(await spawnWorker(server.url)), weigh: () => memoryUse(server) };
}

async function openPeer(stack: AsyncDisposableStack, peer: Peer): Promise<Place> {
  const publisher = stack.use(await startProgramChild(PEERS[peer].program, PEERS[peer].engine));
  return {
    url: await publisher.ask("address", null, z.url()),
    weigh: () => publisherMemory(publisher),
  };
}
