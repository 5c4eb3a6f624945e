/**
 * What a server that is on its way down still does.
 *
 * Owns the refusal of whatever would begin something: commands, sockets, and the question whether it is ready. Pages and
 * reads are answered to the end, so that nobody who only looks notices anything.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../protocol/problem.ts";

const READINESS_PATH = "/readyz";
/** A Worker's events, over a socket or without one. */
const EVENTS_PATH = /\/events(?:\/|$)/;

/** Refuses what would begin something. */
export function refuseWhileStopping(isStopping: () => boolean): MiddlewareHandler {
  return (context, next) => {
    const { req } = context;
    const begins = req.method !== "GET" && req.method !== "HEAD";
    const isStream = req.header("Upgrade") !== undefined || EVENTS_PATH.test(req.path);
    if (isStopping() && (begins || isStream || req.path === READINESS_PATH)) {
      throw new ProblemError("shutting_down", "The server is shutting down; come back in a moment.");
    }
    return next();
  };
}
