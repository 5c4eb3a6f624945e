/**
 * The client of a Runtime elsewhere.
 *
 * Owns the mapping of `Runtime` to that Runtime's REST API and its sockets. Whatever it answers carries the id under which
 * it is configured here; who answers under another name than expected is not believed.
 */
import type * as z from "zod/mini";
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import type { RuntimeId, WorkerId, WorkerRef } from "../../protocol/id.ts";
import { asProblem, ProblemError } from "../../protocol/problem.ts";
import type { ConfigBundleRef, RuntimeDetail, TranscriptPage, WorkerDetail } from "../../protocol/runtime-api.ts";
import type { Clock } from "../clock.ts";
import { orAbort } from "../deadline.ts";
import type { CallOptions, CreateWorker, Runtime, RuntimeCapabilities } from "../runtime.ts";
import { NO_TRACING, type Span, type Tracing } from "../tracing/tracing.ts";
import { Answer } from "./answer.ts";
import type { RuntimeEndpoint } from "./endpoint.ts";
import { HttpClient, RejectionError, type HttpRequest } from "./http-client.ts";
import { LastSeen } from "./last-seen.ts";
import { launchBundle, launchProfile } from "./launch-bundle.ts";
import type { RemoteLimits } from "./limits.ts";
import { observeRemote } from "./observe-remote.ts";
import { entryOfItem } from "./transcript-entry.ts";
import type { ConnectWebSocket } from "./websocket.ts";

