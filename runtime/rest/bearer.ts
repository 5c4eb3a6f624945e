/**
 * The Runtime's token.
 *
 * Owns the check that every request carries it, also those for paths that there are not, and that takes as long whatever
 * was sent: what is compared are digests of one length.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../../protocol/problem.ts";

/** Refuses whoever does not send exactly `Authorization: Bearer <token>`. */
export function requireBearer(token: string): MiddlewareHandler {
  const expected = digest(`Bearer ${token}`);
  return async (context, next) => {
    const given = await digest(context.req.header("Authorization") ?? "");
    if (!isEqual(given, await expected)) {
      throw new ProblemError("unauthorized", "Authorization: expected this Runtime's bearer token.");
    }
    await next();
  };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Looks at every byte, so that the time does not tell where two digests differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  a.forEach((byte, index) => {
    difference |= byte ^ (b[index] ?? 0);
  });
  return difference === 0;
}
