/**
 * Processor time of another process.
 *
 * Owns the waiting for an idle process, and the reading of Linux's own account, which counts in nanoseconds where the better-known one counts in ticks of
 * ten milliseconds.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Processor time of all threads of a process so far, in microseconds.
 *
 * @throws Error where the platform has no such account
 */
export function processorTimeUs(pid: number): number {
  let totalNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    totalNs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return totalNs / 1_000;
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
  let beforeUs = processorTimeUs(pid);
  while (performance.now() < endMs) {
    await wait(QUIET_STEP_MS);
    const nowUs = processorTimeUs(pid);
    if (nowUs - beforeUs <= QUIET_STEP_US) return;
    beforeUs = nowUs;
  }
  throw new Error(`Cannot measure: a process has been busy for ${QUIET_TIMEOUT_MS / 1_000} s with nothing to do`);
}
