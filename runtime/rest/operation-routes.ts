/**
 * `/healthz`, `/readyz` and `/metrics` of the Runtime process: what its operator's machines ask.
 *
 * Owns the answers' form. The first two need no token, as at the workspace server: who only asks whether somebody is there
 * should not need what commands Workers. The figures need it.
 */
import { Hono } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import { METRICS_CONTENT_TYPE } from "../metrics/metric.ts";
import { checkAtWork } from "../at-work.ts";
import type { Runtime } from "../runtime.ts";

const NO_STORE = { "Cache-Control": "no-store" };

/** The routes of health. */
export function healthRoutes(runtime: Pick<Runtime, "detail">, isStopping: () => boolean): Hono {
  return new Hono()
    .get("/healthz", (context) => context.json({ status: "ok" }))
    .get("/readyz", async (context) => {
      if (isStopping()) throw new ProblemError("shutting_down", "The Runtime is shutting down.");
      checkAtWork(await runtime.detail());
      return context.json({ status: "ready" }, 200, NO_STORE);
    });
}

/** The route of the figures. @param render Their text. */
export function metricsRoutes(render: () => string): Hono {
  return new Hono().get("/metrics", (context) =>
    context.body(render(), 200, { "Content-Type": METRICS_CONTENT_TYPE, ...NO_STORE }),
  );
}
