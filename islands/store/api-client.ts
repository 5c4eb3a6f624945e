/**
 * The API as the browser calls it: one typed answer for each request, never an exception.
 *
 * Owns time-outs, parsing and the kinds of failure. It decides nothing about what to show or to repeat.
 */
import type * as z from "zod/mini";
import {
  listOf,
  RuntimeSummary,
  WorkerEntries,
  WorkerInputResult,
  WorkerLifecycleResult,
  WorkerSpawnResult,
  WorkerSummary,
} from "../../protocol/backend-api.ts";
import type { RuntimeId, SubmissionId, WorkerRef } from "../../protocol/id.ts";
import { isProblemCode, ProblemBody, problemRow } from "../../protocol/problem.ts";
import type { Paths } from "../paths.ts";
import { createTraceparent } from "./traceparent.ts";

/** Why a request has no good answer. */
export type ApiFailure =
  /** The server refused, and said why. */
  | {
      readonly kind: "problem";
      readonly code: string;
      readonly status: number;
      readonly detail: string;
      readonly retryable: boolean;
      /** When the same may succeed, in epoch milliseconds; absent where that is not known. */
      readonly retryAt?: number;
    }
  /** Nobody answered: whether the request arrived is unknown. */
  | { readonly kind: "network" }
  | { readonly kind: "timeout" }
  /** Something else than our server answered, e.g. a proxy's page. */
  | { readonly kind: "malformed"; readonly status: number };

export type ApiResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: ApiFailure };

export interface ApiClientOptions {
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly paths: Paths;
}

export interface WorkerListing {
  readonly workers: readonly WorkerSummary[];
  /** Whether no Runtime failed to tell its Workers. */
  readonly isWhole: boolean;
}

export interface ApiClient {
  sendInput(ref: WorkerRef, content: string, submissionId: SubmissionId): Promise<ApiResult<WorkerInputResult>>;
  /** @param startedTs When the run started that is meant; absent: whichever goes. */
  cancelRun(ref: WorkerRef, startedTs?: number): Promise<ApiResult<WorkerLifecycleResult>>;
  stopWorker(ref: WorkerRef): Promise<ApiResult<WorkerLifecycleResult>>;
  entries(ref: WorkerRef, before: number, limit: number): Promise<ApiResult<WorkerEntries>>;
  getWorker(ref: WorkerRef): Promise<ApiResult<WorkerSummary>>;
  listWorkers(): Promise<ApiResult<WorkerListing>>;
  listRuntimes(): Promise<ApiResult<readonly RuntimeSummary[]>>;
  spawnWorker(runtimeId: RuntimeId, name: string): Promise<ApiResult<WorkerSpawnResult>>;
  renameWorker(ref: WorkerRef, name: string): Promise<ApiResult<WorkerSummary>>;
  /** Makes a Worker with the conversation of a file, whose bytes go as they are. */
  importConversation(runtimeId: RuntimeId, file: Blob): Promise<ApiResult<WorkerSpawnResult>>;
}

/** No longer wait is believed. */
const LONGEST_WAIT_MS = 60 * 60_000;
/** A file may be long, and the way to the server slow. */
const IMPORT_TIMEOUT_MS = 180_000;

const WorkerList = listOf(WorkerSummary);
const RuntimeList = listOf(RuntimeSummary);

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { paths } = options;

  async function request<Value>(
    schema: z.ZodMiniType<Value>,
    path: string,
    body?: object,
    { method = "POST", timeoutMs = options.timeoutMs } = {},
  ): Promise<ApiResult<Value>> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const traceparent = createTraceparent();
    const init: RequestInit =
      body === undefined
        ? { headers: { accept: "application/json" } }
        : {
            method,
            headers: {
              accept: "application/json",
              "content-type": "application/json",
              traceparent,
              // The browser itself may repeat it.
              "idempotency-key": traceparent,
            },
            body: body instanceof Blob ? body : JSON.stringify(body),
          };
    let response: Response;
    let text: string;
    try {
      response = await options.fetch(path, { ...init, signal: timeout });
      text = await response.text();
    } catch {
      return { ok: false, failure: { kind: timeout.aborted ? "timeout" : "network" } };
    }
    return readAnswer(schema, response, text, options.now);
  }

  return {
    sendInput: (ref, content, submission_id) =>
      request(WorkerInputResult, `${paths.workerApi(ref)}/input`, { content, submission_id }),
    cancelRun: (ref, run_started_ts) =>
      request(WorkerLifecycleResult, `${paths.workerApi(ref)}/cancel`, { run_started_ts }),
    stopWorker: (ref) => request(WorkerLifecycleResult, `${paths.workerApi(ref)}/stop`, {}),
    entries: (ref, before, limit) =>
      request(WorkerEntries, `${paths.workerApi(ref)}/entries?before=${before}&limit=${limit}`),
    getWorker: (ref) => request(WorkerSummary, paths.workerApi(ref)),
    async listWorkers() {
      const result = await request(WorkerList, paths.workers);
      if (!result.ok) return result;
      const { items, diagnostics } = result.value;
      return { ok: true, value: { workers: items, isWhole: diagnostics.length === 0 } };
    },
    async listRuntimes() {
      const result = await request(RuntimeList, paths.runtimes);
      return result.ok ? { ok: true, value: result.value.items } : result;
    },
    spawnWorker: (runtimeId, name) =>
      request(WorkerSpawnResult, paths.runtimeWorkers(runtimeId), { requested_worker_name: name }),
    renameWorker: (ref, name) =>
      request(WorkerSummary, paths.workerApi(ref), { display_name: name }, { method: "PATCH" }),
    importConversation: (runtimeId, file) =>
      request(WorkerSpawnResult, `${paths.runtimeWorkers(runtimeId)}/import`, file, { timeoutMs: IMPORT_TIMEOUT_MS }),
  };
}

function readAnswer<Value>(
  schema: z.ZodMiniType<Value>,
  response: Response,
  text: string,
  now: () => number,
): ApiResult<Value> {
  const malformed: ApiResult<Value> = { ok: false, failure: { kind: "malformed", status: response.status } };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed;
  }
  if (response.ok) {
    const parsed = schema.safeParse(json);
    return parsed.success ? { ok: true, value: parsed.data } : malformed;
  }
  const problem = ProblemBody.safeParse(json);
  if (!problem.success) return malformed;
  const { code, status, detail, retry_after_ms: waitMs } = problem.data;
  const retryable = isProblemCode(code) ? problemRow(code).retryable : status >= 500;
  const again = waitMs === undefined ? {} : { retryAt: now() + Math.min(waitMs, LONGEST_WAIT_MS) };
  return { ok: false, failure: { kind: "problem", code, status, detail, retryable, ...again } };
}
