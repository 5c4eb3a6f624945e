/**
 * `/metrics`: the server's figures, for Prometheus.
 *
 * Owns the answer's form only. It is for those who are in; a program asks with the access token as a bearer token.
 */
import { Hono } from "hono";
import type { Backend } from "../server/backend.ts";
import type { Metrics } from "../server/observability/metrics.ts";

/** The route of the figures. */
export function metricsRoutes(metrics: Pick<Metrics, "render" | "contentType">, backend: Pick<Backend, "load">): Hono {
  return new Hono().get("/metrics", async (context) =>
    context.body(metrics.render(await backend.load()), 200, {
      "Content-Type": metrics.contentType,
      "Cache-Control": "no-store",
    }),
  );
}
