/**
 * idle-workers: what a Worker that is observed and does nothing costs in memory.
 *
 * Owns the workload and its figures. Each Worker has one viewer, over the workspace server; the Workers are the embedded
 * Runtime's, or those of one in a process of its own. The first ones are not counted: what the processes need once is
 * there when the counting begins.
 */
import type { WebSocket } from "ws";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { memoryUse, type MemoryUse } from "../harness/memory.ts";
import { REMOTE_RUNTIME_ID, startRemotePair, type RemotePair } from "../harness/remote.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { openViewer } from "../programs/open-viewer.ts";
import { EMBEDDED_RUNTIME_ID, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 3;
/** The server's own Companion is the first Worker of the embedded Runtime, which has room for a thousand. */
const WORKERS = { embedded: 999, remote: 1_000 } as const;
const UNCOUNTED = 200;
const AT_ONCE = 25;
const KILOBYTE = 1_000;

type Place = keyof typeof WORKERS;
const PLACES: readonly Place[] = ["embedded", "remote"];
const PROCESSES = ["backend", "runtime"] as const;
type Weight = Pick<MemoryUse, "heapBytes" | "residentBytes">;
type Sample = Readonly<Record<(typeof PROCESSES)[number], Weight>>;

export const idleWorkers: BenchCase = { name: "idle-workers", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  const samples = await alternate(
    rounds,
    new Map<`${Engine} ${Place}`, () => Promise<Sample>>(
      ENGINES.flatMap((engine) => PLACES.map((place) => [`${engine} ${place}`, () => measure(engine, place)])),
    ),
  );
  const of = (engine: Engine, place: Place, key: keyof Weight, processes: readonly (keyof Sample)[] = PROCESSES) =>
    samplesOf(samples, `${engine} ${place}`).map((sample) => {
      return processes.reduce((sum, process) => sum + sample[process][key], 0) / KILOBYTE;
    });
  const tableOf = (title: string, key: keyof Weight) => ({
    head: [title, "embedded", "remote: server", "remote: Runtime", "ratio of the whole"],
    rows: ENGINES.map((engine) => [
      ENGINE_LABELS[engine],
      figure(median(of(engine, "embedded", key))),
      figure(median(of(engine, "remote", key, ["backend"]))),
      figure(median(of(engine, "remote", key, ["runtime"]))),
      interval(pairedRatio(of(engine, "remote", key), of(engine, "embedded", key))),
    ]),
  });
  const chartOf = (title: string, key: keyof Weight): Chart => ({
    title,
    unit: "times a Worker of the embedded Runtime",
    isRatio: true,
    bars: [
      ...ENGINES.map((engine) => ({
        label: `${ENGINE_LABELS[engine]}, a Runtime elsewhere`,
        value: pairedRatio(of(engine, "remote", key), of(engine, "embedded", key)),
      })),
      { label: "the embedded Runtime", value: 1, isPeer: true },
    ],
  });
  return {
    charts: [chartOf("heap per Worker", "heapBytes"), chartOf("resident memory per Worker", "residentBytes")],
    tables: [tableOf("heap, kB per Worker", "heapBytes"), tableOf("resident, kB per Worker", "residentBytes")],
    goals: [],
    notes: [
      `${WORKERS.remote.toLocaleString("en-US")} Workers with one viewer each, of which the first ${UNCOUNTED} are not counted, after a garbage collection; ${rounds} rounds, each with new processes.`,
    ],
  };
}

/** What each Worker adds. */
async function measure(engine: Engine, place: Place): Promise<Sample> {
  await using pair = await startRemotePair(engine, { isInspected: true });
  await using viewers = new AsyncDisposableStack();
  const open = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= AT_ONCE) {
      const opened = await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, () => observeNew(pair, place)));
      for (const viewer of opened) viewers.adopt(viewer, (socket) => socket.terminate());
    }
  };
  await open(UNCOUNTED);
  const before = await weigh(pair);
  const counted = WORKERS[place] - UNCOUNTED;
  await open(counted);
  const after = await weigh(pair);
  const added = (key: keyof Sample): Weight => ({
    heapBytes: (after[key].heapBytes - before[key].heapBytes) / counted,
    residentBytes: (after[key].residentBytes - before[key].residentBytes) / counted,
  });
  // An embedded Worker costs the other process nothing; what that one gains or loses by itself is not the Worker's.
  const none: Weight = { heapBytes: 0, residentBytes: 0 };
  return { backend: added("backend"), runtime: place === "remote" ? added("runtime") : none };
}

async function observeNew({ backend }: RemotePair, place: Place): Promise<WebSocket> {
  const runtimeId = place === "remote" ? REMOTE_RUNTIME_ID : EMBEDDED_RUNTIME_ID;
  return openViewer(viewerUrl(await spawnWorker(backend.url, runtimeId)));
}

async function weigh({ backend, runtime }: RemotePair): Promise<Sample> {
  return { backend: await memoryUse(backend), runtime: await memoryUse(runtime) };
}
