/**
 * `/v1/runtime` and `/v1/config-bundles`: the Runtime itself, and what is stored in it before Workers are made.
 *
 * Owns the mapping of these paths to the Runtime's interface. Every success is 200 with one wrapper key.
 */
import { Hono } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import type { Runtime } from "../runtime.ts";
import { BundleBody, bodyOf, textOf } from "./request.ts";

/** The routes of the Runtime. */
export function runtimeRoutes(runtime: Runtime): Hono {
  return new Hono()
    .get("/v1/runtime", async (context) => context.json({ runtime: await runtime.detail() }))
    .get("/v1/runtime/diagnostics", async (context) => context.json({ diagnostics: await runtime.diagnostics() }))
    .get("/v1/config-bundles", async (context) => context.json({ bundles: await runtime.listConfigBundles() }))
    .post("/v1/config-bundles", async (context) => {
      const { bundle } = await bodyOf(context, BundleBody);
      return context.json({ availability: await runtime.storeConfigBundle(bundle) });
    })
    .get("/v1/config-bundles/:bundle_id/availability", async (context) => {
      const digest = textOf(context, "digest");
      if (digest === undefined) throw new ProblemError("invalid_query", "digest: expected 64 lower-case hex digits.");
      const id = context.req.param("bundle_id");
      return context.json({ availability: await runtime.checkConfigBundle({ id, digest }) });
    });
}
