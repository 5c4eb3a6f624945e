/**
 * The Runtime's token.
 *
 * Owns the check that every request carries it, also those for paths that there are not, and that takes as long whatever
 * was sent: what is compared are digests of one length.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import { digest, isSameDigest } from "../digest.ts";

/** Refuses whoever does not send exactly `Authorization: Bearer <token>`. */
export function requireBearer(token: string): MiddlewareHandler {
  const expected = digest(`Bearer ${token}`);
  return async (context, next) => {
    const given = await digest(context.req.header("Authorization") ?? "");
    if (!isSameDigest(given, await expected)) {
      throw new ProblemError("unauthorized", "Authorization: expected this Runtime's bearer token.");
    }
    await next();
  };
}
