/**
 * Processor time of another process.
 *
 * Owns the reading of Linux's own account, which counts in nanoseconds where the better-known one counts in ticks of
 * ten milliseconds.
 */
import { readdirSync, readFileSync } from "node:fs";

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
