/**
 * Which sites a request may come from.
 *
 * Owns two pure rules against other websites in the same browser. The `Host` rule keeps out names that someone has pointed
 * at this address (DNS rebinding); the `Origin` rule keeps out other sites' posts and sockets, which no cookie rule of a
 * browser stops for sockets. Programs that are no browsers send neither `Origin` nor `Sec-Fetch-Site` and pass.
 */
import { ProblemError } from "../../protocol/problem.ts";
import { isRead } from "../../protocol/request-method.ts";
import { hostName, isLoopbackName, isOfAnotherSite, type RequestSite } from "../../runtime/rest/request-site.ts";

/** What is let in besides the server's own addresses. */
export interface SiteRules {
  /** Host names, lower case, without a port; null: any, since something else tells visitors apart. */
  readonly hosts: ReadonlySet<string> | null;
  /** Other origins whose posts and sockets are taken, as browsers write them, e.g. `https://console.example`. */
  readonly origins: ReadonlySet<string>;
}

/** What the rules look at. The host is the browser's: behind a trusted proxy, what that forwards. */
export interface SiteRequest extends RequestSite {
  readonly method: string;
  readonly path: string;
  readonly isSocket: boolean;
}

/**
 * Refuses a request that another site may have made.
 *
 * @throws ProblemError host_refused, origin_refused
 */
export function checkSite(request: SiteRequest, { hosts, origins }: SiteRules): void {
  const name = hostName(request.host);
  if (name === null) throw new ProblemError("host_refused", "Host: expected the name of this server.");
  if (hosts !== null && !isLoopbackName(name) && !hosts.has(name)) {
    throw new ProblemError(
      "host_refused",
      "Host: this server does not go by that name. Whoever runs it can add the name to YOI_ALLOWED_HOSTS.",
    );
  }
  if (isForeign(request, origins)) {
    throw new ProblemError(
      "origin_refused",
      "Origin: this server takes no commands and no sockets from other sites. Whoever runs it can add one to YOI_ALLOWED_ORIGINS.",
    );
  }
}

function isForeign(request: SiteRequest, origins: ReadonlySet<string>): boolean {
  const { method, path, isSocket, origin } = request;
  const matters = isSocket || !isRead(method) || path.startsWith("/api/");
  const isListed = origin !== undefined && origins.has(origin);
  return matters && !isListed && isOfAnotherSite(request);
}
