/**
 * The bounds on what requests bring.
 *
 * Owns how large a body may be and how long it may take. A body of a known length is only measured here; one without is
 * read, so it is waited for no longer than any other.
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { arrived } from "../protocol/arrived.ts";
import { ProblemError } from "../protocol/problem.ts";

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
  const measure = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new ProblemError("body_too_large", `The body is larger than ${maxBodyBytes} bytes.`);
    },
  });
  return async (context, next) => {
    context.set("bodyTimeoutMs", bodyTimeoutMs);
    if (!isExempt(context)) {
      const measured = Promise.withResolvers<void>();
      measure(context, async () => measured.resolve()).catch(measured.reject);
      await arrived(measured.promise, bodyTimeoutMs);
    }
    await next();
  };
}
