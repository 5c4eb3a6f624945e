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
import { heapParts, memoryUse, publisherMemory, publisherParts, type MemoryUse } from "../harness/memory.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { profileHeld, type Held } from "../profiles/viewer-memory.ts";
import { spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 3;
const VIEWERS = 5_000;
const UNCOUNTED = 500;
/** A snapshot of a heap takes long. */
const PROFILED_VIEWERS = 2_000;
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
  /** Looks into the heap, by constructor. */
  readonly look: () => Promise<ReadonlyMap<string, number>>;
}

export const viewerMemory: BenchCase = { name: "viewer-memory", run, profiled: profile };

/** This server beside the peer that the goal names. */
async function profile(): Promise<readonly ProfileSection[]> {
  const held: Held[] = [];
  for (const subject of ["ws", ...ENGINES] as const) {
    const open = (stack: AsyncDisposableStack) => openPlace(stack, subject);
    const parts = await added(open, PROFILED_VIEWERS, ({ look }) => look());
    held.push({ subject: labelOf(subject), parts, ...(await measure(open)) });
  }
  return profileHeld(held);
}

function labelOf(subject: Subject): string {
  return subject === "node" || subject === "deno" ? `this server on ${ENGINE_LABELS[subject]}` : PEERS[subject].label;
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const subjects = new Map<Subject, () => Promise<Sample>>();
  for (const subject of [...PEER_NAMES, ...ENGINES]) {
    subjects.set(subject, () => measure((stack) => openPlace(stack, subject)));
  }
  const samples = await alternate(rounds, subjects);
  const of = (subject: Subject, key: keyof Sample) =>
    samplesOf(samples, subject).map((sample) => sample[key] / KILOBYTE);
  const ratio = (subject: Subject) => pairedRatio(of(subject, "residentBytes"), of("ws", "residentBytes"));
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

type Open = (stack: AsyncDisposableStack) => Promise<Place>;

/** What each viewer adds. */
async function measure(open: Open): Promise<Sample> {
  const bytes = await added(open, VIEWERS, async ({ weigh }) => {
    const { heapBytes, residentBytes } = await weigh();
    return new Map([["heap", heapBytes] as const, ["resident", residentBytes] as const]);
  });
  return { heapBytes: bytes.get("heap") ?? Number.NaN, residentBytes: bytes.get("resident") ?? Number.NaN };
}

/** What each of so many viewers adds to what is read. */
async function added<Name extends string>(
  open: Open,
  viewers: number,
  read: (place: Place) => Promise<ReadonlyMap<Name, number>>,
): Promise<ReadonlyMap<Name, number>> {
  await using stack = new AsyncDisposableStack();
  const crowd = stack.use(await startProgramChild("crowd"));
  const place = await open(stack);
  const join = (group: string, count: number) =>
    crowd.ask("open", { group, urls: [place.url], viewers: count }, z.undefined());
  await join("uncounted", UNCOUNTED);
  const before = await read(place);
  await join("counted", viewers);
  const after = await read(place);
  return new Map(Array.from(after, ([name, bytes]) => [name, (bytes - (before.get(name) ?? 0)) / viewers]));
}

function openPlace(stack: AsyncDisposableStack, subject: Subject): Promise<Place> {
  return subject === "node" || subject === "deno" ? openServer(stack, subject) : openPeer(stack, subject);
}

async function openServer(stack: AsyncDisposableStack, engine: Engine): Promise<Place> {
  const server = stack.use(await startWorkspace(engine, { environment: SETTINGS, isInspected: true }));
  return {
    url: viewerUrl(await spawnWorker(server.url)),
    weigh: () => memoryUse(server),
    look: () => heapParts(server),
  };
}

async function openPeer(stack: AsyncDisposableStack, peer: Peer): Promise<Place> {
  const publisher = stack.use(await startProgramChild(PEERS[peer].program, PEERS[peer].engine));
  return {
    url: await publisher.ask("address", null, z.url()),
    weigh: () => publisherMemory(publisher),
    look: () => publisherParts(publisher),
  };
}
