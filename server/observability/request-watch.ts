/**
 * What is noted of each request.
 *
 * Owns its id, its place in the figures and its line in the log. A request is known by the pattern of its route: neither
 * the log nor the figures have its address, its query or its body.
 */
import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { asProblem } from "../../protocol/problem.ts";
import { randomHex, type Clock, type Random } from "../../runtime/clock.ts";
import type { Log, LogFields } from "../../runtime/log.ts";
import type { Metrics } from "./metrics.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Names the request in the log and in the answer's `X-Request-Id`. */
    requestId: string;
  }
}

/** What watching needs. */
export interface RequestWatchOptions {
  readonly log: Log;
  readonly metrics: Pick<Metrics, "requestAnswered">;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Whether a request comes through a proxy of the operator's, whose word for its id is taken. */
  readonly isFromProxy: (context: Context) => boolean;
}

const HEADER = "X-Request-Id";
const GIVEN_ID = /^[A-Za-z0-9._:-]{8,100}$/;
const ID_BYTES = 8;
const NO_ROUTE = "none";
const SWITCHING_PROTOCOLS = 101;

/** Names every request and notes how it was answered. It comes before everything else. */
export function watchRequests({ log, metrics, clock, random, isFromProxy }: RequestWatchOptions): MiddlewareHandler {
  const idOf = (context: Context): string => {
    const given = context.req.header(HEADER);
    const isTaken = given !== undefined && GIVEN_ID.test(given) && isFromProxy(context);
    return isTaken ? given : randomHex(random, ID_BYTES);
  };

  return async (context, next) => {
    const requestId = idOf(context);
    const startedMs = clock.now();
    context.set("requestId", requestId);
    context.header(HEADER, requestId);
    await next();
    const { method } = context.req;
    const route = routeOf(context);
    const status = isUpgraded(context) ? SWITCHING_PROTOCOLS : context.res.status;
    metrics.requestAnswered(method, route, status);
    const { error } = context;
    const code: LogFields = error === undefined ? {} : { code: asProblem(error).code };
    const fields = { request_id: requestId, method, route, status, duration_ms: clock.now() - startedMs, ...code };
    if (status >= 400) log.warning("A request failed", fields);
    else if (method === "GET" || method === "HEAD") log.debug("A request was answered", fields);
    else log.info("A command was answered", fields);
  };
}

/** The pattern of the last route that matched; what no route is for has none. */
function routeOf(context: Context): string {
  const path = routePath(context, -1);
  return path === "" || path === "*" || path === "/*" ? NO_ROUTE : path;
}

/** Platforms answer an upgrade each with a status of its own. */
function isUpgraded(context: Context): boolean {
  return context.res.ok && context.req.header("Upgrade")?.toLowerCase() === "websocket";
}
