/**
 * The signals that ask a program to end.
 *
 * Owns that they are heard while the program still starts: the first process of a container gets none that it does not
 * listen for, and would go on as if nobody had asked.
 */
import process from "node:process";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Listens; a signal ends the process at once. @returns gives signals to who can close the program, from then on */
export function hearSignals(): (take: (signal: string) => void) => void {
  let taken = (_signal: string): void => process.exit(0);
  for (const signal of SIGNALS) process.on(signal, () => taken(signal));
  return (take) => {
    taken = take;
  };
}
