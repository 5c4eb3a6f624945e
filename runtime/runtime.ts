/**
 * The Runtime: what keeps Workers, seen from outside.
 *
 * Owns the one interface that the embedded Runtime fulfils and that the client of a remote one fulfils as well; the
 * Backend knows no other. Every method may take as long as a network does, so each takes a signal; every failure is a
 * `ProblemError`.
 */
import type { ConfigBundle, ConfigBundleAvailability, ConfigBundleSummary } from "../protocol/config-bundle.ts";
import type { ConversationFile } from "../protocol/conversation-file.ts";
import type { RuntimeCursor } from "../protocol/cursor.ts";
import type { Event } from "../protocol/event.ts";
import type { RuntimeId, SubmissionId, WorkerId } from "../protocol/id.ts";
import type { Diagnostic } from "../protocol/problem.ts";
import type {
  ConfigBundleRef,
  EntryPage,
  ProfileSelector,
  RuntimeDetail,
  TranscriptPage,
  WorkerDetail,
  WorkerInteractionAck,
  WorkerLifecycleAck,
} from "../protocol/runtime-api.ts";

/** Ends a call early: the call rejects with the signal's reason and what it had begun is left as it is. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What a Runtime can do for the Backend. */
export interface RuntimeCapabilities {
  readonly createWorker: boolean;
  readonly stopWorker: boolean;
  readonly sendInput: boolean;
  readonly maxWorkers: number;
}

/** A person's message. */
export interface SendInput {
  readonly content: string;
  readonly submissionId?: SubmissionId;
}

/** The end of a run. */
export interface CancelRun {
  readonly reason?: string;
  /** Which run is meant, by when it started, in epoch milliseconds; absent: whichever goes. */
  readonly runStartedTs?: number;
}

/** The message that a new Worker begins with. Only a person's is taken. */
export interface InitialInput extends SendInput {
  /** Absent: `user`. */
  readonly kind?: "user" | "system";
}

/** What a new Worker shall be. */
export interface CreateWorker {
  readonly profile: ProfileSelector;
  /** A stored bundle that lists the profile; absent: the Runtime's own profiles. */
  readonly configBundle?: ConfigBundleRef;
  readonly displayName?: string;
  readonly initialInput?: InitialInput;
}

/** A page counted from the oldest item. */
export interface TranscriptQuery {
  readonly start: number;
  readonly limit: number;
}

/** A page of entries that ends before an index; absent: at the newest entry. */
export interface EntriesQuery {
  readonly before?: number;
  readonly limit: number;
}

/** One published event. `payload` is the JSON text of a `protocol` Event, ready to be spliced into a frame. */
export interface ObservedEvent {
  readonly cursor: RuntimeCursor;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly payload: string;
  /** The payload as it reads, where that is known already; absent: nobody has parsed it yet. */
  readonly event?: Event;
}

/**
 * A step of an observation. `snapshot` states where the Worker stands at its cursor and replaces all that came before;
 * `events` follow the step before without a gap. There may be none: then the observation stands, and nothing is missing.
 */
export type ObservationStep =
  | { readonly kind: "snapshot"; readonly event: ObservedEvent }
  | { readonly kind: "events"; readonly events: readonly ObservedEvent[] };

/** Which part of a Worker's stream to observe. */
export interface ObserveOptions {
  /** Follow what comes after this position; absent: a snapshot first, then what follows it. */
  readonly cursor?: RuntimeCursor;
  /** Ends the observation; the iteration then finishes without an error. */
  readonly signal: AbortSignal;
}

/** What is known of a Runtime that may be away. */
export interface LastSeen {
  /** Shown to people. */
  readonly displayName: string;
  /** When it answered last, in epoch milliseconds; null: never so far. */
  readonly seenTs: number | null;
  readonly maxWorkers: number;
}

/** Keeps Workers. */
export interface Runtime extends AsyncDisposable {
  readonly runtimeId: RuntimeId;
  readonly kind: "embedded" | "remote";

