/**
 * The Backend.
 *
 * Owns the composition: requests go to Runtimes through the registry, observations through one relay per Worker. What
 * browsers see is made in `projection.ts`.
 */
import type { RuntimeSummary, WorkerSummary } from "../protocol/backend-api.ts";
import type { HostId, WorkerRef } from "../protocol/id.ts";
import { asProblem, ProblemError, type Diagnostic } from "../protocol/problem.ts";
import { checkAtWork } from "../runtime/at-work.ts";
import type { Clock, Random } from "../runtime/clock.ts";
import type { CallOptions, Runtime, RuntimeCapabilities } from "../runtime/runtime.ts";
import { NO_TELEMETRY, type Telemetry } from "../runtime/telemetry.ts";
import { NO_TRACING, type Tracing } from "../runtime/tracing/tracing.ts";
import type { Backend, ListOf } from "./backend.ts";
import { createCompanion } from "./companion.ts";
import { entriesThatFit } from "./entries-that-fit.ts";
import { exportConversation } from "./export-conversation.ts";
import type { BackendLimits } from "./limits.ts";
import {
  hostIdOf,
  projectCapabilities,
  projectHost,
  projectRuntime,
  projectWorker,
  type HostFacts,
} from "./projection.ts";
import { Relays } from "./relays.ts";
import { RuntimeRegistry } from "./runtime-registry.ts";
import { profileOfIntent } from "./spawn-profile.ts";

