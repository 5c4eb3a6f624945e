/**
 * `/api/workspace`, `/api/runtimes`, `/api/hosts` and `/api/workers`: what there is.
 *
 * Owns the mapping of these paths to the Backend's questions.
 */
import { Hono } from "hono";
import { ConfigBundleRequest, WorkerSpawnRequest } from "../protocol/backend-api.ts";
import type { Backend } from "../server/backend.ts";
import { doneOnce } from "./done-once.ts";
import { bodyOf, bundleRefOf, hostIdOf, runtimeIdOf } from "./request.ts";

/** The routes that list. */
export function runtimeRoutes(backend: Backend): Hono {
  return new Hono()
    .get("/api/workspace", async (context) => context.json(await backend.workspace()))
    .get("/api/hosts", async (context) => context.json(await backend.listHosts()))
    .get("/api/hosts/:host_id/workers", async (context) =>
      context.json(await backend.listHostWorkers(hostIdOf(context))),
    )
    .get("/api/runtimes", async (context) => context.json(await backend.listRuntimes()))
    .get("/api/runtimes/:runtime_id", async (context) => context.json(await backend.getRuntime(runtimeIdOf(context))))
    .get("/api/workers", async (context) => context.json(await backend.listWorkers()))
    .get("/api/runtimes/:runtime_id/workers", async (context) => {
      return context.json(await backend.listWorkers(runtimeIdOf(context)));
    })
    .post(
      "/api/runtimes/:runtime_id/workers",
      doneOnce(async (context) => {
        const runtimeId = runtimeIdOf(context);
        return context.json(await backend.spawnWorker(runtimeId, await bodyOf(context, WorkerSpawnRequest)));
      }),
    )
    .post("/api/runtimes/:runtime_id/config-bundles", async (context) => {
      const runtimeId = runtimeIdOf(context);
      return context.json(await backend.storeConfigBundle(runtimeId, await bodyOf(context, ConfigBundleRequest)));
    })
    .get("/api/runtimes/:runtime_id/config-bundles/:bundle_id/availability", async (context) => {
      return context.json(await backend.checkConfigBundle(runtimeIdOf(context), bundleRefOf(context)));
    });
}
