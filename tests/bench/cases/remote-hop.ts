/**
 * remote-hop: what a Runtime in a process of its own adds to a token's way, beside the embedded one.
 *
 * Owns the workload and its figures. One server has both: its embedded Runtime and, over loopback, one in another process
 * on the same engine. The same reader takes the same answers from Workers of either.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { startProgramChild, type ProgramChild } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { processorTimeUs } from "../harness/processor-time.ts";
import { REMOTE_RUNTIME_ID, startRemotePair, type RemotePair } from "../harness/remote.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio, quantile } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { stampedStreams } from "../programs/answer.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 12;
const STREAMS = [10, 50] as const;
const TOKENS_PER_SECOND = 50;
const WINDOW_S = 1;
const P50_RATIO_GOAL = 2.5;

const RUNTIME_IDS = { embedded: EMBEDDED_RUNTIME_ID, remote: REMOTE_RUNTIME_ID } as const;
type Place = keyof typeof RUNTIME_IDS;
const PLACES: readonly Place[] = ["embedded", "remote"];
type Subject = `${Engine} ${Place} ${number}`;

interface Sample {
  /** Per token, in microseconds. */
  readonly ages: readonly number[];
  /** Processor time per token of the server and, where it has a part, of the Runtime's process. */
  readonly costUs: number;
  /** Share of one core that each of the four processes was busy, added up. */
  readonly coresBusy: number;
}

export const remoteHop: BenchCase = { name: "remote-hop", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using provider = await startProgramChild("provider");
  await using reader = await startProgramChild("reader");
  const environment = { OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  await using node = await startRemotePair("node", { environment });
  await using deno = await startRemotePair("deno", { environment });
  const pairs = { node, deno };
  const subjects = new Map<Subject, () => Promise<Sample>>();
  for (const engine of ENGINES) {
    for (const place of PLACES) {
      const target = { serverUrl: pairs[engine].backend.url, runtimeId: RUNTIME_IDS[place] };
      await reader.ask("open", { ...target, workers: Math.max(...STREAMS) }, z.undefined());
      for (const streams of STREAMS) {
        subjects.set(`${engine} ${place} ${streams}`, () => {
          return measure({ provider, reader, pair: pairs[engine], target, place, streams });
        });
      }
    }
  }
  const samples = await alternate(rounds, subjects);
  const of = (engine: Engine, place: Place, streams: number) => samplesOf(samples, `${engine} ${place} ${streams}`);
  const at = (engine: Engine, place: Place, streams: number, fraction: number) =>
    of(engine, place, streams).map(({ ages }) => quantile(ages, fraction));
  const ratio = (engine: Engine, streams: number, fraction: number) =>
    pairedRatio(at(engine, "remote", streams, fraction), at(engine, "embedded", streams, fraction));
  const cost = (engine: Engine, place: Place, streams: number) =>
    of(engine, place, streams).map(({ costUs }) => costUs);
  const rows = STREAMS.flatMap((streams) => ENGINES.map((engine) => ({ streams, engine })));
  const labelOf = (engine: Engine, streams: number): string => `${ENGINE_LABELS[engine]}, ${streams} streams`;

  return {
    tables: [0.5, 0.99]
      .map((fraction) => ({
        head: [`µs, p${fraction * 100}`, "embedded", "remote", "added", "ratio"],
        rows: rows.map(({ streams, engine }) => [
          labelOf(engine, streams),
          figure(median(at(engine, "embedded", streams, fraction))),
          figure(median(at(engine, "remote", streams, fraction))),
          interval(
            estimate(
              paired(
                at(engine, "remote", streams, fraction),
                at(engine, "embedded", streams, fraction),
                (remote, embedded) => remote - embedded,
              ),
            ),
          ),
          interval(ratio(engine, streams, fraction)),
        ]),
      }))
      .concat({
        head: ["CPU µs per token", "embedded", "remote", "ratio", "cores busy"],
        rows: rows.map(({ streams, engine }) => [
          labelOf(engine, streams),
          figure(median(cost(engine, "embedded", streams))),
          figure(median(cost(engine, "remote", streams))),
          interval(pairedRatio(cost(engine, "remote", streams), cost(engine, "embedded", streams))),
          figure(median(of(engine, "remote", streams).map(({ coresBusy }) => coresBusy))),
        ]),
      }),
    goals: rows.map(({ streams, engine }) => ({
      text: `${labelOf(engine, streams)}: p50 at most ${P50_RATIO_GOAL} of the embedded path`,
      isMet: ratio(engine, streams, 0.5).median <= P50_RATIO_GOAL,
    })),
    notes: [
      `Streams of ${TOKENS_PER_SECOND} tokens/s at once, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
      "Cores busy: provider, Runtime, server and reader together, while the remote path is measured.",
    ],
  };
}

interface Window {
  readonly provider: ProgramChild;
  readonly reader: ProgramChild;
  readonly pair: RemotePair;
  readonly target: { readonly serverUrl: string; readonly runtimeId: string };
  readonly place: Place;
  readonly streams: number;
}

async function measure({ provider, reader, pair, target, place, streams }: Window): Promise<Sample> {
  const ours = place === "remote" ? [pair.backend, pair.runtime] : [pair.backend];
  const timeOf = (children: readonly { readonly pid: number }[]): number =>
    children.reduce((sum, { pid }) => sum + processorTimeUs(pid), 0);
  const start = { at: performance.now(), ours: timeOf(ours), others: timeOf([provider, reader]) };
  const ages = await reader.ask(
    "through",
    { ...target, orders: stampedStreams(streams, TOKENS_PER_SECOND, WINDOW_S) },
    z.array(z.number()),
  );
  // A token that is missing would make the figures better than they are.
  const expected = streams * TOKENS_PER_SECOND * WINDOW_S;
  if (ages.length !== expected) throw new Error(`Cannot count: ${ages.length} tokens came of ${expected}`);
  const oursUs = timeOf(ours) - start.ours;
  const othersUs = timeOf([provider, reader]) - start.others;
  const elapsedUs = (performance.now() - start.at) * 1_000;
  return { ages, costUs: oursUs / expected, coresBusy: (oursUs + othersUs) / elapsedUs };
}
