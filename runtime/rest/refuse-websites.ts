/**
 * Websites, where no token keeps them out.
 *
 * Owns what a Runtime without a token still asks of a request. Whoever may command it is a program; but any page that
 * is open in a browser on the same machine reaches its address too.
 */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../../protocol/problem.ts";
import { hostName, isLoopbackName, isOfAnotherSite } from "./request-site.ts";

/**
 * Refuses what a website's page may have sent.
 *
 * @param isLocal Whether only this machine reaches the address: then no other name of it is right.
 */
export function refuseWebsites(isLocal: boolean): MiddlewareHandler {
  return ({ req }, next) => {
    const host = req.header("Host") ?? new URL(req.url).host;
    // To a browser, the pages of a name that somebody has pointed here are of the same site (DNS rebinding).
    if (isLocal && !isLoopbackName(hostName(host) ?? "")) {
      throw new ProblemError("host_refused", "Host: without a token this Runtime goes by the names of loopback only.");
    }
    if (isOfAnotherSite({ host, origin: req.header("Origin"), fetchSite: req.header("Sec-Fetch-Site") })) {
      throw new ProblemError("origin_refused", "Origin: this Runtime takes nothing from websites.");
    }
    return next();
  };
}
