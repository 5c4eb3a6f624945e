/**
 * hop: what the server adds to a token's way from the provider to a viewer.
 *
 * Owns the workload and its figures. The tokens tell when they were sent; the same reader takes the same answers straight
 * from the provider and through the server on each engine.
 */
import * as z from "zod/mini";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { startProgramChild, startWorkspace } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, paired, pairedRatio, quantile } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { stampedStreams } from "../programs/answer.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

const ROUNDS = 12;
const STREAMS = 10;
const TOKENS_PER_SECOND = 50;
const WINDOW_S = 1;
const ADDED_P99_GOAL_US = 3_000;

const Ages = z.array(z.number());

const orders = stampedStreams(STREAMS, TOKENS_PER_SECOND, WINDOW_S);

export const hop: BenchCase = { name: "hop", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using provider = await startProgramChild("provider");
  await using reader = await startProgramChild("reader");
  const providerUrl = await provider.ask("address", null, z.url());
  const environment = { OPENAI_BASE_URL: providerUrl };
  await using node = await startWorkspace("node", { environment });
  await using deno = await startWorkspace("deno", { environment });
  const servers = { node, deno };
  const through = (engine: Engine) => ({ serverUrl: servers[engine].url, runtimeId: EMBEDDED_RUNTIME_ID });
  for (const engine of ENGINES) {
    await reader.ask("open", { ...through(engine), workers: STREAMS }, z.undefined());
  }

  const readThrough = (engine: Engine) => () => {
    return readAll(reader.ask("through", { ...through(engine), orders }, Ages));
  };
  const samples = await alternate(
    rounds,
    new Map<"direct" | Engine, () => Promise<Ages>>([
      ["direct", () => readAll(reader.ask("direct", { providerUrl, orders }, Ages))],
      ["node", readThrough("node")],
      ["deno", readThrough("deno")],
    ]),
  );
  const at = (name: "direct" | Engine, fraction: number) =>
    samplesOf(samples, name).map((ages) => quantile(ages, fraction));
  const added = (engine: Engine, fraction: number) =>
    estimate(paired(at(engine, fraction), at("direct", fraction), (subject, peer) => subject - peer));

  return {
    tables: [
      {
        head: ["µs", "direct p50", "through p50", "added p50", "ratio p50", "direct p99", "added p99"],
        rows: ENGINES.map((engine) => [
          ENGINE_LABELS[engine],
          figure(estimate(at("direct", 0.5)).median),
          figure(estimate(at(engine, 0.5)).median),
          interval(added(engine, 0.5)),
          interval(pairedRatio(at(engine, 0.5), at("direct", 0.5))),
          figure(estimate(at("direct", 0.99)).median),
          interval(added(engine, 0.99)),
        ]),
      },
    ],
    goals: ENGINES.map((engine) => ({
      text: `${ENGINE_LABELS[engine]}: added p99 at most ${ADDED_P99_GOAL_US / 1_000} ms`,
      isMet: added(engine, 0.99).median <= ADDED_P99_GOAL_US,
    })),
    notes: [
      `${STREAMS} streams of ${TOKENS_PER_SECOND} tokens/s at once, ${rounds} rounds, windows of ${WINDOW_S} s that alternate.`,
    ],
  };
}

type Ages = readonly number[];

/** A token that is missing would make the figures better than they are. */
async function readAll(reading: Promise<Ages>): Promise<Ages> {
  const ages = await reading;
  const expected = STREAMS * TOKENS_PER_SECOND * WINDOW_S;
  if (ages.length !== expected) throw new Error(`Cannot count: ${ages.length} tokens came of ${expected}`);
  return ages;
}
