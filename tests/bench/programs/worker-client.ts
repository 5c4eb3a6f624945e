/**
 * A Worker of the server under test, from the outside.
 *
 * Owns the few requests that a bench makes of it. Messages carry an order for the provider stub (`answer.ts`).
 */
import * as z from "zod/mini";
import { createSubmissionId } from "../../../client/submission-id.ts";
import { WorkerSpawnResult } from "../../../protocol/backend-api.ts";
import type { AnswerOrder } from "./answer.ts";

/** The Runtime inside the server. */
export const EMBEDDED_RUNTIME_ID = "backend-internal";

/** Where a Worker is: `http://127.0.0.1:41234/api/runtimes/backend-internal/workers/worker-00000001`. */
export const WorkerUrl = z.url();
export type WorkerUrl = z.infer<typeof WorkerUrl>;

/** Makes a Worker on one of a server's Runtimes. */
export async function spawnWorker(serverUrl: string, runtimeId: string = EMBEDDED_RUNTIME_ID): Promise<WorkerUrl> {
  const url = `${serverUrl}/api/runtimes/${runtimeId}/workers`;
  const { worker } = WorkerSpawnResult.parse(await post(url, {}));
  if (worker === undefined) throw new Error("Cannot measure: the server made no Worker");
  return `${url}/${worker.worker_id}`;
}

/** Sends a Worker the order as a message, which is taken once; its viewers see the answer. */
export async function order(worker: WorkerUrl, answer: AnswerOrder): Promise<void> {
  const message = { content: JSON.stringify(answer), submission_id: createSubmissionId() };
  // Where processes have stood still for a while, the first one may hear of a time-out that ran out meanwhile.
  await post(`${worker}/input`, message).catch(() => post(`${worker}/input`, message));
}

/** The address at which a Worker is observed. */
export function viewerUrl(worker: WorkerUrl): string {
  return `${worker.replace(/^http/, "ws")}/events/ws`;
}

/** Whether a frame tells that the run is over. */
export function endsRun(frame: Buffer): boolean {
  return frame.includes('"status":"idle"');
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Cannot measure: ${url} answered ${response.status} ${await response.text()}`);
  return response.json();
}