/** What a Backend is made of. */
export interface BackendOptions {
  readonly workspace: { readonly id: string; readonly displayName: string };
  /** Whoever opened them closes them, before the Backend, so that viewers see how runs ended. */
  readonly runtimes: readonly Runtime[];
  readonly companion: WorkerRef;
  /** Seals the cursors; at least 16 bytes. */
  readonly cursorSecret: Uint8Array<ArrayBuffer>;
  readonly limits: BackendLimits;
  readonly host: HostFacts;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of viewers; absent: nobody is. */
  readonly telemetry?: Telemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

const NO_CAPABILITIES: RuntimeCapabilities = {
  createWorker: false,
  stopWorker: false,
  sendInput: false,
  maxWorkers: 0,
};
const LIST_SOURCE = "worker_runtime_registry";
const SCHEMA_VERSION = 1;
/** How long the own Runtime may take to say that it is there. */
const READY_TIMEOUT_MS = 2_000;
const MAX_LIST_DIAGNOSTICS = 16;

/** Makes the Backend over its Runtimes. */
export function createBackend(options: BackendOptions): Backend {
  const { workspace, limits, clock, random, host, cursorSecret } = options;
  const { telemetry = NO_TELEMETRY, tracing = NO_TRACING } = options;
  const registry = new RuntimeRegistry({ runtimes: options.runtimes, clock, timeoutMs: limits.runtimeTimeoutMs });
  const relays = new Relays({ registry, cursorSecret, limits, clock, random, telemetry, tracing });

  const list = <Item>(items: readonly Item[], diagnostics: readonly Diagnostic[] = []): ListOf<Item> => ({
    workspace_id: workspace.id,
    limit: limits.maxListed,
    items: items.slice(0, limits.maxListed),
    source: LIST_SOURCE,
    diagnostics: diagnostics.slice(0, MAX_LIST_DIAGNOSTICS),
  });

  /** Each is made once: a digest takes a turn of the engine's threads, and they never change. */
  const hostIds = new Map<Runtime, Promise<HostId>>();
  const hostOf = (runtime: Runtime): Promise<HostId> => {
    const known = hostIds.get(runtime);
    if (known !== undefined) return known;
    const hostId = hostIdOf(runtime.kind, runtime.kind === "embedded" ? workspace.id : runtime.runtimeId);
    hostIds.set(runtime, hostId);
    return hostId;
  };

  const summarise = async (runtime: Runtime): Promise<RuntimeSummary> => {
    const hostId = await hostOf(runtime);
    try {
      return await registry.ask(runtime, async (call) => {
        const [detail, can, diagnostics] = await Promise.all([
          runtime.detail(call),
          runtime.capabilities(call),
          runtime.diagnostics(call),
        ]);
        const capabilities = projectCapabilities(runtime.kind, can, host);
        return projectRuntime(runtime, { detail, hostId, capabilities, diagnostics });
      });
    } catch (error) {
      const last = runtime.lastSeen?.();
      const can = { ...NO_CAPABILITIES, maxWorkers: last?.maxWorkers ?? 0 };
      return projectRuntime(runtime, {
        detail: null,
        displayName: last?.displayName,
        hostId,
        capabilities: projectCapabilities(runtime.kind, can, host),
        diagnostics: [remark(asProblem(error))],
      });
    }
  };

  /** When a Runtime that may be away answered last, RFC 3339; null for one that can't be away, or never was there. */
  const lastSeenAt = (runtime: Runtime): string | null => {
    const seenTs = runtime.lastSeen?.().seenTs ?? null;
    return seenTs === null ? null : new Date(seenTs).toISOString();
  };

  const listWorkersOf = async (runtime: Runtime): Promise<WorkerSummary[]> => {
    const hostId = await hostOf(runtime);
    const details = await registry.ask(runtime, (call) => runtime.listWorkers(call));
    return details.map((detail) => projectWorker(runtime.kind, detail, hostId, lastSeenAt(runtime)));
  };

  const getWorker = async (ref: WorkerRef): Promise<WorkerSummary> => {
    const runtime = registry.get(ref.runtime_id);
    const detail = await registry.ask(runtime, (call) => runtime.getWorker(ref.worker_id, call));
    return projectWorker(runtime.kind, detail, await hostOf(runtime), lastSeenAt(runtime));
  };

  const backend: Omit<Backend, "companion"> = {
    async workspace() {
      const runtime = registry.get(options.companion.runtime_id);
      const [status, { backend: store }] = await Promise.all([
        companion.status(),
        registry.ask(runtime, (call) => runtime.detail(call)),
      ]);
      const point = (state: string, note: string) => ({ status: state, note, diagnostics: [] });
      return {
        workspace_id: workspace.id,
        display_name: workspace.displayName,
        record_authority: "workspace_server",
        schema_version: SCHEMA_VERSION,
        auth: { LocalDevToken: { token_configured: false } },
        extension_points: {
          store,
          event_stream: point("backend_proxy", "Each Worker is observed once and shown to any number of viewers."),
          host_worker_bridge: point("runtime_registry", "Workers are found by runtime_id and worker_id."),
          companion_console: point(status.transport.completion, status.transport.limitation),
        },
      };
    },

    async listRuntimes() {
      return list(await Promise.all(registry.list().map(summarise)));
    },

    async getRuntime(runtimeId) {
      return summarise(registry.get(runtimeId));
    },

    async listHosts() {
      const hosts = await Promise.all(
        registry.list().map(async (runtime) => {
          const summary = await summarise(runtime);
          const observedAt = new Date(clock.now()).toISOString();
          return summary.host_ids.map((id) => projectHost(summary, id, observedAt, lastSeenAt(runtime)));
        }),
      );
      return list(hosts.flat());
    },

    async listHostWorkers(hostId) {
      for (const runtime of registry.list()) {
        if ((await hostOf(runtime)) === hostId) return list(await listWorkersOf(runtime));
      }
      throw new ProblemError("host_not_found", `There is no host "${hostId}".`);
    },

    async listWorkers(runtimeId) {
      if (runtimeId !== undefined) return list(await listWorkersOf(registry.get(runtimeId)));
      const answers = await registry.askAll((runtime) => listWorkersOf(runtime));
      return list(
        answers.flatMap((answer) => (answer.ok ? answer.value : [])),
        answers.flatMap((answer) => (answer.ok ? [] : [remark(answer.problem)])),
      );
    },

    getWorker,

    async requireWorker(ref) {
      // One elsewhere is asked for by its observation, which tells a missing Worker from a Runtime that is away.
      const runtime = registry.get(ref.runtime_id);
      if (runtime.kind === "embedded") await registry.ask(runtime, (call) => runtime.getWorker(ref.worker_id, call));
    },

    async storeConfigBundle(runtimeId, { bundle }) {
      const runtime = registry.get(runtimeId);
      const availability = await registry.ask(runtime, (call) => runtime.storeConfigBundle(bundle, call));
      return { state: "accepted", availability, diagnostics: [] };
    },

    async checkConfigBundle(runtimeId, reference) {
      const runtime = registry.get(runtimeId);
      const availability = await registry.ask(runtime, (call) => runtime.checkConfigBundle(reference, call));
      return { state: "accepted", availability, diagnostics: [] };
    },

    async spawnWorker(runtimeId, request) {
      const runtime = registry.get(runtimeId);
      if (request.acceptance?.kind === "socket_ready") {
        throw new ProblemError("unsupported", "acceptance: no Runtime here offers sockets; use run_accepted.");
      }
      const { initial_input: input } = request;
      if (input?.kind === "system") throw systemInput();
      const detail = await registry.ask(runtime, (call) =>
        runtime.createWorker(
          {
            profile: request.profile ?? profileOfIntent(request.intent),
            ...(request.requested_worker_name === undefined ? {} : { displayName: request.requested_worker_name }),
            ...(input ? { initialInput: toSendInput(input) } : {}),
          },
          call,
        ),
      );
      await relays.renew(detail.worker_ref);
      return {
        state: "accepted",
        worker: projectWorker(runtime.kind, detail, await hostOf(runtime), lastSeenAt(runtime)),
        acceptance_evidence: [{ kind: `${runtime.kind}_runtime_worker_created`, detail: detail.worker_id }],
        diagnostics: [],
      };
    },

    async sendInput(ref, request) {
      if (request.kind === "system") throw systemInput();
      const runtime = registry.get(ref.runtime_id);
      const ack = await registry.ask(runtime, (call) => runtime.sendInput(ref.worker_id, toSendInput(request), call));
      const { transcript_sequence, event_id } = ack;
      return { state: "accepted", ...ref, transcript_sequence, event_id, diagnostics: [] };
    },

    async importWorker(runtimeId, conversation) {
      const runtime = registry.get(runtimeId);
      const importing = (call: CallOptions) => runtime.importWorker(conversation, call);
      const detail = await registry.ask(runtime, importing, limits.importTimeoutMs);
      await relays.renew(detail.worker_ref);
      return {
        state: "accepted",
        worker: projectWorker(runtime.kind, detail, await hostOf(runtime), lastSeenAt(runtime)),
        acceptance_evidence: [{ kind: "conversation_imported", detail: detail.worker_id }],
        diagnostics: [],
      };
    },

    async renameWorker(ref, { display_name: name }) {
      const runtime = registry.get(ref.runtime_id);
      const detail = await registry.ask(runtime, (call) => runtime.renameWorker(ref.worker_id, name, call));
      await relays.rename(ref, name);
      return projectWorker(runtime.kind, detail, await hostOf(runtime), lastSeenAt(runtime));
    },

    async exportConversation(ref, rights) {
      const runtime = registry.get(ref.runtime_id);
      const detail = await registry.ask(runtime, (call) => runtime.getWorker(ref.worker_id, call));
      const { label } = projectWorker(runtime.kind, detail, await hostOf(runtime));
      return exportConversation({
        ref,
        label,
        detail,
        view: () => registry.ask(runtime, () => relays.view(ref, rights.policy.observation)),
        entries: (query) => registry.ask(runtime, (call) => runtime.entries(ref.worker_id, query, call)),
        // A download may take its time: a rule that is made meanwhile holds from the next page on.
        show: (entries) => rights.policy.observation.showEntries(entries),
        pageEntries: limits.maxRecords,
        now: clock.now(),
      });
    },

    async stopWorker(ref, { reason }) {
      const runtime = registry.get(ref.runtime_id);
      const { event_id } = await registry.ask(runtime, (call) => runtime.stopWorker(ref.worker_id, reason, call));
      return { state: "accepted", ...ref, event_id, diagnostics: [] };
    },

    async cancelRun(ref, { reason, run_started_ts: runStartedTs }) {
      const runtime = registry.get(ref.runtime_id);
      const request = {
        ...(reason === undefined ? {} : { reason }),
        ...(runStartedTs === undefined ? {} : { runStartedTs }),
      };
      const { event_id } = await registry.ask(runtime, (call) => runtime.cancelRun(ref.worker_id, request, call));
      return { state: "accepted", ...ref, event_id, diagnostics: [] };
    },

    async transcript(ref, query, policy) {
      const runtime = registry.get(ref.runtime_id);
      const page = await registry.ask(runtime, (call) => runtime.transcript(ref.worker_id, query, call));
      const { start, limit, total_items, next_start } = page;
      const items = page.items.map((line) => policy.showLine(line));
      const next = next_start === undefined || next_start === null ? {} : { next_start };
      return { state: "accepted", ...ref, start, limit, total_items, ...next, items, diagnostics: [] };
    },

    async entries(ref, query, policy) {
      const runtime = registry.get(ref.runtime_id);
      const page = await entriesThatFit(query, (some) =>
        registry.ask(runtime, (call) => runtime.entries(ref.worker_id, some, call)),
      );
      const { entries_start, entries_total, oldest_kept, entries } = page;
      return { ...ref, entries_start, entries_total, oldest_kept, entries: [...policy.showEntries(entries)] };
    },

    view: (ref, policy) => relays.view(ref, policy),
    observe: (ref, request, socket) => relays.observe(ref, request, socket),
    load: () => relays.load(),

    async checkReady() {
      const runtime = registry.get(options.companion.runtime_id);
      const detail = await registry
        .ask(runtime, (call) => runtime.detail(call), READY_TIMEOUT_MS)
        .catch((cause: unknown) => {
          throw new ProblemError("runtime_unavailable", asProblem(cause).detail, { cause });
        });
      checkAtWork(detail);
    },

    async [Symbol.asyncDispose]() {
      await relays.close(new ProblemError("shutting_down", "The server is shutting down; connect again in a moment."));
    },
  };

  const companion = createCompanion({ ref: options.companion, backend, maxRecords: limits.maxRecords });
  return { ...backend, companion };
}

const remark = ({ code, detail }: ProblemError): Diagnostic => ({ code, severity: "error", message: detail });

const systemInput = () => new ProblemError("unsupported", 'kind: Workers here take input of the kind "user" only.');

const toSendInput = (input: { readonly content: string; readonly submission_id?: SendSubmission }) => ({
  content: input.content,
  ...(input.submission_id === undefined ? {} : { submissionId: input.submission_id }),
});

type SendSubmission = NonNullable<Parameters<Backend["sendInput"]>[1]["submission_id"]>;
