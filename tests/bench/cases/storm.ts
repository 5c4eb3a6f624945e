/**
 * storm: a thousand viewers that come back at the same moment, each of which missed a hundred events.
 *
 * Owns the workload and its figures. The peer is the same server and the same sockets with nothing missed: what is left is
 * opening them, which no server can do without.
 */
import * as z from "zod/mini";
import { ClientFrame } from "../../../protocol/frame.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace, type ProgramChild, type ServerChild } from "../harness/child.ts";
import { receive } from "../harness/delivery.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goalsOf } from "../harness/goal.ts";
import { countProcessorTime, untilQuiet } from "../harness/processor-time.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { RushResult } from "../programs/arrivals.ts";
import { order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 12;
const VIEWERS = 1_000;
const MISSED = 100;
const RATIO_GOAL = 2;
const ANSWER: AnswerOrder = { say: "filler", tokens: 2 * MISSED, intervalMs: 1, offsetMs: 0 };

const WAVES = { storm: "100 missed", handshakes: "nothing missed" } as const;
type Wave = keyof typeof WAVES;
const WAVE_NAMES: readonly Wave[] = ["storm", "handshakes"];

interface Sample {
  readonly processorMs: number;
  readonly elapsedMs: number;
}

export const storm: BenchCase = { name: "storm", run, isLoadApart: true, profiled: "serving" };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const crowd = stack.use(await startProgramChild("crowd"));
  const arrivals = stack.use(await startProgramChild("arrivals"));
  const environment = { OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  const subjects = new Map<`${Engine} ${Wave}`, () => Promise<Sample>>();
  for (const engine of ENGINES) {
    const server = stack.use(await startWorkspace(engine, { environment }));
    const urls = await addressesOf(crowd, engine, server);
    for (const wave of WAVE_NAMES) {
      const rush = { url: urls[wave], viewers: VIEWERS, missed: wave === "storm" ? MISSED : 0 };
      subjects.set(`${engine} ${wave}`, () => measure(server, arrivals, rush));
    }
  }
  const samples = await alternate(rounds, subjects);
  const of = (engine: Engine, wave: Wave, key: keyof Sample) =>
    samplesOf(samples, `${engine} ${wave}`).map((sample) => sample[key]);
  const ratio = (engine: Engine) =>
    pairedRatio(of(engine, "storm", "processorMs"), of(engine, "handshakes", "processorMs"));
  const chart: Chart = {
    title: `processor time of ${VIEWERS.toLocaleString("en-US")} viewers that missed ${MISSED} events`,
    unit: "times the handshakes alone",
    isRatio: true,
    bars: [
      ...ENGINES.map((engine) => ({ label: ENGINE_LABELS[engine], value: ratio(engine) })),
      { label: "nothing missed", value: 1, isPeer: true },
    ],
    target: { atMost: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["1,000 viewers at once", "CPU ms", "ratio", "all have everything, ms"],
        rows: ENGINES.flatMap((engine) =>
          WAVE_NAMES.map((wave) => [
            `${ENGINE_LABELS[engine]}, ${WAVES[wave]}`,
            figure(median(of(engine, wave, "processorMs"))),
            wave === "storm" ? interval(ratio(engine)) : "1",
            figure(median(of(engine, wave, "elapsedMs"))),
          ]),
        ),
      },
    ],
    goals: goalsOf(chart),
    notes: [
      `${VIEWERS.toLocaleString("en-US")} viewers of one Worker, ${MISSED} events each, ${rounds} rounds that alternate.`,
    ],
  };
}

/** Where viewers come back to that have missed something and nothing; a viewer stays, as one does of many. */
async function addressesOf(crowd: ProgramChild, engine: Engine, server: ServerChild): Promise<Record<Wave, string>> {
  const worker = await spawnWorker(server.url);
  const url = viewerUrl(worker);
  await crowd.ask("open", { group: engine, urls: [url], viewers: 1 }, z.undefined());
  const { frames } = await receive(crowd, { group: engine, send: () => order(worker, ANSWER) });
  const from = (missed: number): string => `${url}?heartbeat=1&cursor=${cursorOf(frames.at(-1 - missed))}`;
  return { storm: from(MISSED), handshakes: from(0) };
}

function cursorOf(text: string | undefined): string {
  const frame = ClientFrame.parse(JSON.parse(text ?? ""));
  if (frame.kind !== "event") throw new Error(`Cannot come back: a frame of the kind ${frame.kind} came`);
  return frame.envelope.cursor;
}

async function measure({ pid }: ServerChild, arrivals: ProgramChild, rush: object): Promise<Sample> {
  await untilQuiet(pid);
  const usedUs = countProcessorTime(pid);
  const { elapsedMs } = await arrivals.ask("rush", rush, RushResult);
  return { processorMs: usedUs() / 1_000, elapsedMs };
}
