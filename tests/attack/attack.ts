/**
 * Bad requests to a server, thousands of them.
 *
 * Owns one attack: a server of its own, requests made from the description that this server gives of itself, the judgement of
 * each answer by the same description, and the server's heap before and after.
 */
import fc from "fast-check";
import * as z from "zod/mini";
import { ProblemBody } from "../../protocol/problem.ts";
import { startRuntime, startWorkspace } from "../bench/harness/child.ts";
import type { Engine } from "../bench/harness/engine.ts";
import { memoryUse } from "../bench/harness/memory.ts";
import { readDescription, type DescribedApi, type DescribedOperation } from "../support/described-api.ts";
import { badRequestTo, type BadRequest, type KnownIds } from "./bad-request.ts";

/** Which API. */
export type Target = "workspace" | "runtime";

/** What to attack, and how often. */
export interface AttackOptions {
  readonly target: Target;
  readonly engine: Engine;
  readonly requests: number;
  readonly seed: number;
  /** Told how many have been sent. */
  readonly onProgress?: (sent: number) => void;
}

/** What came of it. */
export interface AttackResult {
  readonly requests: number;
  readonly seconds: number;
  /** How many were answered with each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What was wrong with answers, the first few of them. */
  readonly faults: readonly string[];
  /** Of the server, after a collection: when a tenth has been sent, and at the end. */
  readonly heapBytes: { readonly early: number; readonly late: number };
}

const AT_ONCE = 16;
const CHUNK = 400;
const MAX_FAULTS = 20;
const ANSWER_TIMEOUT_MS = 20_000;
/** Whatever is sent restarts the Runtime, which then answers nobody for a moment, as it should. */
const LEFT_OUT: ReadonlySet<string> = new Set(["restartRuntime"]);
/** What is kept stops growing soon, so that what grows is what should not. */
const SMALL = {
  YOI_STORE: "memory",
  YOI_RUNTIME_STORE: "memory",
  YOI_LOG_LEVEL: "error",
  YOI_DEMO_PACE: "0",
  YOI_RETENTION_EVENTS: "64",
  YOI_RETENTION_ENTRIES: "64",
  YOI_RETENTION_CHARS: "65536",
  YOI_RETENTION_ENTRY_CHARS: "65536",
};

/** Starts a server, sends it bad requests, and looks at every answer. */
export async function attack(options: AttackOptions): Promise<AttackResult> {
  const { target, engine, requests, seed, onProgress } = options;
  const start = target === "workspace" ? startWorkspace : startRuntime;
  await using server = await start(engine, { environment: SMALL, isInspected: true });
  const document = await readJson(server.url + (target === "workspace" ? "/api/openapi.json" : "/v1/openapi.json"));
  const api = readDescription(document);
  const ids = await (target === "workspace" ? idsOfWorkspace(server.url) : idsOfRuntime(server.url));
  const operations = api.operations.filter(({ operationId }) => !LEFT_OUT.has(operationId));
  const anyRequest = fc.oneof(
    ...operations.map((operation) => {
      // The one that others ask for is not to be stopped.
      const known = operation.operationId === "stopWorker" ? { ...ids, worker_id: ids["spare_id"] ?? "" } : ids;
      return badRequestTo(document, operation, known);
    }),
  );
  const statuses: Record<string, number> = {};
  const faults: string[] = [];
  const startedMs = performance.now();
  let sent = 0;
  let early: number | null = null;
  const sendNext = async (waiting: BadRequest[]): Promise<void> => {
    for (let request = waiting.pop(); request !== undefined && faults.length < MAX_FAULTS; request = waiting.pop()) {
      const { path, method } = request;
      const operation = api.operations.find((one) => one.path === path && one.method === method);
      const { status, fault } = await answerOf(server.url, request, { target, api, operation });
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (fault !== null) faults.push(`${fault} for ${describe(request)}`);
    }
  };
  for (let chunk = 0; sent < requests && faults.length < MAX_FAULTS; chunk += 1) {
    const waiting = fc.sample(anyRequest, {
      numRuns: Math.min(CHUNK, requests - sent),
      seed: seed * 1_000_003 + chunk,
    });
    sent += waiting.length;
    await Promise.all(Array.from({ length: AT_ONCE }, () => sendNext(waiting)));
    onProgress?.(sent);
    if (early === null && sent >= requests / 10) early = (await memoryUse(server)).heapBytes;
  }
  const late = (await memoryUse(server)).heapBytes;
  // It lives, and says what it said before.
  const again = await readJson(server.url + (target === "workspace" ? "/api/openapi.json" : "/v1/openapi.json"));
  if (JSON.stringify(again) !== JSON.stringify(document)) faults.push("the description has changed");
  const seconds = (performance.now() - startedMs) / 1_000;
  return { requests: sent, seconds, statuses, faults, heapBytes: { early: early ?? late, late } };
}