  detail(options?: CallOptions): Promise<RuntimeDetail>;
  capabilities(options?: CallOptions): Promise<RuntimeCapabilities>;
  /** What its operator should know, e.g. a Worker whose record could not be read. */
  diagnostics(options?: CallOptions): Promise<readonly Diagnostic[]>;
  /** What is known without asking; absent where the Runtime can't be away. */
  lastSeen?(): LastSeen;

  /**
   * Keeps a config bundle; the same id replaces what was there.
   *
   * @throws ProblemError invalid_request, invalid_profile_selector, unsupported_config_declaration,
   * config_bundle_digest_mismatch, too_many_config_bundles, runtime_stopped
   */
  storeConfigBundle(bundle: ConfigBundle, options?: CallOptions): Promise<ConfigBundleAvailability>;
  /** All config bundles, sorted by id. */
  listConfigBundles(options?: CallOptions): Promise<readonly ConfigBundleSummary[]>;
  /** @throws ProblemError invalid_request, config_bundle_missing, config_bundle_digest_mismatch */
  checkConfigBundle(reference: ConfigBundleRef, options?: CallOptions): Promise<ConfigBundleAvailability>;

  /** All Workers, sorted by id. */
  listWorkers(options?: CallOptions): Promise<readonly WorkerDetail[]>;
  /** @throws ProblemError worker_not_found */
  getWorker(workerId: WorkerId, options?: CallOptions): Promise<WorkerDetail>;
  /**
   * Makes a Worker. A `builtin` profile that a stored bundle lists and this Runtime lacks is its default one, with a
   * diagnostic; the Worker keeps the selector that was asked for.
   *
   * @throws ProblemError runtime_stopped, invalid_initial_input_kind, input_empty, config_bundle_missing,
   * config_bundle_digest_mismatch, invalid_profile_selector, invalid_request, unsupported, too_many_workers
   */
  createWorker(request: CreateWorker, options?: CallOptions): Promise<WorkerDetail>;
  /**
   * Makes a Worker that has this conversation, all of it or none. It has an id of its own, and the default profile where
   * this Runtime does not have the file's.
   *
   * @throws ProblemError runtime_stopped, too_many_workers, unsupported, body_too_large, invalid_request, store_full
   */
  importWorker(conversation: ConversationFile, options?: CallOptions): Promise<WorkerDetail>;
  /**
   * Gives the Worker another name for people. Who observes it sees that with the next snapshot.
   *
   * @throws ProblemError worker_not_found, runtime_stopped, unsupported
   */
  renameWorker(workerId: WorkerId, displayName: string, options?: CallOptions): Promise<WorkerDetail>;
  /** Ends the Worker for good, with its run. Repeating it changes nothing and answers the same. */
  stopWorker(workerId: WorkerId, reason?: string, options?: CallOptions): Promise<WorkerLifecycleAck>;
  /** Ends the active run, not the Worker. Without a run, or where another one is meant, it changes nothing. */
  cancelRun(workerId: WorkerId, request?: CancelRun, options?: CallOptions): Promise<WorkerLifecycleAck>;

  /**
   * Hands a message to the Worker. When this resolves, the message is in the Worker's log.
   *
   * The same submission id with the same content gets the first acknowledgement again.
   * @throws ProblemError worker_busy, worker_stopped, input_empty, input_too_large, submission_conflict
   */
  sendInput(workerId: WorkerId, input: SendInput, options?: CallOptions): Promise<WorkerInteractionAck>;

  transcript(workerId: WorkerId, query: TranscriptQuery, options?: CallOptions): Promise<TranscriptPage>;
  entries(workerId: WorkerId, query: EntriesQuery, options?: CallOptions): Promise<EntryPage>;

  /**
   * Follows a Worker's stream until the signal aborts or the Runtime ends. An observer that falls behind what is kept
   * gets a snapshot.
   *
   * @throws ProblemError worker_not_found, cursor_malformed, cursor_unknown, cursor_expired, cursor_foreign on the first
   * step; runtime_unavailable later
   */
  observe(workerId: WorkerId, options: ObserveOptions): AsyncIterable<ObservationStep>;
}
