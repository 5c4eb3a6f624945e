/**
 * Where the app is served, from the browser's point of view.
 *
 * Owns how a request's base path is found: the operator's setting, or else the prefix that a trusted
 * proxy says it has taken away. Proxies that keep the prefix and proxies that strip it are served alike, so the app itself
 * only ever sees paths without it.
 */
import { getPath } from "hono/utils/url";
import { BasePath } from "../runtime/settings/base-path.ts";
import { forwardedPrefix, type ProxyTrust } from "./access/visitor.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Where the app is served for this request: `/`, or a prefix such as `/yoi/`. */
    base: string;
  }
}

/** How requests and bases belong together. */
export interface BasePaths {
  /** Where a request's answers say that the app is. */
  of(request: Request, env: unknown): string;
  /** The path of a request, decoded, without the base where it came with it. */
  pathOf(request: Request, env: unknown): string;
}

/** @param configured The operator's; `/` leaves it to a trusted proxy's `X-Forwarded-Prefix`. */
export function createBasePaths(configured: string, proxies: ProxyTrust): BasePaths {
  const of = (request: Request, env: unknown): string => {
    if (configured !== "/") return configured;
    const prefix = forwardedPrefix(request.headers, env, proxies);
    const parsed = prefix === undefined ? null : BasePath.safeParse(prefix);
    return parsed?.success ? parsed.data : "/";
  };
  return { of, pathOf: (request, env) => withoutBase(getPath(request), of(request, env)) };
}

/** A path without its base: `/yoi/api` is `/api` under `/yoi/`; what does not begin with the base stays as it is. */
export function withoutBase(path: string, base: string): string {
  return path.startsWith(base) ? path.slice(base.length - 1) : path;
}
