/**
 * Every route of the Backend's API, as the routes themselves declare it.
 *
 * Owns the list from which tests make requests, so that a new route is tested by what holds for all of them.
 */
import { Hono } from "hono";
import { companionRoutes } from "../../routes/companion.ts";
import { conversationRoutes } from "../../routes/conversations.ts";
import { healthRoutes } from "../../routes/health.ts";
import { runtimeRoutes } from "../../routes/runtimes.ts";
import { viewerRulesRoutes } from "../../routes/viewer-rules.ts";
import { workerRoutes } from "../../routes/workers.ts";
import type { ViewerPolicies } from "../../server/access/viewer-policies.ts";
import type { Backend } from "../../server/backend.ts";

/** A route, e.g. `{ method: "GET", path: "/api/runtimes/:runtime_id" }`. */
export interface ApiRoute {
  readonly method: string;
  readonly path: string;
}

const backend = {} as Backend; // why: the routes are only listed, never called

/** The observation socket's route; its method is GET. */
export const EVENTS_ROUTE: ApiRoute = {
  method: "GET",
  path: "/api/runtimes/:runtime_id/workers/:worker_id/events/ws",
};

/** Takes a conversation's file, which has bounds of its own. */
export const IMPORT_PATH = "/api/runtimes/:runtime_id/workers/import";

/** The routes that answer JSON. */
export const API_ROUTES: readonly ApiRoute[] = new Hono()
  .route("/", healthRoutes(backend))
  .route("/", runtimeRoutes(backend))
  .route("/", workerRoutes(backend, { maxRecords: 1 }))
  .route("/", conversationRoutes(backend))
  .route("/", companionRoutes(backend, { maxRecords: 1 }))
  .route("/", viewerRulesRoutes({} as ViewerPolicies)) // why: as above
  .routes.map(({ method, path }) => ({ method, path }));

/** A route's path with its ids filled in. */
export function fillPath(path: string, ids: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`Cannot fill ${path}: there is no ${name}`);
    return id;
  });
}

/** The names of the ids in a route's path. */
export function idsOf(path: string): readonly string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
}
