/**
 * What a browser may know of Runtimes, hosts and Workers.
 *
 * Owns the pure mapping from a Runtime's shapes to the Backend's. Nothing that it gives names an endpoint or a path.
 */
import type { Capabilities, HostSummary, RuntimeSummary, WorkerSummary } from "../protocol/backend-api.ts";
import { HostId, ID_MAX_CHARS, type RuntimeId } from "../protocol/id.ts";
import type { Diagnostic } from "../protocol/problem.ts";
import { DISPLAY_NAME_MAX_CHARS, type RuntimeDetail, type WorkerDetail } from "../protocol/runtime-api.ts";
import { profileKey } from "../runtime/profile.ts";
import type { Runtime, RuntimeCapabilities } from "../runtime/runtime.ts";

/** What is known of the machine that the Backend itself runs on. */
export interface HostFacts {
  readonly os: string;
  readonly arch: string;
}

/** A Runtime's host as browsers name it: a readable part and a digest, so that two ids never meet. */
export async function hostIdOf(kind: Runtime["kind"], value: string): Promise<HostId> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  const hex = Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const readable =
    value
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "id";
  const prefix = `${kind}-`;
  const room = ID_MAX_CHARS - prefix.length - hex.length - 1;
  return HostId.parse(`${prefix}${readable.slice(0, room)}-${hex}`);
}

/** A name that is safe to show: no control characters, no slashes, bounded. */
function cleanLabel(label: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  return label.replaceAll(/[\u0000-\u001f\u007f/\\]/g, "").slice(0, DISPLAY_NAME_MAX_CHARS);
}

/** The first of some names of which anything can be shown: a name may be nothing but slashes, and a peer's be empty. */
function labelOf(...names: readonly (string | null | undefined)[]): string {
  return names.map((name) => cleanLabel(name ?? "").trim()).find((label) => label !== "") ?? "";
}

/** What a Runtime can do, as browsers see it. */
export function projectCapabilities(kind: Runtime["kind"], can: RuntimeCapabilities, host: HostFacts): Capabilities {
  const isEmbedded = kind === "embedded";
  return {
    can_list_hosts: true,
    can_list_workers: true,
    can_get_worker: true,
    can_spawn_worker: can.createWorker,
    can_stop_worker: can.stopWorker,
    can_accept_input: can.sendInput,
    has_workspace_fs: false,
    has_shell: false,
    has_git: false,
    supports_worktrees: false,
    supports_backend_internal_tools: isEmbedded,
    workspace_scope: isEmbedded ? "backend_internal" : "remote_runtime_backend_private",
    max_workers: can.maxWorkers,
    os: isEmbedded ? host.os : "remote",
    arch: isEmbedded ? host.arch : "remote",
  };
}

/** A Runtime as browsers see it. `detail` is null while the Runtime does not answer. */
export function projectRuntime(
  runtime: { readonly runtimeId: RuntimeId; readonly kind: Runtime["kind"] },
  facts: {
    readonly detail: RuntimeDetail | null;
    /** Shown where `detail` says no name. */
    readonly displayName?: string | undefined;
    readonly hostId: HostId;
    readonly capabilities: Capabilities;
    readonly diagnostics: readonly Diagnostic[];
  },
): RuntimeSummary {
  const isEmbedded = runtime.kind === "embedded";
  return {
    runtime_id: runtime.runtimeId,
    label: labelOf(facts.detail?.display_name, facts.displayName, runtime.runtimeId),
    kind: isEmbedded ? "embedded_worker_runtime" : "remote_worker_runtime",
    status: facts.detail?.status ?? "unavailable",
    source: {
      kind: isEmbedded ? "embedded_worker_runtime" : "remote_http",
      status: "active",
      identity_authority: "runtime_registry_projection",
      note: isEmbedded ? "Runs inside the workspace server." : "Runs as a process of its own.",
    },
    host_ids: [facts.hostId],
    capabilities: facts.capabilities,
    diagnostics: [...facts.diagnostics],
  };
}

/** The host of a Runtime as browsers see it. `observedAt` and `lastSeenAt` are RFC 3339. */
export function projectHost(
  runtime: RuntimeSummary,
  hostId: HostId,
  observedAt: string,
  lastSeenAt: string | null,
): HostSummary {
  const isEmbedded = runtime.kind === "embedded_worker_runtime";
  return {
    runtime_id: runtime.runtime_id,
    host_id: hostId,
    label: runtime.label,
    kind: isEmbedded ? "embedded-worker-runtime-host" : "remote-worker-runtime-host",
    status: runtime.status === "running" ? "available" : runtime.status,
    observed_at: observedAt,
    last_seen_at: lastSeenAt,
    capabilities: runtime.capabilities,
    diagnostics: runtime.diagnostics,
  };
}

/** A Worker as browsers see it. */
export function projectWorker(
  kind: Runtime["kind"],
  detail: WorkerDetail,
  hostId: HostId,
  lastSeenAt: string | null = null,
): WorkerSummary {
  const isEmbedded = kind === "embedded";
  const { execution } = detail;
  const isAlive = detail.status === "running" && execution.backend === "connected";
  const isRefused = ["rejected", "errored", "unsupported"].includes(execution.last_result?.outcome ?? "accepted");
  const isDown = ["stopped", "rejected", "errored", "unconnected"].includes(execution.run_state);
  const profile = cleanLabel(profileKey(detail.profile));
  return {
    runtime_id: detail.runtime_id,
    worker_id: detail.worker_id,
    host_id: hostId,
    label: labelOf(detail.display_name, detail.worker_id),
    role: isEmbedded ? profile : null,
    profile,
    workspace: {
      visibility: isEmbedded ? "backend_internal" : "remote_runtime",
      identity: "runtime_registry_worker",
    },
    state: detail.status,
    status: projectStatus(detail),
    last_seen_at: lastSeenAt,
    implementation: {
      kind: isEmbedded ? "embedded_worker_runtime" : "remote_worker_runtime",
      display_hint: cleanLabel(detail.model ?? ""),
    },
    capabilities: {
      can_accept_input: isAlive && execution.run_state === "idle" && !isRefused,
      can_stop: isAlive && !isDown && !isRefused,
      can_spawn_followup: false,
    },
    transcript_len: detail.transcript_len,
    diagnostics: [],
  };
}

function projectStatus({ status, execution }: WorkerDetail): WorkerSummary["status"] {
  if (status !== "running") return status;
  if (execution.backend === "stale") return "stale";
  return execution.run_state === "busy" ? "running" : execution.run_state;
}
