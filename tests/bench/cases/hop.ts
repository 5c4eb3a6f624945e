/**
 * hop: what the server adds to a token's way from the provider to a viewer.
 *
 * Owns the workload and its figures. The tokens tell when they were sent; the same reader takes the same answers straight
 * from the provider, through the server on each engine, and through Portkey's gateway.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { portkeyHeaders, startPortkey } from "../harness/portkey.ts";
import { processorTimeUs } from "../harness/processor-time.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio, quantile } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { stampedStreams } from "../programs/answer.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 12;
const STREAMS = 10;
const TOKENS_PER_SECOND = 50;
const WINDOW_S = 1;
const ADDED_P99_GOAL_US = 3_000;
/** Of the peer, whose way is one hop where this server's is two. */
const ADDED_P50_GOAL = 1.25;
const COST_GOAL = 0.8;

type Path = "portkey" | Engine;
const PATHS: readonly Path[] = [...ENGINES, "portkey"];
const LABELS: Readonly<Record<Path, string>> = { ...ENGINE_LABELS, portkey: "Portkey's gateway" };

interface Sample {
  readonly agesUs: readonly number[];
  /** Processor time per token of whoever stands between; 0 where nobody does. */
  readonly costUs: number;
}

const Ages = z.array(z.number());

const orders = stampedStreams(STREAMS, TOKENS_PER_SECOND, WINDOW_S);
const TOKENS = STREAMS * TOKENS_PER_SECOND * WINDOW_S;

export const hop: BenchCase = { name: "hop", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const reader = stack.use(await startProgramChild("reader"));
  const providerUrl = await provider.ask("address", null, z.url());
  const environment = { OPENAI_BASE_URL: providerUrl };
  const subjects = new Map<"direct" | Path, () => Promise<Sample>>();
  subjects.set("direct", () => measure(null, () => reader.ask("direct", { providerUrl, orders }, Ages)));
  for (const engine of ENGINES) {
    const server = stack.use(await startWorkspace(engine, { environment }));
    const through = { serverUrl: server.url, runtimeId: EMBEDDED_RUNTIME_ID };
    await reader.ask("open", { ...through, workers: STREAMS }, z.undefined());
    subjects.set(engine, () => measure(server.pid, () => reader.ask("through", { ...through, orders }, Ages)));
  }
  const portkey = stack.use(await startPortkey(providerUrl));
  const gateway = { providerUrl: `${portkey.url}/v1`, headers: portkeyHeaders(providerUrl), orders };
  subjects.set("portkey", () => measure(portkey.pid, () => reader.ask("direct", gateway, Ages)));

  const samples = await alternate(rounds, subjects);
  const at = (name: "direct" | Path, fraction: number) =>
    samplesOf(samples, name).map(({ agesUs }) => quantile(agesUs, fraction));
  const addedUs = (path: Path, fraction: number) =>
    paired(at(path, fraction), at("direct", fraction), (subject, peer) => subject - peer);
  const cost = (path: Path) => samplesOf(samples, path).map(({ costUs }) => costUs);
  const ofPortkey = (engine: Engine) => pairedRatio(addedUs(engine, 0.5), addedUs("portkey", 0.5));

  return {
    tables: [
      {
        head: ["µs", "direct p50", "through p50", "added p50", "ratio p50", "direct p99", "added p99"],
        rows: PATHS.map((path) => [
          LABELS[path],
          figure(median(at("direct", 0.5))),
          figure(median(at(path, 0.5))),
          interval(estimate(addedUs(path, 0.5))),
          interval(pairedRatio(at(path, 0.5), at("direct", 0.5))),
          figure(median(at("direct", 0.99))),
          interval(estimate(addedUs(path, 0.99))),
        ]),
      },
      {
        head: ["beside Portkey's gateway", "CPU µs per token", "ratio", "ratio of added p50"],
        rows: PATHS.map((path) => [
          LABELS[path],
          figure(median(cost(path))),
          path === "portkey" ? "1" : interval(pairedRatio(cost(path), cost("portkey"))),
          path === "portkey" ? "1" : interval(ofPortkey(path)),
        ]),
      },
    ],
    goals: ENGINES.flatMap((engine) => [
      {
        text: `${ENGINE_LABELS[engine]}: added p99 at most ${ADDED_P99_GOAL_US / 1_000} ms`,
        isMet: median(addedUs(engine, 0.99)) <= ADDED_P99_GOAL_US,
      },
      {
        text: `${ENGINE_LABELS[engine]}: added p50 at most ${ADDED_P50_GOAL} times what Portkey adds`,
        isMet: ofPortkey(engine).median <= ADDED_P50_GOAL,
      },
      {
        text: `${ENGINE_LABELS[engine]}: at most ${COST_GOAL} times Portkey's processor time per token`,
        isMet: pairedRatio(cost(engine), cost("portkey")).median <= COST_GOAL,
      },
    ]),
    notes: [
      `${STREAMS} streams of ${TOKENS_PER_SECOND} tokens/s at once, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}

/** @throws Error when a token is missing, which would make the figures better than they are */
async function measure(pid: number | null, read: () => Promise<readonly number[]>): Promise<Sample> {
  const timeUs = (): number => (pid === null ? 0 : processorTimeUs(pid));
  const startUs = timeUs();
  const agesUs = await read();
  if (agesUs.length !== TOKENS) throw new Error(`Cannot count: ${agesUs.length} tokens came of ${TOKENS}`);
  return { agesUs, costUs: (timeUs() - startUs) / TOKENS };
}
