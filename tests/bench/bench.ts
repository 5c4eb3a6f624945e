/**
 * The bench: runs the cases that are asked for, shows what they found, and with `--write` puts it into the document.
 *
 * Owns the order of the cases; `command-line.ts` has its words.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { BenchCase } from "./bench-case.ts";
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
import { remoteHop } from "./cases/remote-hop.ts";
import { restart } from "./cases/restart.ts";
import { resume } from "./cases/resume.ts";
import { slowViewer } from "./cases/slow-viewer.ts";
import { snapshot } from "./cases/snapshot.ts";
import { soak } from "./cases/soak.ts";
import { start } from "./cases/start.ts";
import { storm } from "./cases/storm.ts";
import { viewerMemory } from "./cases/viewer-memory.ts";
import { wire } from "./cases/wire.ts";
import { parseCommandLine, type BenchOrder } from "./command-line.ts";
import { replaceFigures, renderResult } from "./figures.ts";
import { killChildrenAtExit, withProcesses } from "./harness/child.ts";
import { describeMachine } from "./harness/machine.ts";

const CASES: readonly BenchCase[] = [
  hop,
  remoteHop,
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
  interactive,
  wire,
  soak,
];
const DOCUMENT = "docs/performance.md";
/** Many times what any case takes that says nothing else. */
const CASE_TIMEOUT_MS = 20 * 60_000;
const USAGE_EXIT_CODE = 2;

/** Runs a bench: `[]` for all cases, `["hop", "--write"]` for one of them. @returns the exit code */
export async function runBench(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked === null) return USAGE_EXIT_CODE;
  killChildrenAtExit();
  console.log(await describeMachine());
  let failures = 0;
  for (const { name, run, timeoutMs = CASE_TIMEOUT_MS } of asked.cases) {
    console.log(`\n== ${name}\n`);
    const startedMs = performance.now();
    const machine = await describeMachine();
    try {
      const result = await withProcesses(() => run(asked.options), timeoutMs);
      console.log(renderResult(result));
      console.log(`\n${name} took ${Math.round((performance.now() - startedMs) / 1_000)} s`);
      if (!asked.isWritten) continue;
      const figures = `${renderResult(result)}\n\nMeasured on ${machine}.`;
      writeFileSync(DOCUMENT, replaceFigures(readFileSync(DOCUMENT, "utf8"), name, figures));
    } catch (error) {
      console.error(error);
      failures += 1;
    }
  }
  return failures > 0 ? 1 : 0;
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
