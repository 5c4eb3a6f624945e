/**
 * The Backend, as routes see it.
 *
 * Owns the interface only (`create-backend.ts` fulfils it). Every method answers the wire shapes of
 * `protocol/backend-api.ts` and fails with a `ProblemError`; nothing that it answers names an endpoint, a key or a path.
 * Whatever shows what a Worker said or did asks for the policy to show it by.
 */
import type * as z from "zod/mini";
import type {
  CompanionMessageRequest,
  CompanionMessageResponse,
  CompanionStatus,
  CompanionTranscript,
  ConfigBundleRequest,
  ConfigBundleResult,
  HostSummary,
  CancelRequest,
  LifecycleRequest,
  RuntimeSummary,
  WorkerEntries,
  WorkerInputRequest,
  WorkerInputResult,
  WorkerLifecycleResult,
  WorkerRenameRequest,
  WorkerSpawnRequest,
  WorkerSpawnResult,
  WorkerSummary,
  WorkerTranscript,
  WorkspaceSummary,
  listOf,
} from "../protocol/backend-api.ts";
import type { ConversationFile, ConversationHeader } from "../protocol/conversation-file.ts";
import type { ClientCursor } from "../protocol/cursor.ts";
import type { LogEntry } from "../protocol/entry.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { HostId, RuntimeId, WorkerRef } from "../protocol/id.ts";
import type { ConfigBundleRef } from "../protocol/runtime-api.ts";
import type { Cause } from "../runtime/tracing/tracing.ts";
import type { ViewerRights } from "./access/viewer-policy.ts";
import type { ObservationPolicy } from "./policy.ts";
import type { ViewerSocket } from "./viewer-socket.ts";

/** A list with its wrapper. */
export type ListOf<Item> = Omit<z.infer<ReturnType<typeof listOf>>, "items"> & { items: Item[] };

/** Where a Worker stands, and the cursor from which a viewer goes on. */
export interface WorkerView {
  readonly snapshot: Snapshot;
  readonly cursor: ClientCursor;
}

/** How a viewer wants to observe. */
export interface ViewRequest {
  /** The last position that the viewer has, unparsed as it came; absent: a snapshot first. */
  readonly cursor?: string;
  /** Whether the viewer understands heartbeat frames. */
  readonly heartbeat: boolean;
  /** Who counts as one client with it; absent: the server itself, which may have as many as it likes. */
  readonly client?: string;
  /** What the viewer may see and do, now and as long as its socket is open. */
  readonly rights: ViewerRights;
  /** The request that it came with; absent: the server itself asks. */
  readonly cause?: Cause | undefined;
}

/** A page of the transcript. */
export interface PageQuery {
  readonly start: number;
  readonly limit: number;
}

/** A conversation to be taken along. */
export interface ExportedConversation {
  readonly header: ConversationHeader;
  /** Pages of its entries, oldest first, each read when it is asked for; to be iterated over once. */
  readonly pages: AsyncIterable<readonly LogEntry[]>;
}

/** What observing costs just now. */
export interface ObservationLoad {
  readonly observedWorkers: number;
  /** How many frames each viewer is behind. */
  readonly lagFrames: readonly number[];
}

/** A viewer that was let in. */
export interface Observation {
  /** The viewer sent something, which ends its observation. */
  refuseFrame(): void;
}

/** The one thing that a browser talks to. */
export interface Backend extends AsyncDisposable {
  workspace(): Promise<WorkspaceSummary>;
  listRuntimes(): Promise<ListOf<RuntimeSummary>>;
  listHosts(): Promise<ListOf<HostSummary>>;
  listHostWorkers(hostId: HostId): Promise<ListOf<WorkerSummary>>;
  /** Workers of all Runtimes, or of one. */
  listWorkers(runtimeId?: RuntimeId): Promise<ListOf<WorkerSummary>>;
  getRuntime(runtimeId: RuntimeId): Promise<RuntimeSummary>;
  getWorker(ref: WorkerRef): Promise<WorkerSummary>;
  /** Fails where it is known at once that there is no such Worker to observe. */
  requireWorker(ref: WorkerRef): Promise<void>;
  storeConfigBundle(runtimeId: RuntimeId, request: ConfigBundleRequest): Promise<ConfigBundleResult>;
  checkConfigBundle(runtimeId: RuntimeId, reference: ConfigBundleRef): Promise<ConfigBundleResult>;
  spawnWorker(runtimeId: RuntimeId, request: WorkerSpawnRequest): Promise<WorkerSpawnResult>;
  sendInput(ref: WorkerRef, request: WorkerInputRequest): Promise<WorkerInputResult>;
  /** Makes a Worker that has this conversation. */
  importWorker(runtimeId: RuntimeId, conversation: ConversationFile): Promise<WorkerSpawnResult>;
  renameWorker(ref: WorkerRef, request: WorkerRenameRequest): Promise<WorkerSummary>;
  /** A Worker's whole conversation up to now, each page as the rights show it when it is asked for. */
  exportConversation(ref: WorkerRef, rights: Pick<ViewerRights, "policy">): Promise<ExportedConversation>;
  stopWorker(ref: WorkerRef, request: LifecycleRequest): Promise<WorkerLifecycleResult>;
  cancelRun(ref: WorkerRef, request: CancelRequest): Promise<WorkerLifecycleResult>;
  transcript(ref: WorkerRef, query: PageQuery, policy: ObservationPolicy): Promise<WorkerTranscript>;
  entries(
    ref: WorkerRef,
    query: { readonly before?: number; readonly limit: number },
    policy: ObservationPolicy,
  ): Promise<WorkerEntries>;

  /** Where the Worker stands now, for a page that is rendered on the server. */
  view(ref: WorkerRef, policy: ObservationPolicy): Promise<WorkerView>;
  /** Attaches a viewer to the Worker's stream until its socket closes. Never throws: the socket is told. */
  observe(ref: WorkerRef, request: ViewRequest, socket: ViewerSocket): Observation;
  load(): Promise<ObservationLoad>;
  /**
   * Resolves where the server can do its work.
   *
   * @throws ProblemError that says what keeps it
   */
  checkReady(): Promise<void>;

  readonly companion: Companion;
}

/** The first Worker, by its own routes. */
export interface Companion {
  readonly ref: WorkerRef;
  status(): Promise<CompanionStatus>;
  transcript(query: PageQuery, policy: ObservationPolicy): Promise<CompanionTranscript>;
  sendMessage(request: CompanionMessageRequest, policy: ObservationPolicy): Promise<CompanionMessageResponse>;
  cancel(request: CancelRequest, policy: ObservationPolicy): Promise<CompanionMessageResponse>;
}
