/**
 * The bounds on what requests bring.
 *
 * Owns which requests are held to them, and how long a route that reads a body itself may wait for it.
 */
import type { Context, MiddlewareHandler } from "hono";
import { ProblemError } from "../protocol/problem.ts";
import { boundBody } from "../runtime/rest/bound-body.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** How long the request's body may take to arrive. */
    bodyTimeoutMs: number;
  }
}

/** What bodies are held to. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

/** Refuses bodies that are too large or too slow. @param isExempt Whether a request's body has bounds of its own. */
export function limitBodies(limits: BodyLimits, isExempt: (context: Context) => boolean): MiddlewareHandler {
  const { maxBodyBytes, bodyTimeoutMs } = limits;
  const bound = boundBody({ maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs }, (detail) => {
    throw new ProblemError("body_too_large", detail);
  });
  return (context, next) => {
    context.set("bodyTimeoutMs", bodyTimeoutMs);
    return isExempt(context) ? next() : bound(context, next);
  };
}
