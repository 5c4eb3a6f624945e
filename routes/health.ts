/**
 * `/healthz`: whether the process answers.
 *
 * Owns nothing else; it asks nobody, so that a slow Runtime never makes a server look dead.
 */
import { Hono } from "hono";

/** The health route. */
export function healthRoutes(): Hono {
  return new Hono().get("/healthz", (context) => context.json({ status: "ok" }));
}
