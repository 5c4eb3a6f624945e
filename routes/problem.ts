/**
 * Problems as HTTP answers.
 *
 * Owns the rendering of every failure: problem+json for programs, a page for people. Nothing of an unexpected error
 * leaves the server but its code.
 */
import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { asProblem, problemBody, ProblemError, type ProblemBody } from "../protocol/problem.ts";

const CONTENT_TYPE = "application/problem+json";

/** What to do with failures that nobody expected, and how to show one to a person. */
export interface ProblemRendering {
  /** Told of every failure with the code `internal`, whole, and of the request that met it. */
  readonly onUnexpected: (error: unknown, requestId: string) => void;
  readonly renderPage: (problem: ProblemBody, context: Context) => string;
}

/** Renders what routes throw. */
export function problemHandler({ onUnexpected, renderPage }: ProblemRendering): ErrorHandler {
  return (error, context) => {
    const problem = asProblem(error);
    if (problem.code === "internal") onUnexpected(error, context.get("requestId"));
    return respond(context, problem, renderPage);
  };
}

/** Renders what no route matches. */
export function notFoundHandler({ renderPage }: ProblemRendering): NotFoundHandler {
  return (context) =>
    respond(context, new ProblemError("route_not_found", "There is nothing at this address."), renderPage);
}

function respond(context: Context, problem: ProblemError, renderPage: ProblemRendering["renderPage"]): Response {
  // Whoever meets a failure that nobody expected can name it to the operator.
  const named = problem.code === "internal" ? { request_id: context.get("requestId") } : {};
  const body = { ...problemBody(problem), ...named };
  // why: the table holds statuses that all may have a body; Hono's type lists them one by one.
  const status = body.status as ContentfulStatusCode;
  context.header("Cache-Control", "no-store");
  sayWhenAgain(context, problem);
  if (wantsPage(context)) return context.html(renderPage(body, context), status);
  return context.body(JSON.stringify(body), status, { "Content-Type": CONTENT_TYPE });
}

/** Says in HTTP's own words how long to wait, where that is known. */
export function sayWhenAgain(context: Context, { retryAfterMs }: ProblemError): void {
  if (retryAfterMs !== null) context.header("Retry-After", String(Math.ceil(retryAfterMs / 1_000)));
}

/** Whether a person's browser asks for a page, as it also does where it posts a form. */
export function wantsPage({ req }: Context): boolean {
  if (req.path.startsWith("/api/") || (req.method !== "GET" && req.method !== "POST")) return false;
  return req.header("Accept")?.includes("text/html") ?? false;
}
