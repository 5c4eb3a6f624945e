/**
 * The bench: runs the cases that are asked for, shows what they found, and with `--write` puts it into the document.
 *
 * Owns the order of the cases; `command-line.ts` has its words.
 */
import { agreementOf, agreementText, compareRuns, middleRun, renderRuns } from "./agreement.ts";
import type { BenchCase, CaseResult, TakeProfile } from "./bench-case.ts";
import { append } from "./cases/append.ts";
import { bursts } from "./cases/bursts.ts";
import { bundle } from "./cases/bundle.ts";
import { browserConsole } from "./cases/console.ts";
import { durableWorkers } from "./cases/durable-workers.ts";
import { fanOut } from "./cases/fan-out.ts";
import { hop } from "./cases/hop.ts";
import { idleWorkers } from "./cases/idle-workers.ts";
import { interactive } from "./cases/interactive.ts";
import { manyWorkers } from "./cases/many-workers.ts";
import { restart } from "./cases/restart.ts";
import { resume } from "./cases/resume.ts";
import { slowViewer } from "./cases/slow-viewer.ts";
import { snapshot } from "./cases/snapshot.ts";
import { soak } from "./cases/soak.ts";
import { start } from "./cases/start.ts";
import { storm } from "./cases/storm.ts";
import { streamingMarkdown } from "./cases/streaming-markdown.ts";
import { transcript } from "./cases/transcript.ts";
import { viewerMemory } from "./cases/viewer-memory.ts";
import { wire } from "./cases/wire.ts";
import { parseCommandLine, type BenchOrder } from "./command-line.ts";
import { renderProfile, renderResult } from "./figures.ts";
import { standApart } from "./harness/apart.ts";
import { killChildrenAtExit, withProcesses } from "./harness/child.ts";
import { describeMachine } from "./harness/machine.ts";
import { profileServers } from "./harness/profiling.ts";
import { keepFigures, keepProfile } from "./kept.ts";
import { writePage } from "./page.ts";

const CASES: readonly BenchCase[] = [
  hop,
  fanOut,
  bursts,
  storm,
  snapshot,
  manyWorkers,
  slowViewer,
  idleWorkers,
  viewerMemory,
  durableWorkers,
  append,
  resume,
  restart,
  start,
  bundle,
  browserConsole,
  streamingMarkdown,
  transcript,
  interactive,
  wire,
  soak,
];
/** Many times what any case takes that says nothing else. */
const CASE_TIMEOUT_MS = 20 * 60_000;
/** A profile needs no pairs: enough for every part to be seen. A start is over in a moment. */
const PROFILE_ROUNDS = { serving: 2, start: 8 } as const;
const USAGE_EXIT_CODE = 2;

/** Runs a bench: `[]` for all cases, `["hop", "--write"]` for one of them. @returns the exit code */
export async function runBench(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked === null) return USAGE_EXIT_CODE;
  killChildrenAtExit();
  console.log(await describeMachine());
  let failures = 0;
  for (const one of asked.cases) {
    console.log(`\n== ${one.name}\n`);
    const startedMs = performance.now();
    try {
      await runCase(one, asked);
      console.log(`\n${one.name} took ${Math.round((performance.now() - startedMs) / 1_000)} s`);
    } catch (error) {
      console.error(error);
      failures += 1;
    }
  }
  if (asked.isWritten && asked.cases.length === 0) writePage();
  return failures > 0 ? 1 : 0;
}

async function runCase(one: BenchCase, { options, runs, profiled, isWritten }: BenchOrder): Promise<void> {
  const { name, run, timeoutMs = CASE_TIMEOUT_MS } = one;
  const machine = await describeMachine();
  using apart = one.isLoadApart === true ? standApart() : null;
  const results: CaseResult[] = [];
  while (results.length < runs) {
    const found = await withProcesses(() => run(options), timeoutMs);
    const result = apart === null ? found : { ...found, notes: [...found.notes, apart.note] };
    results.push(result);
    console.log(`${renderResult(result)}\n`);
  }
  if (results.length > 0) {
    const agreement = agreementOf(results);
    if (agreement !== null) console.log(`${renderRuns(compareRuns(results))}\n\n${agreementText(agreement)}`);
    if (isWritten) keepFigures(name, { measuredOn: today(), machine, result: middleRun(results), agreement });
  }
  const isMissed = results.some(({ goals }) => goals.some(({ isMet }) => !isMet));
  if (one.profiled !== undefined && (profiled === "all" || (profiled === "missed" && isMissed))) {
    const take = typeof one.profiled === "function" ? one.profiled : profileOfServers(run, one.profiled);
    const sections = await withProcesses(() => take(options), timeoutMs);
    console.log(renderProfile(sections));
    if (isWritten) keepProfile(name, { takenOn: today(), sections });
  }
  if (isWritten) writePage();
}

/** Of a case's own run. */
function profileOfServers(run: BenchCase["run"], what: keyof typeof PROFILE_ROUNDS): TakeProfile {
  return (options) => profileServers(() => run({ rounds: PROFILE_ROUNDS[what], ...options }), what === "start");
}

/** `2026-01-31`. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function readArguments(args: readonly string[]): BenchOrder | null {
  try {
    return parseCommandLine(args, CASES);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return null;
  }
}
