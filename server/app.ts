/**
 * The app: one Hono app for every edge.
 *
 * Owns the order of its routes and what holds for all of them: the bound on bodies, and how failures are shown.
 */
import { Hono, type MiddlewareHandler } from "hono";
import { asProblem } from "../protocol/problem.ts";
import { assetRoutes } from "../routes/assets.ts";
import { companionRoutes } from "../routes/companion.ts";
import { conversationRoutes, isImport } from "../routes/conversations.ts";
import { consoleRoutes, renderProblemPage } from "../routes/console.ts";
import { demoRoutes } from "../routes/demo.ts";
import { EVENT_PATHS, eventRoutes } from "../routes/events.ts";
import { healthRoutes } from "../routes/health.ts";
import { loginRoutes, logoutRoutes } from "../routes/login.ts";
import { refuseOtherMethods } from "../routes/methods.ts";
import { metricsRoutes } from "../routes/metrics.ts";
import { descriptionRoutes } from "../routes/openapi.ts";
import { notFoundHandler, problemHandler, wantsPage, type ProblemRendering } from "../routes/problem.ts";
import { runtimeRoutes } from "../routes/runtimes.ts";
import { refuseReadOnly, viewerRulesRoutes } from "../routes/viewer-rules.ts";
import { workerRoutes } from "../routes/workers.ts";
import { observerSocket } from "../runtime/observation/observer-socket.ts";
import type { Access } from "./access/access.ts";
import type { Rates } from "./access/rates.ts";
import type { ViewerPolicies } from "./access/viewer-policies.ts";
import type { Backend } from "./backend.ts";
import { withoutBase, type BasePaths } from "./base-path.ts";
import type { DemoFaults } from "./demo-faults.ts";
import { limitBodies } from "./limit-bodies.ts";
import type { BackendLimits } from "./limits.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { Platform } from "./platform.ts";
import { securityHeaders } from "./security-headers.ts";
import { refuseWhileStopping } from "./refuse-while-stopping.ts";
import { openSseStream } from "./sse-stream.ts";

/** What an app is made of. */
export interface AppOptions {
  readonly access: Access;
  readonly rates: Rates;
  readonly policies: ViewerPolicies;
  readonly backend: Backend;
  readonly bases: BasePaths;
  readonly platform: Platform;
  readonly workspaceName: string;
  /** What may be provoked where the offline demo answers; null where another provider does. */
  readonly demo: DemoFaults | null;
  readonly limits: Pick<BackendLimits, "maxBodyBytes" | "bodyTimeoutMs" | "maxRecords">;
  readonly metrics: Metrics;
  /** Notes every request and how it was answered; the first of all. */
  readonly watchRequests: MiddlewareHandler;
  /** Whether the server is on its way down. */
  readonly isStopping: () => boolean;
  /** Told of every failure that nobody expected. */
  readonly onUnexpected: ProblemRendering["onUnexpected"];
}

/** Makes the app. It holds no port: `app.request()` drives all of it. */
export function createApp(options: AppOptions): Hono {
  const { access, rates, policies, backend, bases, platform, workspaceName, demo, limits, onUnexpected } = options;
  const app = new Hono({ getPath: (request, { env } = {}) => bases.pathOf(request, env) });
  app.use(options.watchRequests);
  const rendering: ProblemRendering = {
    onUnexpected,
    renderPage: (problem, context) => renderProblemPage(problem, context, platform.assets),
  };
  const renderProblem = problemHandler(rendering);
  app.onError((error, context) => {
    if (!access.hasLogin || asProblem(error).code !== "login_required" || !wantsPage(context)) {
      return renderProblem(error, context);
    }
    const { pathname, search } = new URL(context.req.url);
    const base = context.get("base");
    const next = withoutBase(pathname, base).slice(1) + search;
    return context.redirect(`${base}login?next=${encodeURIComponent(next)}`, 303);
  });
  app.notFound(notFoundHandler(rendering));
  app.use(securityHeaders(platform.inlineStyles ? "inline" : "files"));
  app.use((context, next) => {
    const base = bases.of(context.req.raw, context.env);
    context.set("base", base);
    // A person who left the last slash out.
    const isBareBase = `${context.req.path}/` === base && context.req.method === "GET";
    return isBareBase ? Promise.resolve(context.redirect(base, 308)) : next();
  });
  app.use(access.guardSite);
  app.use(keepAnswersNowhere);
  app.use(refuseWhileStopping(options.isStopping));
  app.route("/", healthRoutes(backend));
  app.route("/", assetRoutes(platform.assets));
  if (access.hasLogin) {
    app.use(
      "/login",
      limitBodies({ ...limits, maxBodyBytes: LOGIN_MAX_BYTES }, () => false),
    );
    app.route("/", loginRoutes(access, { assets: platform.assets, workspaceName }));
  }
  app.use(access.requireIdentity);
  // One that does not say how long it is gets read here: nobody's before it is known who they are.
  app.use(limitBodies(limits, isImport));
  app.use("/api/*", rates.limitCommands);
  for (const path of EVENT_PATHS) app.use(path, rates.limitConnects);
  app.use((context, next) => {
    context.set("rights", policies.rightsOf(context.get("identity")));
    return next();
  });
  if (access.hasLogin) app.route("/", logoutRoutes(access));
  app.route("/", viewerRulesRoutes(policies));
  app.use("/api/*", refuseReadOnly);
  app.route("/", metricsRoutes(options.metrics, backend));
  app.route("/", runtimeRoutes(backend));
  app.route("/", conversationRoutes(backend));
  app.route("/", workerRoutes(backend, limits));
  app.route("/", companionRoutes(backend, limits));
  app.route(
    "/",
    eventRoutes(backend, {
      upgradeWebSocket: platform.upgradeWebSocket,
      viewerSocket: observerSocket,
      openSseStream,
      faults: demo,
    }),
  );
  app.route("/", consoleRoutes(backend, { assets: platform.assets, workspaceName, demo: demo !== null, ...limits }));
  app.route(
    "/",
    descriptionRoutes({ assets: platform.assets, workspaceName, baseOf: (context) => context.get("base") }),
  );
  if (demo) app.route("/", demoRoutes(demo));
  refuseOtherMethods(app);
  return app;
}

/** Largest body of the login's form. Whoever has not logged in has memory for nothing larger. */
const LOGIN_MAX_BYTES = 16 * 1024;

/** What one visitor is shown is not another's, nor their own once the rules have changed; who knows better says so. */
const keepAnswersNowhere: MiddlewareHandler = (context, next) => {
  context.header("Cache-Control", "no-store");
  return next();
};