interface Judgement {
  readonly target: Target;
  readonly api: DescribedApi;
  readonly operation: DescribedOperation | undefined;
}

/** Sends a request and judges its answer. */
async function answerOf(
  url: string,
  request: BadRequest,
  judgement: Judgement,
  isAgain = false,
): Promise<{ readonly status: number; readonly fault: string | null }> {
  try {
    const response = await fetch(url + request.target, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(request.body === null ? {} : { body: request.body }),
    });
    const type = response.headers.get("Content-Type")?.split(";")[0] ?? "";
    // It has no end.
    const isStream = response.status === 200 && type === "text/event-stream";
    if (isStream) await response.body?.cancel();
    const text = isStream ? "" : await response.text();
    return { status: response.status, fault: faultOf({ status: response.status, type, text }, judgement) };
  } catch (error) {
    // A connection that was kept may have been closed in the same moment: what a browser then does, once.
    const isLate = error instanceof Error && error.name === "TimeoutError";
    if (!isAgain && !isLate) return answerOf(url, request, judgement, true);
    return {
      status: 0,
      fault: `no answer: ${error instanceof Error ? `${error.message} ${String(error.cause)}` : "?"}`,
    };
  }
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What is wrong with an answer; null where nothing is. */
function faultOf({ status, type, text }: Answered, { target, api, operation }: Judgement): string | null {
  if (/\bat .+:\d+:\d+|node_modules|file:\/\//.test(text) && status !== 200)
    return `${status} that shows the inside: ${text}`;
  if (status >= 500 && status !== 501) return `a failure of the server: ${status} ${text}`;
  if (status < 400) return status === 200 || status === 308 ? null : `the status ${status}`;
  if (type === "text/html") return null;
  const described = operation?.responses[String(status)]?.content?.[type]?.schema;
  const json = parse(text);
  const wrong = described === undefined ? `${type} is not described` : api.wrongIn(described, json);
  if (json !== undefined && wrong === null) return null;
  const inVain = `${status} that is not described, ${wrong}: ${type} ${text}`;
  // What is no operation's address, and what is none of its methods.
  if (target === "workspace") {
    const problem = ProblemBody.safeParse(json);
    if (type !== "application/problem+json" || !problem.success || problem.data.status !== status) return inVain;
    return STRAY_STATUSES.has(status) || operation === undefined ? null : inVain;
  }
  if (operation === undefined && RestError.safeParse(json).success) return null;
  const isPlain = text === "" || (status === 413 && type === "text/plain");
  return isPlain && STRAY_STATUSES.has(status) ? null : inVain;
}

/** How requests are answered that reach no operation. */
const STRAY_STATUSES: ReadonlySet<number> = new Set([400, 403, 404, 405, 413]);
const RestError = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SHOWN_CHARS = 300;

function describe({ method, target, headers, body }: BadRequest): string {
  const shown = body === null ? "" : new TextDecoder().decode(body).slice(0, SHOWN_CHARS);
  return `${method} ${target.slice(0, SHOWN_CHARS)} ${JSON.stringify(headers).slice(0, SHOWN_CHARS)} ${JSON.stringify(shown)}`;
}

async function readJson(url: string): Promise<object> {
  const response = await fetch(url);
  // why: only its own description is read so, which is judged by what it leads to
  return (await response.json()) as object;
}

async function made(url: string, body: object): Promise<string> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  // why: a server that answers otherwise fails the attack at once
  const { worker } = (await response.json()) as { readonly worker: { readonly worker_id: string } };
  return worker.worker_id;
}

async function idsOfWorkspace(url: string): Promise<KnownIds> {
  const workers = `${url}/api/runtimes/backend-internal/workers`;
  const hosts = (await readJson(`${url}/api/hosts`)) as { readonly items: readonly { readonly host_id: string }[] };
  return {
    runtime_id: "backend-internal",
    worker_id: await made(workers, {}),
    spare_id: await made(workers, {}),
    host_id: hosts.items[0]?.host_id ?? "",
    bundle_id: "demo-bundle",
  };
}

async function idsOfRuntime(url: string): Promise<KnownIds> {
  const body = { profile: { kind: "runtime_default" } };
  const workers = `${url}/v1/workers`;
  return { worker_id: await made(workers, body), spare_id: await made(workers, body), bundle_id: "demo-bundle" };
}
