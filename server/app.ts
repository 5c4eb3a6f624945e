/**
 * The app: one Hono app for every edge.
 *
 * Owns the order of its routes and what holds for all of them: the bound on bodies, and how failures are shown.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ProblemError } from "../protocol/problem.ts";
import { assetRoutes } from "../routes/assets.ts";
import { companionRoutes } from "../routes/companion.ts";
import { consoleRoutes, renderProblemPage } from "../routes/console.ts";
import { demoRoutes } from "../routes/demo.ts";
import { eventRoutes } from "../routes/events.ts";
import { healthRoutes } from "../routes/health.ts";
import { refuseOtherMethods } from "../routes/methods.ts";
import { notFoundHandler, problemHandler, type ProblemRendering } from "../routes/problem.ts";
import { runtimeRoutes } from "../routes/runtimes.ts";
import { workerRoutes } from "../routes/workers.ts";
import { observerSocket } from "../runtime/observation/observer-socket.ts";
import type { Backend } from "./backend.ts";
import type { DemoFaults } from "./demo-faults.ts";
import type { BackendLimits } from "./limits.ts";
import type { Platform } from "./platform.ts";

/** What an app is made of. */
export interface AppOptions {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly workspaceName: string;
  /** What may be provoked where the offline demo answers; null where another provider does. */
  readonly demo: DemoFaults | null;
  readonly limits: Pick<BackendLimits, "maxBodyBytes" | "maxRecords">;
  /** Told of every failure that nobody expected. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Makes the app. It holds no port: `app.request()` drives all of it. */
export function createApp(options: AppOptions): Hono {
  const { backend, platform, workspaceName, demo, limits, onUnexpected } = options;
  const app = new Hono();
  const rendering: ProblemRendering = {
    onUnexpected,
    renderPage: (problem, context) => renderProblemPage(problem, context, platform.assets),
  };
  app.onError(problemHandler(rendering));
  app.notFound(notFoundHandler(rendering));
  app.use(
    bodyLimit({
      maxSize: limits.maxBodyBytes,
      onError: () => {
        throw new ProblemError("body_too_large", `The body is larger than ${limits.maxBodyBytes} bytes.`);
      },
    }),
  );
  app.route("/", healthRoutes());
  app.route("/", runtimeRoutes(backend));
  app.route("/", workerRoutes(backend, limits));
  app.route("/", companionRoutes(backend, limits));
  app.route(
    "/",
    eventRoutes(backend, { upgradeWebSocket: platform.upgradeWebSocket, viewerSocket: observerSocket, faults: demo }),
  );
  app.route("/", consoleRoutes(backend, { assets: platform.assets, workspaceName, demo: demo !== null, ...limits }));
  if (demo) app.route("/", demoRoutes(demo));
  app.route("/", assetRoutes(platform.assets));
  refuseOtherMethods(app);
  return app;
}
