/**
 * What is noted of each request, to the workspace server and to the Runtime process alike.
 *
 * Owns its id, its span, its place in the figures and its line in the log. A request is known by the pattern of its route:
 * neither the log, the figures nor the span have its address, its query or its body.
 */
import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { asProblem } from "../../protocol/problem.ts";
import { randomHex, type Clock, type Random } from "../clock.ts";
import type { Log, LogFields } from "../log.ts";
import type { ProcessMetrics } from "../metrics/process-metrics.ts";
import { parseTraceparent, TRACEPARENT } from "../tracing/trace-context.ts";
import { ERROR_TYPE, type Attributes, type Span, type Tracing } from "../tracing/tracing.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Names the request in the log and in the answer's `X-Request-Id`. */
    requestId: string;
    /** What goes on past the answer, as a viewer's join, belongs to it. */
    span: Span;
  }
}

/** What watching needs. */
export interface RequestWatchOptions {
  readonly log: Log;
  readonly metrics: Pick<ProcessMetrics, "requestAnswered">;
  readonly tracing: Tracing;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Whether a request comes from who may name it and say whether it is traced: a proxy of the operator's, or a Backend. */
  readonly isTrusted: (context: Context) => boolean;
}

const HEADER = "X-Request-Id";
const GIVEN_ID = /^[A-Za-z0-9._:-]{8,100}$/;
const ID_BYTES = 8;
const NO_ROUTE = "none";
const SWITCHING_PROTOCOLS = 101;
/** Asked for by machines all the time, with the same answer. */
const UNTRACED: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Names every request and notes how it was answered. It comes before everything else. */
export function watchRequests(options: RequestWatchOptions): MiddlewareHandler {
  const { log, metrics, tracing, clock, random, isTrusted } = options;

  const idOf = (context: Context, isSenderTrusted: boolean): string => {
    const given = context.req.header(HEADER);
    const isTaken = given !== undefined && GIVEN_ID.test(given) && isSenderTrusted;
    return isTaken ? given : randomHex(random, ID_BYTES);
  };

  const answer = async (context: Context, next: () => Promise<void>, span: Span | null): Promise<void> => {
    const requestId = context.get("requestId");
    const startedMs = clock.now();
    await next();
    const { method } = context.req;
    const route = routeOf(context);
    const status = isUpgraded(context) ? SWITCHING_PROTOCOLS : context.res.status;
    metrics.requestAnswered(method, route, status);
    const { error } = context;
    const code = error === undefined ? null : asProblem(error).code;
    const failure: LogFields = code === null ? {} : { code };
    const fields = { request_id: requestId, method, route, status, duration_ms: clock.now() - startedMs, ...failure };
    if (status >= 400) log.warning("A request failed", fields);
    else if (method === "GET" || method === "HEAD") log.debug("A request was answered", fields);
    else log.info("A command was answered", fields);
    if (span === null) return;
    span.rename(route === NO_ROUTE ? method : `${method} ${route}`);
    span.set({ "http.response.status_code": status, ...(route === NO_ROUTE ? {} : { "http.route": route }) });
    span.set(namesOf(context));
    // What a client did wrong is no failure of who answers it.
    if (status >= 500) span.fail(code ?? String(status));
    else if (code !== null) span.set({ [ERROR_TYPE]: code });
  };

  return async (context, next) => {
    const isSenderTrusted = isTrusted(context);
    const id = idOf(context, isSenderTrusted);
    context.set("requestId", id);
    context.header(HEADER, id);
    if (UNTRACED.has(context.req.path)) return answer(context, next, null);
    const { method } = context.req;
    const sender = parseTraceparent(context.req.header(TRACEPARENT));
    const span = tracing.start(method, {
      kind: "server",
      attributes: { "http.request.method": method, "yoi.request.id": id },
      request: { id, sender, isSenderTrusted },
    });
    context.set("span", span);
    try {
      await tracing.within(span, () => answer(context, next, span));
    } finally {
      span.end();
    }
  };
}

/** Who is asked for, where they are ids at all. */
function namesOf(context: Context): Attributes {
  const runtime = RuntimeId.safeParse(context.req.param("runtime_id"));
  const worker = WorkerId.safeParse(context.req.param("worker_id"));
  return {
    ...(runtime.success ? { "yoi.runtime.id": runtime.data } : {}),
    ...(worker.success ? { "yoi.worker.id": worker.data } : {}),
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