/** What the client of a Runtime is made of. */
export interface RemoteRuntimeOptions {
  /** The id under which the Backend knows the Runtime. */
  readonly runtimeId: RuntimeId;
  /** What the Runtime calls itself, or null where that is not to be checked. */
  readonly peerId: string | null;
  readonly displayName: string;
  readonly endpoint: RuntimeEndpoint;
  readonly limits: RemoteLimits;
  readonly fetch: typeof fetch;
  readonly connectWebSocket: ConnectWebSocket;
  readonly clock: Clock;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

/** The reference's default, for a Runtime that does not say how many Workers it takes. */
const UNKNOWN_MAX_WORKERS = 200;

const OBSERVE_PATTERN = "/v1/workers/:worker_id/events/ws";

/** An observation is many viewers', so it belongs to none of their traces. Its span ends when it stands. */
function startObservation(tracing: Tracing, runtimeId: RuntimeId, workerId: WorkerId, cursor?: RuntimeCursor): Span {
  return tracing.start(`GET ${OBSERVE_PATTERN}`, {
    kind: "client",
    parent: null,
    attributes: {
      "http.request.method": "GET",
      "url.template": OBSERVE_PATTERN,
      "yoi.runtime.id": runtimeId,
      "yoi.worker.id": workerId,
      "yoi.resume.kind": cursor === undefined ? "snapshot" : "resumed",
    },
  });
}

/** Makes the client. Nothing is contacted before it is asked for. */
export function createRemoteRuntime(options: RemoteRuntimeOptions): Runtime {
  const { runtimeId, peerId, displayName, endpoint, limits, clock, connectWebSocket, tracing = NO_TRACING } = options;
  const label = `Runtime "${runtimeId}"`;
  const http = new HttpClient({ endpoint, label, limits, clock, fetch: options.fetch, tracing });
  const closing = new AbortController();
  const lastSeen = new LastSeen({ clock, holdOffMs: limits.holdOffMs, probe: () => readDetail() });

  /** Asks, and remembers whether the Runtime was there. */
  const ask = async <Schema extends z.ZodMiniType>(schema: Schema, request: HttpRequest): Promise<z.output<Schema>> => {
    const signal = request.signal ? AbortSignal.any([request.signal, closing.signal]) : closing.signal;
    try {
      const answer = await http.request(schema, { ...request, signal });
      lastSeen.noteAnswer();
      return answer;
    } catch (error) {
      if (error instanceof RejectionError) lastSeen.noteAnswer();
      else lastSeen.noteFailure(error);
      throw error;
    }
  };

  const checkPeer = (toldId: string): void => {
    if (peerId === null || toldId === peerId) return;
    throw new ProblemError("runtime_wrong_identity", `${label} answered under another id than the one it should have.`);
  };

  /** The reference to a Worker as the Backend writes it, once the Runtime's own has been checked. */
  const checkRef = (told: WorkerRef, workerId: WorkerId): WorkerRef => {
    checkPeer(told.runtime_id);
    if (told.worker_id !== workerId) {
      throw new ProblemError("runtime_wrong_identity", `${label} answered for another Worker.`);
    }
    return { runtime_id: runtimeId, worker_id: workerId };
  };

  const ownWorker = (worker: WorkerDetail, workerId = worker.worker_id): WorkerDetail => {
    const worker_ref = checkRef(worker.worker_ref, workerId);
    return { ...worker, worker_ref, ...worker_ref };
  };

  /** Every Runtime tells of itself: whoever can't stands in its place, as a proxy does until it is there again. */
  const notThere = (error: unknown): never => {
    if (!(error instanceof RejectionError) || error.code !== "unsupported") throw error;
    const problem = new ProblemError("runtime_unavailable", `${label} is not there; something else answers for it.`);
    lastSeen.noteFailure(problem);
    throw problem;
  };

  let reading: Promise<RuntimeDetail> | null = null;
  /** The Runtime's own account of itself; whoever asks while it is being read gets the same one. */
  const readDetail = (): Promise<RuntimeDetail> => {
    reading ??= ask(Answer.runtime, { route: ["runtime"] })
      .catch(notThere)
      .then(({ runtime }) => {
        checkPeer(runtime.runtime_id);
        const detail = { ...runtime, runtime_id: runtimeId, display_name: runtime.display_name ?? displayName };
        lastSeen.noteState(detail);
        return detail;
      })
      .finally(() => {
        reading = null;
      });
    return reading;
  };

  /** Makes sure, before anything is changed or followed there, that it is the right Runtime. */
  const identify = async (signal: AbortSignal | undefined): Promise<void> => {
    if (lastSeen.isIdentified) return;
    // What others began to ask while the Runtime was away may fail although it is back: that failure is theirs alone.
    const begunBefore = reading;
    if (begunBefore !== null && (await orAbort(succeeds(begunBefore), signal))) return;
    await orAbort(readDetail(), signal);
  };

  const getWorker: Runtime["getWorker"] = async (workerId, { signal } = {}) => {
    const { worker } = await ask(Answer.worker, { route: ["workers", workerId], signal });
    return ownWorker(worker, workerId);
  };

  const transcript: Runtime["transcript"] = async (workerId, { start, limit }, { signal } = {}) => {
    const query = { start: String(start), limit: String(limit) };
    const { transcript: page } = await ask(Answer.transcript, {
      route: ["workers", workerId, "transcript"],
      query,
      signal,
    });
    return { ...page, worker_ref: checkRef(page.worker_ref, workerId) };
  };

  /** The newest lines; fewer where so many are too long for one answer, as nobody could observe the Worker else. */
  const newestLines = async (
    workerId: WorkerId,
    total: number,
    limit: number,
    call: CallOptions,
  ): Promise<TranscriptPage> => {
    try {
      return await transcript(workerId, { start: Math.max(0, total - limit), limit }, call);
    } catch (error) {
      const isTooMuch = error instanceof ProblemError && error.code === "runtime_answer_too_large";
      if (!isTooMuch || limit <= 1) throw error;
      return newestLines(workerId, total, Math.ceil(limit / 4), call);
    }
  };

  /** A page of entries made from lines, for a Runtime that has no entries. */
  const entriesFromLines: Runtime["entries"] = async (workerId, { before, limit }, call) => {
    const { transcript_len: total } = await getWorker(workerId, call);
    const end = Math.min(before ?? total, total);
    const start = Math.max(0, end - limit);
    const page = await transcript(workerId, { start, limit: end - start }, call);
    return {
      worker_ref: page.worker_ref,
      entries_start: start,
      entries_total: total,
      oldest_kept: 0,
      entries: page.items.map((item) => entryOfItem(item, clock.now())),
    };
  };

  const end = async (workerId: WorkerId, verb: "stop" | "cancel", body: object, call?: CallOptions) => {
    await identify(call?.signal);
    const { ack } = await ask(Answer.lifecycle, { route: ["workers", workerId, verb], body, signal: call?.signal });
    return { ...ack, worker_ref: checkRef(ack.worker_ref, workerId) };
  };

  /** A refusal that the reference words more widely than we do, told apart by what the Worker says of itself. */
  const refine = async (error: unknown, workerId: WorkerId, content: string, call: CallOptions): Promise<unknown> => {
    if (!(error instanceof RejectionError)) return error;
    if (error.peerCode === "invalid_request" && content.trim() === "") {
      return new ProblemError("input_empty", "content: the message is empty.");
    }
    if (error.peerCode !== "worker_execution_rejected" && error.peerCode !== "invalid_request") return error;
    const { status, execution } = await getWorker(workerId, call);
    if (status !== "running") {
      return new ProblemError("worker_stopped", "The Worker has been stopped and takes no more messages.");
    }
    const outcome = error.peerCode === "worker_execution_rejected" ? execution.last_result?.outcome : undefined;
    if (outcome === "busy") return new ProblemError("worker_busy", "The Worker is still busy with another message.");
    if (outcome === "unsupported") return new ProblemError("unsupported", "The Worker does not take such messages.");
    return error;
  };

  /** Stores what the Worker is launched with. A Runtime that knows no bundles creates without one. */
  const storeLaunchBundle = async (
    profile: CreateWorker["profile"],
    signal: AbortSignal | undefined,
  ): Promise<ConfigBundleRef | null> => {
    const bundle = await launchBundle(profile);
    try {
      await ask(Answer.availability, { route: ["config-bundles"], body: { bundle }, signal });
    } catch (error) {
      if (error instanceof ProblemError && error.code === "unsupported") return null;
      throw error;
    }
    return { id: bundle.metadata.id, digest: bundle.metadata.digest };
  };

  return {
    runtimeId,
    kind: "remote",

    async detail({ signal } = {}) {
      lastSeen.checkAway();
      return orAbort(readDetail(), signal);
    },

    async capabilities({ signal } = {}): Promise<RuntimeCapabilities> {
      lastSeen.checkAway();
      const detail = await orAbort(readDetail(), signal);
      const isRunning = detail.status === "running";
      return {
        createWorker: isRunning && detail.worker_creation_available,
        stopWorker: isRunning,
        sendInput: isRunning && detail.worker_creation_available,
        maxWorkers: maxWorkersOf(detail),
      };
    },

    async diagnostics() {
      const count = lastSeen.state?.detail.diagnostic_count ?? 0;
      if (count === 0) return [];
      const message = `The Runtime has ${count} remarks for its operator.`;
      return [{ code: "runtime_has_diagnostics", severity: "info", message }];
    },

    lastSeen() {
      const { state } = lastSeen;
      if (state === null) return { displayName, seenTs: null, maxWorkers: 0 };
      const { detail, seenTs } = state;
      return { displayName: detail.display_name ?? displayName, seenTs, maxWorkers: maxWorkersOf(detail) };
    },

    async storeConfigBundle(bundle, { signal } = {}) {
      await identify(signal);
      const { availability } = await ask(Answer.availability, { route: ["config-bundles"], body: { bundle }, signal });
      return availability;
    },

    async listConfigBundles({ signal } = {}) {
      return (await ask(Answer.bundles, { route: ["config-bundles"], signal })).bundles;
    },

    async checkConfigBundle({ id, digest }, { signal } = {}) {
      const route = ["config-bundles", id, "availability"];
      return (await ask(Answer.availability, { route, query: { digest }, signal })).availability;
    },

    async listWorkers({ signal } = {}) {
      lastSeen.checkAway();
      const { workers } = await ask(Answer.workers, { route: ["workers"], signal });
      return workers
        .map((worker) => ownWorker(worker))
        .toSorted((a, b) => (a.worker_id < b.worker_id ? -1 : a.worker_id > b.worker_id ? 1 : 0));
    },

    getWorker,

    async createWorker({ profile, configBundle, displayName: name, initialInput }, { signal } = {}) {
      await identify(signal);
      if (initialInput?.content.trim() === "") {
        throw new ProblemError("input_empty", "initial_input.content: expected at least one visible character.");
      }
      const bundle = configBundle ?? (await storeLaunchBundle(profile, signal));
      const { worker } = await ask(Answer.worker, {
        route: ["workers"],
        body: {
          profile: configBundle === undefined ? launchProfile(profile) : profile,
          ...(bundle === null ? {} : { config_bundle: bundle }),
          ...(name === undefined ? {} : { display_name: name }),
          ...(initialInput === undefined
            ? {}
            : { initial_input: inputBody(initialInput.content, initialInput.submissionId, initialInput.kind) }),
        },
        signal,
      });
      return ownWorker(worker);
    },

    async importWorker(conversation, { signal } = {}) {
      await identify(signal);
      const request = { route: ["workers", "import"], body: conversation, timeoutMs: limits.importTimeoutMs, signal };
      return ownWorker((await ask(Answer.worker, request)).worker);
    },

    async renameWorker(workerId, name, { signal } = {}) {
      await identify(signal);
      const request = { route: ["workers", workerId], method: "PATCH", body: { display_name: name }, signal } as const;
      return ownWorker((await ask(Answer.worker, request)).worker, workerId);
    },

    stopWorker: (workerId, reason, call) => end(workerId, "stop", { reason }, call),
    cancelRun: (workerId, { reason, runStartedTs } = {}, call) =>
      end(workerId, "cancel", { reason, run_started_ts: runStartedTs }, call),

    async sendInput(workerId, { content, submissionId }, call = {}) {
      const { signal } = call;
      await identify(signal);
      try {
        const body = inputBody(content, submissionId);
        const { ack } = await ask(Answer.input, { route: ["workers", workerId, "input"], body, signal });
        return { ...ack, worker_ref: checkRef(ack.worker_ref, workerId) };
      } catch (error) {
        throw await refine(error, workerId, content, call);
      }
    },

    transcript,

    async entries(workerId, { before, limit }, { signal } = {}) {
      const query = { limit: String(limit), ...(before === undefined ? {} : { before: String(before) }) };
      try {
        const { entries: page } = await ask(Answer.entries, { route: ["workers", workerId, "entries"], query, signal });
        return { ...page, worker_ref: checkRef(page.worker_ref, workerId) };
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== "unsupported") throw error;
        const wanted = before === undefined ? { limit } : { before, limit };
        return entriesFromLines(workerId, wanted, signal === undefined ? {} : { signal });
      }
    },

    async *observe(workerId, { cursor, signal: wanted }) {
      const signal = AbortSignal.any([wanted, closing.signal]);
      if (signal.aborted) return;
      const call = { signal };
      const readWorker = async () => {
        const worker = await getWorker(workerId, call);
        return { worker, page: await newestLines(workerId, worker.transcript_len, limits.maxSeedItems, call) };
      };
      const span = startObservation(tracing, runtimeId, workerId, cursor);
      using _span = { [Symbol.dispose]: () => span.end() };
      try {
        await tracing.within(span, () => identify(signal));
        const connect: ConnectWebSocket = (request, listener) =>
          tracing.within(span, () => connectWebSocket(request, listener));
        const steps = observeRemote(
          { endpoint, workerId, label, limits, clock, connect, signal, readWorker, headers: tracing.headers(span) },
          cursor,
        );
        for await (const step of steps) {
          span.end();
          yield step;
        }
      } catch (error) {
        if (signal.aborted) return;
        lastSeen.noteFailure(error);
        span.fail(asProblem(error).code);
        // A server may refuse an upgrade without a body: then the Worker itself tells what is not there.
        if (error instanceof ProblemError && error.code === "unsupported") await getWorker(workerId, call);
        throw error;
      }
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new ProblemError("runtime_stopped", `${label} is not asked any more.`));
    },
  };
}

const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );

function inputBody(content: string, submissionId: string | undefined, kind: "user" | "system" = "user") {
  return { kind, content, ...(submissionId === undefined ? {} : { submission_id: submissionId }) };
}

function maxWorkersOf({ limits }: RuntimeDetail): number {
  return limits.max_workers ?? UNKNOWN_MAX_WORKERS;
}
