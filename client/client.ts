/**
 * The client: a workspace, as programs use it on Node, on Deno and in browsers.
 *
 * Owns the operations that programs need, each over the wire's own schemas. It imports nothing of a platform: `fetch` and
 * `WebSocket` are the global ones, or those that are given.
 */
import {
  listOf,
  WorkerInputResult,
  WorkerLifecycleResult,
  WorkerSpawnResult,
  WorkerSummary,
  WorkerTranscript,
  type WorkerSpawnRequest,
} from "../protocol/backend-api.ts";
import type { ClientCursor } from "../protocol/cursor.ts";
import { RuntimeId, WorkerId, type SubmissionId, type WorkerRef } from "../protocol/id.ts";
import type { Transcript } from "../protocol/transcript.ts";
import { follow, followTranscript, type FollowOptions, type FollowStep } from "./follow.ts";
import { baseUrl, createSend, type Reach } from "./requests.ts";
import { sseSockets } from "./sse-socket.ts";
import { createSubmissionId, randomHex } from "./submission-id.ts";

export { ProblemError } from "../protocol/problem.ts";
export { AnswerError } from "./requests.ts";
export { createSubmissionId };
export type { FollowOptions, FollowStep };

/** What a client is made of. */
export interface ClientOptions extends Reach {
  readonly WebSocket?: typeof WebSocket;
}

/** What every operation takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The end of a run. */
export interface CancelOptions extends CallOptions {
  /**
   * Which run is meant, by its `started_ts`; absent: whichever goes. Browsers and Deno repeat a request whose answer
   * was lost, and another run may go by then.
   */
  readonly runStartedTs?: number;
}

/** A message to send. */
export interface Message {
  readonly content: string;
  /** The same id with the same content never starts a second run; made by the client where it is left out. */
  readonly submissionId?: SubmissionId;
}

/** A workspace. Operations reject with `ProblemError` as the server told it, with `AnswerError`, or as `fetch` does. */
export interface Client {
  listWorkers(options?: CallOptions): Promise<readonly WorkerSummary[]>;
  /** Makes a Worker; one, also where a browser or Deno asks for it twice by itself. */
  spawn(runtimeId: string, request?: WorkerSpawnRequest, options?: CallOptions): Promise<WorkerSummary>;
  /** Sends a message; where nobody answered it sends it again, with the same id, so that it is taken once. */
  send(ref: WorkerRef, message: Message, options?: CallOptions): Promise<WorkerInputResult>;
  /** Ends the run that is going, or the named one and no other, and keeps its text. */
  cancel(ref: WorkerRef, options?: CancelOptions): Promise<WorkerLifecycleResult>;
  /** A page of lines, from the oldest. */
  transcript(
    ref: WorkerRef,
    page?: { readonly start?: number; readonly limit?: number },
    options?: CallOptions,
  ): Promise<WorkerTranscript>;
  /** The Worker's events, across broken links and restarts, until `signal` or until there is no such Worker. */
  follow(ref: WorkerRef, options?: FollowOptions): AsyncGenerator<FollowStep, void, void>;
  /** The conversation, folded, after every event. */
  followTranscript(ref: WorkerRef, options?: CallOptions): AsyncGenerator<Transcript, void, void>;
}

/** Attempts to send a message. */
const SEND_ATTEMPTS = 4;
const SEND_RETRY_MS = 400;
const WorkerList = listOf(WorkerSummary);

/** A Worker's whole name, parsed. @throws ZodError where it can't be one */
export function workerRef(runtimeId: string, workerId: string): WorkerRef {
  return { runtime_id: RuntimeId.parse(runtimeId), worker_id: WorkerId.parse(workerId) };
}

/** Makes a client. It opens nothing until it is used. @throws TypeError where the address can't be one */
export function createClient(options: ClientOptions): Client {
  const request = createSend(options);
  const base = baseUrl(options.url);
  const workers = (runtimeId: string) => `api/runtimes/${encodeURIComponent(runtimeId)}/workers`;
  const worker = ({ runtime_id, worker_id }: WorkerRef) => `${workers(runtime_id)}/${encodeURIComponent(worker_id)}`;

  const socketUrl = (ref: WorkerRef, cursor: ClientCursor | undefined): string => {
    const url = new URL(`${worker(ref)}/events/ws`, base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("heartbeat", "1");
    if (cursor !== undefined) url.searchParams.set("cursor", cursor);
    return url.href;
  };

  const Fallback = sseSockets(options.fetch);
  const followEvents = (ref: WorkerRef, followOptions: FollowOptions = {}) =>
    follow(
      {
        ref,
        socketUrl: (cursor) => socketUrl(ref, cursor),
        token: options.token,
        WebSocket: options.WebSocket ?? WebSocket,
        Fallback,
        probe: (signal) => request(WorkerSummary, worker(ref), { signal }),
      },
      followOptions,
    );

  return {
    async listWorkers(call) {
      return (await request(WorkerList, "api/workers", call)).items;
    },

    async spawn(runtimeId, body = {}, call) {
      const idempotencyKey = randomHex();
      const result = await request(WorkerSpawnResult, workers(runtimeId), { ...call, body, idempotencyKey });
      if (result.worker === undefined) throw new TypeError(`Cannot use the new Worker: it is ${result.state}.`);
      return result.worker;
    },

    async send(ref, { content, submissionId = createSubmissionId() }, call) {
      const body = { content, submission_id: submissionId };
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await request(WorkerInputResult, `${worker(ref)}/input`, { ...call, body });
        } catch (error) {
          // Whether it arrived is unknown; anything that the server said itself is for the caller.
          const isUnanswered = error instanceof TypeError || isTimeout(error);
          if (!isUnanswered || attempt === SEND_ATTEMPTS || call?.signal?.aborted === true) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, SEND_RETRY_MS * attempt));
      }
    },

    cancel: (ref, { runStartedTs, ...call } = {}) => {
      const body = { run_started_ts: runStartedTs };
      return request(WorkerLifecycleResult, `${worker(ref)}/cancel`, { ...call, body });
    },

    transcript(ref, { start, limit } = {}, call) {
      const query = new URLSearchParams();
      if (start !== undefined) query.set("start", String(start));
      if (limit !== undefined) query.set("limit", String(limit));
      return request(WorkerTranscript, `${worker(ref)}/transcript?${query}`, call);
    },

    follow: followEvents,
    followTranscript: (ref, call) => followTranscript(followEvents(ref, call)),
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
