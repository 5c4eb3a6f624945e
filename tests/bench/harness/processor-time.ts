/**
 * Processor time of another process.
 *
 * Owns the waiting for an idle process, and the reading of Linux's own account, which counts in nanoseconds where the
 * better-known one counts in ticks of ten milliseconds.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Counts the processor time of all threads of processes from now on. A thread that ends takes its account with it, so
 * each is counted by itself.
 *
 * @returns tells how much it has been so far, in microseconds
 * @throws Error where the platform has no such account
 */
export function countProcessorTime(...pids: readonly number[]): () => number {
  const before = accountsOf(pids);
  return () => {
    let usedNs = 0;
    for (const [thread, ns] of accountsOf(pids)) usedNs += ns - (before.get(thread) ?? 0);
    return usedNs / 1_000;
  };
}

/** Processor time by thread, in nanoseconds. */
function accountsOf(pids: readonly number[]): ReadonlyMap<string, number> {
  const accounts = new Map<string, number>();
  for (const thread of pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`))) {
    try {
      accounts.set(thread, Number(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0]));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // It has ended since it was listed.
      if (code !== "ENOENT" && code !== "ESRCH") throw error;
    }
  }
  return accounts;
}

const QUIET_STEP_MS = 50;
/** What an idle engine uses in a step for its own timers, with room to spare. */
const QUIET_STEP_US = 2_500;
const QUIET_TIMEOUT_MS = 30_000;

/**
 * Waits until a process does nothing, so that what it still has to put away is nobody's cost.
 *
 * @throws Error when it goes on for too long
 */
export async function untilQuiet(pid: number): Promise<void> {
  const endMs = performance.now() + QUIET_TIMEOUT_MS;
  while (performance.now() < endMs) {
    const usedUs = countProcessorTime(pid);
    await wait(QUIET_STEP_MS);
    if (usedUs() <= QUIET_STEP_US) return;
  }
  throw new Error(`Cannot measure: a process has been busy for ${QUIET_TIMEOUT_MS / 1_000} s with nothing to do`);
}
