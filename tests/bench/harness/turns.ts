/**
 * Processes that take turns.
 *
 * Owns who may run: whoever's turn it is not stands still. What a process puts away after its own turn, above all the
 * garbage that an engine collects some seconds later, would otherwise take the processor from whoever is measured then.
 */
import process from "node:process";
import { untilQuiet } from "./processor-time.ts";

/** Does the work while these processes run and all others stand still. */
export type TakeTurn = <Value>(pids: readonly number[], work: () => Promise<Value>) => Promise<Value>;

/** Before each turn all of these run until they are quiet, so that nobody takes anybody for gone. */
export function openTurns(stack: AsyncDisposableStack, pids: Iterable<number>): TakeTurn {
  const all = [...new Set(pids)];
  // A process that stands still can't end as it should.
  stack.defer(() => signal(all, "SIGCONT"));
  return async (turn, work) => {
    signal(all, "SIGCONT");
    await Promise.all(all.map(untilQuiet));
    signal(
      all.filter((pid) => !turn.includes(pid)),
      "SIGSTOP",
    );
    return work();
  };
}

function signal(pids: readonly number[], name: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended, which ends the case: the others have to end too.
    }
  }
}
