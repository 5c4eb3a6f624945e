/**
 * The bench: runs the cases that are asked for, shows what they found, and with `--write` puts it into the document.
 *
 * Owns the command line and the order of the cases.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { BenchCase } from "./bench-case.ts";
import { append } from "./cases/append.ts";
import { bundle } from "./cases/bundle.ts";
import { browserConsole } from "./cases/console.ts";
import { fanOut } from "./cases/fan-out.ts";
import { hop } from "./cases/hop.ts";
import { idleWorkers } from "./cases/idle-workers.ts";
import { remoteHop } from "./cases/remote-hop.ts";
import { restart } from "./cases/restart.ts";
import { resume } from "./cases/resume.ts";
import { start } from "./cases/start.ts";
import { wire } from "./cases/wire.ts";
import { replaceFigures, renderResult } from "./figures.ts";
import { killChildrenAtExit } from "./harness/child.ts";
import { describeMachine } from "./harness/machine.ts";

const CASES: readonly BenchCase[] = [
  hop,
  remoteHop,
  fanOut,
  idleWorkers,
  append,
  resume,
  restart,
  start,
  bundle,
  browserConsole,
  wire,
];
const DOCUMENT = "docs/performance.md";
const WRITE = "--write";

/** Runs a bench: `[]` for all cases, `["hop", "--write"]` for one of them. @returns the exit code */
export async function runBench(args: readonly string[]): Promise<number> {
  const names = args.filter((word) => word !== WRITE);
  const unknown = names.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`Cannot measure ${unknown.join(", ")}: the cases are ${CASES.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  killChildrenAtExit();
  const machine = await describeMachine();
  console.log(machine);
  let failures = 0;
  for (const { name, run } of CASES.filter((one) => names.length === 0 || names.includes(one.name))) {
    console.log(`\n== ${name}\n`);
    try {
      const result = await run();
      console.log(renderResult(result));
      if (!args.includes(WRITE)) continue;
      const figures = `${renderResult(result)}\n\nMeasured on ${machine}.`;
      writeFileSync(DOCUMENT, replaceFigures(readFileSync(DOCUMENT, "utf8"), name, figures));
    } catch (error) {
      console.error(error);
      failures += 1;
    }
  }
  return failures > 0 ? 1 : 0;
}
