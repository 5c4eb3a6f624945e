/**
 * A schedule: what is said, what is broken meanwhile, and what came of it.
 *
 * Owns how a seed becomes a plan, and the running of a plan on a stage. The same seed gives the same plan; when exactly
 * a byte meets a fault is the machine's matter.
 */
import { setTimeout as pause } from "node:timers/promises";
import { judge, type Finding, type ViewerHistory } from "../checker.ts";
import { Chance } from "./chance.ts";
import { FAULTS, faultOf, type Fault, type StageKind } from "./faults.ts";
import { judgeAnswers } from "./judge-answers.ts";
import type { Ask } from "./provider.ts";
import { Scene, type Place } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** A message, and the faults that meet its answer. */
export interface Turn {
  readonly ask: Omit<Ask, "id">;
  readonly faults: readonly string[];
  /** When they come: milliseconds after the message is sent, or at a piece of the answer. */
  readonly atMs?: number;
}

/** What a seed means. */
export interface Plan {
  readonly seed: number;
  readonly stage: StageKind;
  readonly place: Place;
  readonly viewers: number;
  readonly turns: readonly Turn[];
}

/** What came of a plan. */
export interface Outcome {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly liveAfterMs: readonly number[];
  /** Of the processes that were started meanwhile. */
  readonly startMs: readonly number[];
  /** What happened to the viewers' links, for those who look into a finding. */
  readonly links: readonly string[];
  readonly durationMs: number;
}

const MORE_FAULTS = 0.5;
const CRASH_WITHIN_MS = 250;
const TRIGGER_PATIENCE_MS = 1_500;

/** The plan of a seed. Every fault leads as often as every other. */
export function planOf(seed: number, only: readonly Fault[] = FAULTS): Plan {
  const chance = new Chance(seed);
  const lead = only[seed % only.length] ?? chance.pick(only);
  const place = lead.place ?? chance.pick<Place>(["embedded", "remote"]);
  const stage = lead.stage ?? "ordinary";
  const isPossible = (fault: Fault) =>
    (fault.place ?? place) === place && (fault.stage ?? "ordinary") === "ordinary" && stage === "ordinary";
  const others = only.filter(isPossible);
  const faultsOf = (first: Fault | null): readonly Fault[] => [
    ...(first === null ? [] : [first]),
    ...(others.length > 0 && chance.has(MORE_FAULTS) ? [chance.pick(others)] : []),
  ];
  const turnOf = (faults: readonly Fault[]): Turn => ({
    faults: [...new Set(faults.map(({ name }) => name))],
    ask: {
      pieces: chance.int(10, 60),
      paceMs: chance.int(0, 4),
      thoughts: chance.has(0.3) ? chance.int(1, 6) : 0,
      refusals: 0,
      ...Object.assign({}, ...faults.map(({ ask }) => ask ?? {})),
    },
  });
  return {
    seed,
    stage,
    place,
    viewers: chance.int(1, 4),
    turns: [turnOf(faultsOf(lead)), ...Array.from({ length: chance.int(0, 2) }, () => turnOf(faultsOf(null)))],
  };
}

/** The plan of a crash: `kill -9` at any moment of a message's way, its answer and what comes after. */
export function crashOf(seed: number): Plan {
  const chance = new Chance(seed);
  const place: Place = seed % 2 === 0 ? "embedded" : "remote";
  const turnOf = (): Turn => ({
    faults: [place === "embedded" ? "kill-backend" : chance.pick(["kill-runtime", "kill-both"])],
    ask: { pieces: chance.int(5, 60), paceMs: chance.int(0, 4), thoughts: chance.int(0, 3), refusals: 0 },
    atMs: chance.int(0, CRASH_WITHIN_MS),
  });
  return { seed, stage: "ordinary", place, viewers: chance.int(1, 3), turns: [turnOf()] };
}

/** Runs a plan. Whatever goes wrong is a finding. */
export async function runPlan(stage: Stage, plan: Plan): Promise<Outcome> {
  const startedMs = performance.now();
  const starts = stage.startMs.length;
  const chance = new Chance(plan.seed ^ 0x5eed);
  const liveAfterMs: number[] = [];
  const findings: Finding[] = [];
  const links: string[] = [];
  try {
    await using scene = await Scene.open(stage, plan.place, chance, plan.viewers);
    for (const [index, turn] of plan.turns.entries()) {
      await runTurn(scene, chance, turn, `m${plan.seed}-${index}`);
    }
    const history = await scene.settle();
    liveAfterMs.push(...scene.viewers.flatMap((viewer) => viewer.liveAfterMs));
    links.push(...history.viewers.map(describeLinks));
    findings.push(...judge(history), ...judgeAnswers(history, scene));
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    findings.push({ rule: "restless", who: "schedule", detail });
  }
  const startMs = stage.startMs.slice(starts);
  return { plan, findings, liveAfterMs, startMs, links, durationMs: performance.now() - startedMs };
}

/** What happened to a viewer's links, without the frames. */
function describeLinks({ name, records }: ViewerHistory): string {
  const words = records.flatMap((record) => {
    if (record.kind === "frame") return record.text.startsWith('{"kind":"diagnostic"') ? [record.text] : [];
    if (record.kind === "ended") return [`ended ${record.code}`];
    return [record.kind === "fault" ? `[${record.what}]` : record.kind];
  });
  return `${name}: ${words.join(", ")}`;
}

async function runTurn(scene: Scene, chance: Chance, turn: Turn, id: string): Promise<void> {
  const ask: Ask = { ...turn.ask, id };
  const speaker = chance.pick(scene.viewers);
  const patience = AbortSignal.timeout(TRIGGER_PATIENCE_MS);
  const faults = turn.faults.map(async (name) => {
    const own = new Chance(chance.int(0, 2 ** 31));
    const isEarly = own.has(0.2);
    const pieces = own.int(0, ask.pieces);
    if (turn.atMs !== undefined) await pause(turn.atMs);
    else if (isEarly) await pause(own.int(0, 20));
    else await scene.stage.provider.reached(id, pieces, patience);
    await faultOf(name).act({ scene, chance: own, ask, speaker });
  });
  await Promise.all([scene.say(speaker, ask), ...faults]);
  await scene.ended(ask, speaker);
}
