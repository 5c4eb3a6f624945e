/**
 * Which profile a new Worker gets.
 *
 * Owns the mapping from what a Worker is wanted for to a profile selector, where the request names no profile.
 */
import type { WorkerSpawnRequest } from "../protocol/backend-api.ts";
import type { ProfileSelector } from "../protocol/runtime-api.ts";

/** The selector for an intent; none: the Runtime's default. */
export function profileOfIntent(intent: WorkerSpawnRequest["intent"]): ProfileSelector {
  switch (intent?.kind) {
    case "ticket_role":
      return { kind: "builtin", value: `builtin:${intent.role}` };
    case "workspace_companion":
      return { kind: "builtin", value: "builtin:companion" };
    case "workspace_orchestrator":
    case "workspace_coding":
    case undefined:
      return { kind: "runtime_default" };
  }
}
