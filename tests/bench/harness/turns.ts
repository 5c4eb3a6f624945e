/**
 * Processes that take turns.
 *
 * Owns who may run: whoever's turn it is not stands still. What a process puts away after its own turn, above all the
 * garbage that an engine collects some seconds later, would otherwise take the processor from whoever is measured then.
 */
import process from "node:process";
import { untilQuiet } from "./processor-time.ts";

/** Does the work while these processes run and all others stand still, once they have put away what they still had. */
export type TakeTurn = <Value>(pids: readonly number[], work: () => Promise<Value>) => Promise<Value>;

/** Has all of these stand still until it is their turn. They run again when the stack ends, so that they can end. */
export function openTurns(stack: AsyncDisposableStack, pids: Iterable<number>): TakeTurn {
  const all = [...new Set(pids)];
  stack.defer(() => signal(all, "SIGCONT"));
  signal(all, "SIGSTOP");
  return async (turn, work) => {
    signal(turn, "SIGCONT");
    try {
      await Promise.all(turn.map(untilQuiet));
      return await work();
    } finally {
      signal(turn, "SIGSTOP");
    }
  };
}

function signal(pids: readonly number[], name: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) process.kill(pid, name);
}
