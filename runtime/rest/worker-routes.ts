/**
 * `/v1/workers`: the Workers of a Runtime.
 *
 * Owns the mapping of these paths to the Runtime's interface; the events of a Worker are the observation's. A body is
 * read before its Worker is looked for, and the limit of a transcript is checked before it, as the reference does.
 */
import { Hono } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import { createConversationReader } from "../../protocol/read-conversation.ts";
import { RenameWorkerRequest } from "../../protocol/runtime-api.ts";
import type { Runtime } from "../runtime.ts";
import {
  bodyOf,
  CancelBody,
  cancelRunOf,
  checkJson,
  CreateBody,
  endBodyOf,
  indexOf,
  InputBody,
  sendInputOf,
  StopBody,
  workerIdOf,
} from "./request.ts";
import { transcriptShape, workerShape } from "./wire-shapes.ts";

const WORKER = "/v1/workers/:worker_id";

/** Takes a conversation's file, and bounds it itself. */
export const IMPORT_PATH = "/v1/workers/import";

/** Largest pages. */
export interface PageLimits {
  readonly maxTranscriptItems: number;
  readonly maxEntries: number;
}

/** The routes of Workers. */
export function workerRoutes(runtime: Runtime, limits: PageLimits): Hono {
  const withConversation = createConversationReader();
  return new Hono()
    .get("/v1/workers", async (context) => {
      const workers = await runtime.listWorkers();
      return context.json({ workers: workers.map(workerShape) });
    })
    .post("/v1/workers", async (context) => {
      const { profile, config_bundle, initial_input, display_name } = await bodyOf(context, CreateBody);
      const displayName = display_name?.trim();
      const worker = await runtime.createWorker({
        profile,
        ...(config_bundle ? { configBundle: config_bundle } : {}),
        ...(displayName ? { displayName } : {}),
        ...(initial_input ? { initialInput: { ...sendInputOf(initial_input), kind: initial_input.kind } } : {}),
      });
      return context.json({ worker: workerShape(worker) });
    })
    .post(IMPORT_PATH, async (context) => {
      checkJson(context);
      try {
        const worker = await withConversation(context.req.raw, (file) => runtime.importWorker(file));
        return context.json({ worker: workerShape(worker) });
      } catch (error) {
        // The reference has one word for all that is wrong with a body; this route is ours.
        if (!(error instanceof ProblemError) || error.code !== "body_too_large") throw error;
        return context.json({ error: { code: error.code, message: error.detail } }, 413);
      }
    })
    .get(WORKER, async (context) => {
      return context.json({ worker: workerShape(await runtime.getWorker(workerIdOf(context))) });
    })
    .patch(WORKER, async (context) => {
      const { display_name } = await bodyOf(context, RenameWorkerRequest);
      return context.json({ worker: workerShape(await runtime.renameWorker(workerIdOf(context), display_name)) });
    })
    .post(`${WORKER}/input`, async (context) => {
      const input = await bodyOf(context, InputBody);
      const workerId = workerIdOf(context);
      if (input.kind === "system") {
        await runtime.getWorker(workerId);
        throw new ProblemError("unsupported", 'kind: Workers here take input of the kind "user" only.');
      }
      return context.json({ ack: await runtime.sendInput(workerId, sendInputOf(input)) });
    })
    .post(`${WORKER}/stop`, async (context) => {
      const { reason } = await endBodyOf(context, StopBody);
      return context.json({ ack: await runtime.stopWorker(workerIdOf(context), reason ?? undefined) });
    })
    .post(`${WORKER}/cancel`, async (context) => {
      const request = cancelRunOf(await endBodyOf(context, CancelBody));
      return context.json({ ack: await runtime.cancelRun(workerIdOf(context), request) });
    })
    .get(`${WORKER}/transcript`, async (context) => {
      const start = indexOf(context, "start") ?? 0;
      const limit = indexOf(context, "limit") ?? limits.maxTranscriptItems;
      if (limit > limits.maxTranscriptItems) {
        throw new ProblemError(
          "limit_too_large",
          `limit: ${limit} is more than the ${limits.maxTranscriptItems} of a page.`,
        );
      }
      const page = await runtime.transcript(workerIdOf(context), { start, limit });
      return context.json({ transcript: transcriptShape(page) });
    })
    .get(`${WORKER}/entries`, async (context) => {
      const before = indexOf(context, "before");
      const limit = indexOf(context, "limit") ?? limits.maxEntries;
      const query = before === undefined ? { limit } : { before, limit };
      return context.json({ entries: await runtime.entries(workerIdOf(context), query) });
    });
}
