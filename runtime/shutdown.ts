/**
 * The end of a program that was asked to end.
 *
 * Owns what a first signal begins and what a second one means; what is closed, and how the process is left, is the entry
 * point's matter.
 */
import { stackOf, type Log } from "./log.ts";

/** What a program's end needs. */
export interface ShutdownOptions {
  readonly log: Log;
  /** Closes everything; waits for what may end by itself. */
  readonly close: () => Promise<void>;
  readonly exit: (code: number) => void;
}

/** The exit code of a program that was not given the time to close. */
const HURRIED_CODE = 1;

/** Takes signals: the first one closes the program, another one ends it at once. */
export function createShutdown({ log, close, exit }: ShutdownOptions): (signal: string) => void {
  let isStopping = false;
  return (signal) => {
    if (isStopping) {
      log.warning("Asked again, the program ends at once", { signal });
      return exit(HURRIED_CODE);
    }
    isStopping = true;
    log.info("The program is asked to end", { signal });
    close().then(
      () => {
        log.info("The program has ended");
        exit(0);
      },
      (error: unknown) => {
        log.error("The program could not be closed", { stack: stackOf(error) });
        exit(HURRIED_CODE);
      },
    );
  };
}
