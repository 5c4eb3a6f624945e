/**
 * Failures as answers.
 *
 * Owns the body `{"error":{"code","message"}}`, and the empty answers for what no route serves. Nothing of an unexpected
 * error leaves the process but its code.
 */
import type { ErrorHandler, Hono, NotFoundHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { asProblem } from "../../protocol/problem.ts";
import { restError } from "./error-table.ts";

/** Answers what a route throws. `onUnexpected` is told of every failure with the code `internal`, whole. */
export function errorHandler(onUnexpected: (error: unknown) => void): ErrorHandler {
  return (error, context) => {
    const problem = asProblem(error);
    if (problem.code === "internal") onUnexpected(error);
    const { code, status } = restError(problem.code);
    // why: the table holds statuses that all may have a body; Hono's type lists them one by one.
    return context.json({ error: { code, message: problem.detail } }, status as ContentfulStatusCode);
  };
}

/** Answers a path that there is not: 404 without a body, as the reference does. */
export const notFoundHandler: NotFoundHandler = (context) => context.body(null, 404);

/** Refuses every other method on each path that `app` serves so far: 405 without a body, and what is allowed. */
export function refuseOtherMethods(app: Hono): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, known] of methods) {
    if (known.has("GET")) known.add("HEAD");
    const allow = [...known].toSorted().join(",");
    app.all(path, (context) => context.body(null, 405, { Allow: allow }));
  }
}
