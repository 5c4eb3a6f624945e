/**
 * The Runtime's command API, as a Hono app.
 *
 * Owns the order of its parts and what holds for all of them: who may come, how large bodies may be, how failures are
 * answered. It only calls the Runtime's interface and holds no port: `app.request()` drives all of it.
 */
import { Hono, type MiddlewareHandler } from "hono";
import { BODY_TIMEOUT_MS } from "../../protocol/arrived.ts";
import type { OpenApiDocument } from "../../protocol/openapi.ts";
import { ProblemError } from "../../protocol/problem.ts";
import type { Runtime } from "../runtime.ts";
import { requireBearer } from "./bearer.ts";
import { boundBody } from "./bound-body.ts";
import { errorHandler, notFoundHandler, refuseOtherMethods } from "./error-response.ts";
import { healthRoutes, metricsRoutes } from "./operation-routes.ts";
import { refuseWebsites } from "./refuse-websites.ts";
import { MAX_BODY_BYTES } from "./request.ts";
import { runtimeRoutes } from "./runtime-routes.ts";
import { IMPORT_PATH, workerRoutes, type PageLimits } from "./worker-routes.ts";

/** What the app is made of. */
export interface RestAppOptions {
  readonly runtime: Runtime;
  /** What every request must bring; null: nothing is asked for, but to come from no website. */
  readonly token: string | null;
  /** Whether only this machine reaches the app; absent: others may. */
  readonly isLocal?: boolean;
  /** Whether the process is on its way down, and begins nothing any more; absent: it never is. */
  readonly isStopping?: () => boolean;
  readonly limits: PageLimits;
  /** The observation's routes, behind the same token; absent: the Runtime can't be observed from outside. */
  readonly observation?: Hono;
  /** The text of the process's figures; absent: there are none to be had. */
  readonly renderMetrics?: () => string;
  /** Notes every request and how it was answered, the first of all; absent: nobody does. */
  readonly watchRequests?: MiddlewareHandler;
  /** Told of every failure that nobody expected. */
  readonly onUnexpected: (error: unknown) => void;
}

const LIFECYCLE_PATH = /\/(?:stop|cancel)$/;

/** Makes the app. */
export function createRestApp(options: RestAppOptions): Hono {
  const { runtime, token, isLocal = false, isStopping = () => false, limits, observation, onUnexpected } = options;
  const app = new Hono();
  if (options.watchRequests) app.use(options.watchRequests);
  app.onError(errorHandler(onUnexpected));
  app.notFound(notFoundHandler);
  app.route("/", healthRoutes(runtime, isStopping));
  app.use(token === null ? refuseWebsites(isLocal) : requireBearer(token));
  app.use((context, next) => {
    const begins = context.req.method !== "GET" || context.req.header("Upgrade") !== undefined;
    if (begins && isStopping()) throw new ProblemError("shutting_down", "The Runtime is shutting down.");
    return next();
  });
  const bound = boundBody({ maxBytes: MAX_BODY_BYTES, timeoutMs: BODY_TIMEOUT_MS }, (detail, context) => {
    if (LIFECYCLE_PATH.test(context.req.path)) return context.text(detail, 413);
    throw new ProblemError("body_too_large", detail);
  });
  app.use((context, next) => (context.req.path === IMPORT_PATH ? next() : bound(context, next)));
  if (options.renderMetrics) app.route("/", metricsRoutes(options.renderMetrics));
  app.route("/", runtimeRoutes(runtime));
  app.route("/", workerRoutes(runtime, limits));
  if (observation) app.route("/", observation);
  let description: Promise<OpenApiDocument> | null = null;
  app.get("/v1/openapi.json", async (context) => {
    description ??= import("./operations.ts").then(({ describeRuntimeApi }) => describeRuntimeApi());
    return context.json(await description);
  });
  refuseOtherMethods(app);
  return app;
}
