/**
 * Who is at the other end on Deno.
 *
 * Owns the one reading of what Deno's server hands to the app.
 */
import type { Context } from "hono";

/** The environment of a request on Deno. */
export interface DenoEnv {
  readonly remoteAddress: string;
}

/** The address at the other end of a request's connection. */
export function peerAddress(context: Pick<Context, "env">): string | null {
  // why: the environment of a request is whatever its server hands to the app; ours hands over a DenoEnv.
  return (context.env as Partial<DenoEnv>).remoteAddress ?? null;
}
