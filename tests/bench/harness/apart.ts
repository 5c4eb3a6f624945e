/**
 * Load and servers on processors of their own.
 *
 * Owns which processors each has while a case is measured. It also keeps them awake: a processor that sleeps between two
 * tokens takes longer to wake at one time than at another, which is nothing of what is compared. What keeps them awake
 * gives way to everything else (Linux's class of idle tasks), and ends with the bench.
 */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { processorsIn } from "./processors.ts";

/** As `taskset` takes them: `0` or `2,3`. */
interface Sides {
  readonly load: string;
  readonly servers: string;
  readonly all: string;
}

let sides: Sides | null = null;

/** The case's own side of the bench, which ends with it. */
export interface Apart extends Disposable {
  /** For those who read the figures. */
  readonly note: string;
}

/**
 * Moves this process, and whatever it starts, to the load's processors; those that `amongServers` starts have the others.
 * On a machine with one processor nobody is moved, and the note says so.
 *
 * @throws Error where `taskset` or `chrt` is missing, which every Debian has
 */
export function standApart(): Apart {
  const processors = availableParallelism();
  if (processors < 2) {
    return { note: "Load and servers share the only processor.", [Symbol.dispose]: () => {} };
  }
  // By their numbers: where the bench is confined to some, `taskset` refuses all others.
  const allowed = processorsIn(readFileSync("/proc/self/status", "utf8"));
  // Where less than the time of all is given, those that are kept awake would use it up.
  const used = allowed.slice(0, processors);
  const half = Math.floor(used.length / 2);
  const found = { load: used.slice(0, half).join(), servers: used.slice(half).join(), all: allowed.join() };
  move(found.load);
  const awake = used.map(keepAwake);
  const end = (): void => {
    for (const child of awake) child.kill("SIGKILL");
  };
  process.once("exit", end);
  sides = found;
  return {
    note: `Load on processor ${found.load}, servers and peers on processor ${found.servers}, none of which sleeps meanwhile.`,
    [Symbol.dispose]() {
      sides = null;
      process.off("exit", end);
      end();
      move(found.all);
    },
  };
}

/** The command line that starts a program among the servers; the same one where nobody stands apart. */
export function amongServers(command: [string, ...string[]]): [string, ...string[]] {
  return sides === null ? command : ["taskset", "--cpu-list", sides.servers, ...command];
}

/** All threads of this process. */
function move(processors: string): void {
  execFileSync("taskset", ["--all-tasks", "--pid", "--cpu-list", processors, String(process.pid)], { stdio: "ignore" });
}

/** Looks again and again whether the bench is still there, so that it can't outlive it. */
function keepAwake(processor: number) {
  const loop = `while kill -0 ${process.pid}; do :; done`;
  return spawn("taskset", ["--cpu-list", String(processor), "chrt", "--idle", "0", "sh", "-c", loop], {
    stdio: "ignore",
  });
}
