/**
 * `/api/runtimes/{runtime_id}/workers/{worker_id}`: one Worker.
 *
 * Owns the mapping of these paths to the Backend's operations; the events of a Worker are in `events.ts`.
 */
import { Hono } from "hono";
import { CancelRequest, LifecycleRequest, WorkerInputRequest, WorkerRenameRequest } from "../protocol/backend-api.ts";
import type { Backend } from "../server/backend.ts";
import { beforeQueryOf, bodyOf, observationOf, pageQueryOf, workerRefOf } from "./request.ts";

const WORKER = "/api/runtimes/:runtime_id/workers/:worker_id";

/** The routes of one Worker. */
export function workerRoutes(backend: Backend, options: { readonly maxRecords: number }): Hono {
  const { maxRecords } = options;
  return new Hono()
    .get(WORKER, async (context) => context.json(await backend.getWorker(workerRefOf(context))))
    .patch(WORKER, async (context) => {
      const ref = workerRefOf(context);
      return context.json(await backend.renameWorker(ref, await bodyOf(context, WorkerRenameRequest)));
    })
    .post(`${WORKER}/input`, async (context) => {
      const ref = workerRefOf(context);
      return context.json(await backend.sendInput(ref, await bodyOf(context, WorkerInputRequest)));
    })
    .post(`${WORKER}/stop`, async (context) => {
      const ref = workerRefOf(context);
      return context.json(await backend.stopWorker(ref, await bodyOf(context, LifecycleRequest)));
    })
    .post(`${WORKER}/cancel`, async (context) => {
      const ref = workerRefOf(context);
      return context.json(await backend.cancelRun(ref, await bodyOf(context, CancelRequest)));
    })
    .get(`${WORKER}/transcript`, async (context) => {
      const query = pageQueryOf(context, maxRecords);
      return context.json(await backend.transcript(workerRefOf(context), query, observationOf(context)));
    })
    .get(`${WORKER}/entries`, async (context) => {
      const query = beforeQueryOf(context, maxRecords);
      return context.json(await backend.entries(workerRefOf(context), query, observationOf(context)));
    });
}
