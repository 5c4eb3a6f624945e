/**
 * Takes CPU profiles of the servers that a case starts.
 *
 * Owns the engines' options for it, the folder of the profiles and their reading. `child.ts` asks it what to add to a
 * server's command line and tells it when the server listens; only one case is profiled at a time.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ENGINE_LABELS, type Engine } from "./engine.ts";
import { createPartOf } from "./profile-parts.ts";
import { breakdownOf, BUSY, sharesTable, TIME_HEAD, type Breakdown, type ProfileSection } from "./profile-table.ts";
import { CpuProfile, foldProfile, type PartTimes } from "./profile.ts";

/** What is profiled: the workspace server, or a Runtime in a process of its own. */
export type ProfiledProgram = "server" | "Runtime";

/** One process that is profiled. */
export interface ProfiledProcess {
  readonly engine: Engine;
  readonly program: ProfiledProgram;
  /** What comes before the script on its command line. */
  readonly args: readonly string[];
  readonly folder: string;
  /** On the clock that the profile is on; 0 until it listens. */
  listensAtUs: number;
  /** When it was asked to end: what it does then is nobody's cost. */
  endsAtUs: number;
}

const INTERVAL_US = 500;
const SAYS =
  "Where the time goes, by CPU profiles: shares of the time in which the main thread is busy, all processes of a kind together.";
/** `CPU.<date>.<time>.<process>.<thread>.<count>.cpuprofile` by Node, which counts threads from 0; without thread by Deno. */
const MAIN_THREAD = /^CPU\.\d+\.\d+\.(?:\d+\.0\.\d+\.)?cpuprofile$/;

/** The processes of the case that is being profiled; null while none is. */
let taken: ProfiledProcess[] | null = null;

/** A place for the profile of a process that is about to be started; null where none is to be taken. */
export function profileProcess(engine: Engine, program: ProfiledProgram): ProfiledProcess | null {
  if (taken === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "yoi-profile-"));
  const args = ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_US}`];
  const one: ProfiledProcess = { engine, program, args, folder, listensAtUs: 0, endsAtUs: Number.POSITIVE_INFINITY };
  taken.push(one);
  return one;
}

/** Now, on the clock that profiles are on. */
export function profileClockUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Does a case's work with its servers under the profiler. @param isStartCounted Whether what they do before they listen counts */
export async function profileServers(
  work: () => Promise<unknown>,
  isStartCounted: boolean,
): Promise<readonly ProfileSection[]> {
  const processes: ProfiledProcess[] = [];
  taken = processes;
  try {
    await work();
    return [{ says: SAYS, table: sharesTable(TIME_HEAD, BUSY, fold(processes, isStartCounted)) }];
  } finally {
    taken = null;
    for (const { folder } of processes) rmSync(folder, { recursive: true, force: true });
  }
}

function fold(processes: readonly ProfiledProcess[], isStartCounted: boolean): readonly Breakdown[] {
  const partOf = createPartOf(process.cwd());
  const kinds = Map.groupBy(processes, ({ engine, program }) => `${program} on ${ENGINE_LABELS[engine]}`);
  return Array.from(kinds, ([subject, ofOneKind]) => {
    const times: PartTimes[] = ofOneKind.flatMap(({ folder, listensAtUs, endsAtUs }) =>
      readdirSync(folder)
        .filter((name) => MAIN_THREAD.test(name))
        .map((name) => CpuProfile.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))))
        .map((profile) => foldProfile(profile, { fromUs: isStartCounted ? 0 : listensAtUs, toUs: endsAtUs }, partOf)),
    );
    if (times.length === 0) throw new Error(`Cannot take a profile: the ${subject} has written none`);
    return breakdownOf(subject, times);
  });
}
