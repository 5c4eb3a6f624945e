/**
 * resume: how long a viewer that missed a hundred events waits for them, by how much there was before.
 *
 * Owns the workload and its figures. *Warm*: the server has the Worker's stream at hand, as after a blink of the network.
 * *Cold*: the server has just been started, so that the events come from the Runtime behind it. Neither may grow with the
 * history. The peers come back to the same history each by its own means.
 */
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startDurableStreams } from "../harness/durable-streams.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goalsOf } from "../harness/goal.ts";
import { startJetStream } from "../harness/jetstream.ts";
import type { TimeToResume } from "../harness/missed-history.ts";
import {
  openResumeStage,
  PLACES,
  writeResumeHistories,
  type Place,
  type ResumeStage,
  type TimesToResume,
} from "../harness/resume-stage.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { profileServers } from "../harness/profiling.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { openSocketIoRecovery } from "../harness/socket-io-recovery.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";

const HISTORIES = [1_000, 10_000, 100_000, 1_000_000] as const;
type Size = (typeof HISTORIES)[number];
const SHORTEST = HISTORIES[0];
const LONGEST = HISTORIES[3];
const MISSED = 100;
const ROUNDS = 12;
/** One resume after each history is all that a new server can show of itself, so it takes more of them. */
const COLD_ROUNDS_PER_ROUND = 2;
/** To each history in a window, which goes on until it has lasted. */
const RESUMES = 15;
const WINDOW_MS = 1_000;
const GROWTH_GOAL = 1.5;
const JETSTREAM_GOAL = 0.5;

type Ours = `${Engine} ${Place}`;
const OURS: readonly Ours[] = PLACES.flatMap((place) => ENGINES.map((engine): Ours => `${engine} ${place}`));
const PEERS = {
  jetStream: "NATS JetStream",
  jetStreamSameLink: "NATS JetStream, link kept",
  socketIo: "Socket.IO's recovery",
  durableStreams: "Durable Streams",
} as const;
type Peer = keyof typeof PEERS;
const PEER_NAMES: readonly Peer[] = ["jetStream", "jetStreamSameLink", "socketIo", "durableStreams"];
type Who = Ours | Peer;
/** Milliseconds of each round. */
type Times = (who: Who, size: Size) => readonly number[];

export const resume: BenchCase = { name: "resume", run, isLoadApart: true, profiled: profile };

/** Warm, and after few events: what came before does not matter. */
async function profile({ rounds = ROUNDS }: BenchOptions): Promise<readonly ProfileSection[]> {
  using histories = await writeResumeHistories([SHORTEST]);
  return await profileServers(async () => {
    for (const engine of ENGINES) {
      await using stage = await openResumeStage(engine, histories, MISSED);
      for (let left = rounds * RESUMES; left > 0; left -= 1) {
        for (const place of PLACES) await stage.warm[place].get(SHORTEST)?.();
      }
    }
  }, false);
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const stages = new Map<Engine, ResumeStage<Size>>();
  {
    using histories = await writeResumeHistories(HISTORIES);
    for (const engine of ENGINES) stages.set(engine, stack.use(await openResumeStage(engine, histories, MISSED)));
  }
  const { samples: warmSamples, versions } = await comeBackWarm(stages, rounds);
  const warm: Times = (who, size) => samplesOf(warmSamples, who).map((sample) => sample.get(size) ?? Number.NaN);
  for (const { endStanding } of stages.values()) await endStanding();
  const coldRounds = rounds * COLD_ROUNDS_PER_ROUND;
  const coldSamples = await alternate(coldRounds, new Map(Array.from(stages, ([engine, { cold }]) => [engine, cold])));
  const cold: Times = (who, size) => {
    const [engine, place] = who.split(" ") as [Engine, Place];
    return samplesOf(coldSamples, engine).map((sample) => sample[place].get(size) ?? Number.NaN);
  };
  const charts: readonly Chart[] = [
    {
      title: `time to resume after ${LONGEST.toLocaleString("en-US")} events, warm`,
      unit: `times ${PEERS.jetStream}`,
      isRatio: true,
      bars: [...OURS, ...PEER_NAMES].map((who) => ({
        label: labelOf(who),
        value: who === "jetStream" ? 1 : ratioOf(warm, who),
        isPeer: who in PEERS,
      })),
      target: { atMost: JETSTREAM_GOAL },
    },
    growthChart("warm", warm, [...OURS, ...PEER_NAMES]),
    growthChart("cold", cold, OURS),
  ];
  return {
    charts,
    tables: [
      {
        head: [...headOf("ms, warm"), "ratio to JetStream after the most"],
        rows: [...OURS, ...PEER_NAMES].map((who) => [
          ...rowOf(who, warm),
          who === "jetStream" ? "1" : interval(ratioOf(warm, who)),
        ]),
      },
      { head: headOf("ms, cold"), rows: OURS.map((who) => rowOf(who, cold)) },
    ],
    goals: charts.flatMap(goalsOf),
    notes: [
      `${MISSED} events missed, from opening the link to the last of them; warm: ${rounds} rounds of at least ${RESUMES} resumes after each history and ${WINDOW_MS} ms, the histories in turns, cold: ${coldRounds} rounds, each with two new servers.`,
      versions,
    ],
  };
}

