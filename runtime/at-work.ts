/**
 * Whether a Runtime of this process can do its work, by its own account.
 *
 * Owns what readiness means, at the workspace server as at a Runtime process.
 */
import { ProblemError } from "../protocol/problem.ts";
import type { RuntimeDetail } from "../protocol/runtime-api.ts";

/** @throws ProblemError runtime_unavailable that says what keeps it */
export function checkAtWork({ runtime_id, status, worker_creation_available: canKeep }: RuntimeDetail): void {
  if (status !== "running") throw new ProblemError("runtime_unavailable", `Runtime "${runtime_id}" has been stopped.`);
  if (canKeep) return;
  const detail = `The store of Runtime "${runtime_id}" keeps nothing any more; its process has to start again.`;
  throw new ProblemError("runtime_unavailable", detail);
}
