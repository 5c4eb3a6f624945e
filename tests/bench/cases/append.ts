/**
 * append: how many events a second are kept, beside SQLite itself and a plain file.
 *
 * Owns the figures. The load and who keeps it are `appending.ts`'s, which runs in a process of its own on each engine.
 */
import { AppendSample, APPEND_EVENT_CHARS, APPEND_LOADS, APPEND_SUBJECTS, APPEND_WORKERS } from "../appending.ts";
import type { AppendSubject } from "../appending.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { goal, goalsOf } from "../harness/goal.ts";
import type { ProfileSection } from "../harness/profile-table.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { estimate, median, paired, pairedRatio } from "../harness/statistics.ts";
import { figure, interval } from "../harness/table.ts";
import { profileAppending } from "../profiles/append.ts";

const ROUNDS = 12;
const PROFILE_ROUNDS = 6;
const RATIO_GOAL = 20;
const BLOCKED_GOAL_MS = 2;

/** Who keeps, and on which engine. */
type Side = `${Engine} ${AppendSubject}`;
/** On Deno only what the store's figures are compared with there. */
const SUBJECTS: Readonly<Record<Engine, readonly AppendSubject[]>> = {
  node: ["normal", "full", "memory", "sqlite", "file", "loop", "nothing"],
  deno: ["normal", "sqlite", "loop", "nothing"],
};
const KEEPS_NOTHING: readonly AppendSubject[] = ["loop", "nothing"];

export const append: BenchCase = { name: "append", run, profiled: profile };

async function profile({ rounds = PROFILE_ROUNDS }: BenchOptions): Promise<readonly ProfileSection[]> {
  return profileAppending(Object.values(APPEND_LOADS), rounds);
}

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using stack = new AsyncDisposableStack();
  const windows = new Map<Side, () => Promise<AppendSample>>();
  for (const engine of ENGINES) {
    const program = stack.use(await startProgramChild("append", engine));
    for (const subject of SUBJECTS[engine]) {
      windows.set(`${engine} ${subject}`, () => program.ask("measure", subject, AppendSample));
    }
  }
  const samples = await alternate(rounds, windows);
  const perSecond = (side: Side) => samplesOf(samples, side).map((sample) => sample.perSecond);
  const blockedMs = (side: Side) => samplesOf(samples, side).map((sample) => sample.blockedMs);
  const ratio = (engine: Engine, subject: AppendSubject) =>
    pairedRatio(perSecond(`${engine} ${subject}`), perSecond(`${engine} sqlite`));
  const addedMs = (engine: Engine) =>
    estimate(
      paired(
        blockedMs(`${engine} normal`).map(Number),
        blockedMs(`${engine} loop`).map(Number),
        (store, loop) => store - loop,
      ),
    );
  const sides = ENGINES.flatMap((engine) => SUBJECTS[engine].map((subject) => ({ engine, subject })));
  const labelOf = (engine: Engine, subject: AppendSubject) =>
    `${APPEND_SUBJECTS[subject].label}, on ${ENGINE_LABELS[engine]}`;
  const chart: Chart = {
    title: "events kept per second",
    unit: "times node:sqlite on the same engine",
    isRatio: true,
    bars: sides
      .filter(({ subject }) => !KEEPS_NOTHING.includes(subject))
      .map(({ engine, subject }) => ({
        label: labelOf(engine, subject),
        value: subject === "sqlite" ? 1 : ratio(engine, subject),
        isPeer: subject !== "normal",
      })),
    target: { atLeast: RATIO_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: ["kept by", "events/s", "ratio to node:sqlite", "blocked at most, ms"],
        rows: sides.map(({ engine, subject }) => {
          const keeps = !KEEPS_NOTHING.includes(subject);
          const blocked = blockedMs(`${engine} ${subject}`).filter((ms) => ms !== null);
          return [
            labelOf(engine, subject),
            keeps ? figure(median(perSecond(`${engine} ${subject}`))) : "",
            keeps ? interval(ratio(engine, subject)) : "",
            blocked.length === 0 ? "always" : figure(median(blocked)),
          ];
        }),
      },
    ],
    goals: [
      ...goalsOf(chart),
      ...ENGINES.map((engine) =>
        goal(
          `${ENGINE_LABELS[engine]}: the longest that the thread is blocked`,
          addedMs(engine),
          { atMost: BLOCKED_GOAL_MS },
          "ms more than by the same loop that keeps nothing",
        ),
      ),
    ],
    notes: [
      `${APPEND_WORKERS} Workers, events of ${APPEND_EVENT_CHARS} characters, ${rounds} windows of a second each, in turns. A Worker waits for its event before the next one.`,
    ],
  };
}