/** Everybody in turns, with the peers there. */
async function comeBackWarm(stages: ReadonlyMap<Engine, ResumeStage<Size>>, rounds: number) {
  await using stack = new AsyncDisposableStack();
  const subjects = new Map<Who, ReadonlyMap<Size, TimeToResume>>();
  for (const [engine, { warm }] of stages) {
    for (const place of PLACES) subjects.set(`${engine} ${place}`, warm[place]);
  }
  const jetStream = await startJetStream(stack);
  const durableStreams = await startDurableStreams(stack);
  const peers = new Map(PEER_NAMES.map((peer) => [peer, new Map<Size, TimeToResume>()]));
  const { missed } = stages.get("node")!;
  for (const events of HISTORIES) {
    const history = { events, missed };
    const { newLink, sameLink } = await jetStream.open(history);
    peers.get("jetStream")?.set(events, newLink);
    peers.get("jetStreamSameLink")?.set(events, sameLink);
    peers.get("socketIo")?.set(events, await openSocketIoRecovery(stack, history));
    peers.get("durableStreams")?.set(events, await durableStreams.open(history));
  }
  for (const [peer, timesToResume] of peers) subjects.set(peer, timesToResume);
  const samples = await alternate(
    rounds,
    new Map(Array.from(subjects, ([who, timesToResume]) => [who, () => mediansOf(timesToResume)])),
  );
  return {
    samples,
    versions: `nats-server ${jetStream.version}, @durable-streams/server ${durableStreams.version}.`,
  };
}

/**
 * The histories take turns resume by resume. Where each had a window of its own, how they compare would be what came before
 * those windows: the first resumes after somebody else had the processor are the slowest.
 */
async function mediansOf(timesToResume: ReadonlyMap<Size, TimeToResume>): Promise<TimesToResume<Size>> {
  // What a peer's million events leave behind here is nothing of whoever comes next.
  globalThis.gc?.();
  const times = new Map<Size, number[]>(Array.from(timesToResume, ([size]) => [size, []]));
  const endMs = performance.now() + WINDOW_MS;
  for (let left = RESUMES; left > 0 || performance.now() < endMs; left -= 1) {
    for (const [size, timeToResume] of timesToResume) times.get(size)?.push(await timeToResume());
  }
  return new Map(Array.from(times, ([size, taken]) => [size, median(taken)]));
}

function growthChart(name: string, times: Times, whose: readonly Who[]): Chart {
  return {
    title: `time to resume, ${name}`,
    unit: `times that after ${SHORTEST.toLocaleString("en-US")} events`,
    isRatio: true,
    bars: whose.map((who) => ({ label: labelOf(who), value: growthOf(times, who), isPeer: who in PEERS })),
    target: { atMost: GROWTH_GOAL },
  };
}

function growthOf(times: Times, who: Who) {
  return pairedRatio(times(who, LONGEST), times(who, SHORTEST));
}

function ratioOf(times: Times, who: Who) {
  return pairedRatio(times(who, LONGEST), times("jetStream", LONGEST));
}

function headOf(title: string): readonly string[] {
  return [title, ...HISTORIES.map((size) => `after ${size.toLocaleString("en-US")} events`), "growth"];
}

function rowOf(who: Who, times: Times): readonly string[] {
  return [labelOf(who), ...HISTORIES.map((size) => figure(median(times(who, size)))), interval(growthOf(times, who))];
}

function labelOf(who: Who): string {
  if (who in PEERS) return PEERS[who as Peer];
  const [engine, place] = who.split(" ") as [Engine, Place];
  return `${ENGINE_LABELS[engine]}, ${place}`;
}
