/**
 * fan-out: what one event costs the server per viewer.
 *
 * Owns the workload and its figures. The peer is a bare `ws` server that sends the very same frames at the same rate to
 * as many viewers; deliveries are counted where they arrive.
 */
import * as z from "zod/mini";
import type { BenchCase, CaseResult } from "../bench-case.ts";
import { startProgramChild, startWorkspace, type ProgramChild } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { processorTimeUs } from "../harness/processor-time.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import type { AnswerOrder } from "../programs/answer.ts";
import { Received } from "../programs/crowd.ts";
import { order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const ROUNDS = 12;
const VIEWERS = 200;
const EVENTS_PER_SECOND = 100;
const WINDOW_S = 1;
const RATIO_GOAL = 0.8;

const answer: AnswerOrder = {
  say: "filler",
  tokens: EVENTS_PER_SECOND * WINDOW_S,
  intervalMs: 1_000 / EVENTS_PER_SECOND,
  offsetMs: 0,
};

interface Sample {
  readonly costUs: number;
  readonly deliveries: number;
  readonly frameBytes: number;
  /** Share of one core that the viewers' process was busy. */
  readonly crowdLoad: number;
}

export const fanOut: BenchCase = { name: "fan-out", run };

async function run(): Promise<CaseResult> {
  await using provider = await startProgramChild("provider");
  await using crowd = await startProgramChild("crowd");
  await using peer = await startProgramChild("broadcast");
  const environment = { OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  await using node = await startWorkspace("node", { environment });
  await using deno = await startWorkspace("deno", { environment });
  const servers = { node, deno };
  const workers = { node: await spawnWorker(node.url), deno: await spawnWorker(deno.url) };
  const peerUrl = await peer.ask("address", null, z.url());
  const urls = [peerUrl, ...ENGINES.map((engine) => viewerUrl(workers[engine]))];
  for (const url of urls) await crowd.ask("open", { url, viewers: VIEWERS }, z.undefined());

  const through = (engine: Engine) => ({
    pid: servers[engine].pid,
    url: viewerUrl(workers[engine]),
    send: () => order(workers[engine], answer),
  });
  const { frames } = await receive(crowd, through("node").url, through("node").send);
  const { intervalMs } = answer;
  const bare = {
    pid: peer.pid,
    url: peerUrl,
    send: async () => peer.ask("burst", { frames, intervalMs }, z.undefined()),
  };
  const samples = await alternate(
    ROUNDS,
    new Map<"bare" | Engine, () => Promise<Sample>>([
      ["bare", () => measure(crowd, bare)],
      ["node", () => measure(crowd, through("node"))],
      ["deno", () => measure(crowd, through("deno"))],
    ]),
  );
  const of = (name: "bare" | Engine, key: keyof Sample) => samplesOf(samples, name).map((one) => one[key]);
  const ratio = (name: "bare" | Engine) => pairedRatio(of(name, "costUs"), of("bare", "costUs"));
  const rowOf = (label: string, name: "bare" | Engine): readonly string[] => [
    label,
    figure(median(of(name, "costUs"))),
    name === "bare" ? "1" : interval(ratio(name)),
    figure(median(of(name, "deliveries"))),
    figure(median(of(name, "frameBytes"))),
    `${Math.round(median(of(name, "crowdLoad")) * 100)} %`,
  ];

  return {
    tables: [
      {
        head: [
          "server",
          "CPU µs per delivery",
          "ratio to ws",
          "deliveries per window",
          "bytes per frame",
          "crowd's core",
        ],
        rows: [
          rowOf("bare ws on Node", "bare"),
          ...ENGINES.map((engine) => rowOf(`this server on ${ENGINE_LABELS[engine]}`, engine)),
        ],
      },
    ],
    goals: ENGINES.map((engine) => ({
      text: `${ENGINE_LABELS[engine]}: at most ${RATIO_GOAL} of the processor time of ws`,
      isMet: ratio(engine).median <= RATIO_GOAL,
    })),
    notes: [
      `${VIEWERS} viewers of one Worker, ${EVENTS_PER_SECOND} events/s, one event per tick, ${ROUNDS} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}

interface Sender {
  readonly pid: number;
  readonly url: string;
  readonly send: () => Promise<unknown>;
}

async function measure(crowd: ProgramChild, { pid, url, send }: Sender): Promise<Sample> {
  const start = { at: performance.now(), server: processorTimeUs(pid), crowd: processorTimeUs(crowd.pid) };
  const { deliveries, bytes } = await receive(crowd, url, send);
  const elapsedMs = performance.now() - start.at;
  return {
    costUs: (processorTimeUs(pid) - start.server) / deliveries,
    deliveries,
    frameBytes: bytes / deliveries,
    crowdLoad: (processorTimeUs(crowd.pid) - start.crowd) / 1_000 / elapsedMs,
  };
}

async function receive(crowd: ProgramChild, url: string, send: () => Promise<unknown>): Promise<Received> {
  await crowd.ask("arm", { url }, z.undefined());
  const [received] = await Promise.all([crowd.ask("finish", { url }, Received), send()]);
  return received;
}
