/**
 * Wrong methods on right paths.
 *
 * Owns the answer 405 with its `Allow` header, derived from the routes that exist.
 */
import type { Hono } from "hono";
import { ProblemError } from "../protocol/problem.ts";

/** Refuses every other method on each path that `app` serves so far. */
export function refuseOtherMethods(app: Hono): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
  }
  for (const [path, known] of methods) {
    if (known.has("GET")) known.add("HEAD");
    const allow = [...known].toSorted().join(", ");
    app.all(path, (context) => {
      context.header("Allow", allow);
      throw new ProblemError("method_not_allowed", `${context.req.method}: expected ${allow}.`);
    });
  }
}
