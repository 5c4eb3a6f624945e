/**
 * The bounds on one request's body, for the workspace server and the Runtime process alike.
 *
 * Owns that a body is measured, and not waited for longer than it may take. One of a known length is only measured; one
 * without is read. What is answered to one that is too large is the caller's.
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { arrived } from "../../protocol/arrived.ts";

/** What a body is held to. */
export interface BodyBounds {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * Refuses a body that is too large or too slow.
 *
 * @param refuse Answers for one that is too large, or throws.
 */
export function boundBody(
  { maxBytes, timeoutMs }: BodyBounds,
  refuse: (detail: string, context: Context) => Response,
): MiddlewareHandler {
  const measure = bodyLimit({
    maxSize: maxBytes,
    onError: (context) => refuse(`The body is larger than ${maxBytes} bytes.`, context),
  });
  return async (context, next) => {
    const { method } = context.req;
    // They have none.
    if (method === "GET" || method === "HEAD") return next();
    const measured = Promise.withResolvers<Response | void>();
    measure(context, async () => measured.resolve()).then(measured.resolve, measured.reject);
    return (await arrived(measured.promise, timeoutMs)) ?? next();
  };
}
