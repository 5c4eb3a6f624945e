/** A Runtime as the console lists it: one that runs, or one that is away for a reason. */
import { ListedRuntime } from "../../islands/console-data.ts";
import type { ProblemCode } from "../../protocol/problem.ts";

export function listedRuntime(
  runtimeId: string,
  label: string,
  trouble?: ProblemCode,
  lastSeenAt: string | null = null,
): ListedRuntime {
  const isThere = trouble === undefined;
  return ListedRuntime.parse({
    runtime_id: runtimeId,
    label,
    kind: "remote_worker_runtime",
    status: isThere ? "running" : "unavailable",
    source: { kind: "remote_http", status: "active", identity_authority: "runtime_registry_projection", note: "" },
    host_ids: ["h"],
    capabilities: {
      can_list_hosts: true,
      can_list_workers: true,
      can_get_worker: true,
      can_spawn_worker: isThere,
      can_stop_worker: isThere,
      can_accept_input: isThere,
      has_workspace_fs: false,
      has_shell: false,
      has_git: false,
      supports_worktrees: false,
      supports_backend_internal_tools: false,
      workspace_scope: "remote_runtime_backend_private",
      max_workers: 10,
      os: "remote",
      arch: "remote",
    },
    diagnostics: isThere ? [] : [{ code: trouble, severity: "error", message: "…" }],
    last_seen_at: lastSeenAt,
  });
}
