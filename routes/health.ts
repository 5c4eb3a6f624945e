/**
 * `/healthz` and `/readyz`: whether the process answers, and whether it can do its work.
 *
 * Owns nothing else. The first asks nobody, so that a slow Runtime never makes a server look dead; the second says what
 * keeps the server, so that whoever sends visitors here waits.
 */
import { Hono } from "hono";
import type { Backend } from "../server/backend.ts";

/** The routes of health. */
export function healthRoutes(backend: Pick<Backend, "checkReady">): Hono {
  return new Hono()
    .get("/healthz", (context) => context.json({ status: "ok" }))
    .get("/readyz", async (context) => {
      context.header("Cache-Control", "no-store");
      await backend.checkReady();
      return context.json({ status: "ready" });
    });
}
