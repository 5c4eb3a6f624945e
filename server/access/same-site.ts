/**
 * Which sites a request may come from.
 *
 * Owns two pure rules against other websites in the same browser. The `Host` rule keeps out names that someone has pointed
 * at this address (DNS rebinding); the `Origin` rule keeps out other sites' posts and sockets, which no cookie rule of a
 * browser stops for sockets. Programs that are no browsers send neither `Origin` nor `Sec-Fetch-Site` and pass.
 */
import { ProblemError } from "../../protocol/problem.ts";
import { isRead } from "../../protocol/request-method.ts";

/** What is let in besides the server's own addresses. */
export interface SiteRules {
  /** Host names, lower case, without a port; null: any, since something else tells visitors apart. */
  readonly hosts: ReadonlySet<string> | null;
  /** Other origins whose posts and sockets are taken, as browsers write them, e.g. `https://console.example`. */
  readonly origins: ReadonlySet<string>;
}

/** What the rules look at. */
export interface SiteRequest {
  readonly method: string;
  readonly path: string;
  readonly isSocket: boolean;
  /** Of the request as the browser made it: behind a trusted proxy, what the proxy forwards. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined;
}

const LOOPBACK_NAME = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const HOST_PATTERN = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]{1,253})(?::\d{1,5})?$/;

/** The name in a `Host` header without its port, in lower case, or null where it is none. */
export function hostName(host: string | undefined): string | null {
  return HOST_PATTERN.exec(host?.toLowerCase() ?? "")?.[1] ?? null;
}

/** Whether a name always means this machine. */
function isLoopbackName(name: string): boolean {
  return LOOPBACK_NAME.test(name);
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

function isForeign({ method, path, isSocket, host, origin, fetchSite }: SiteRequest, origins: ReadonlySet<string>) {
  const matters = isSocket || !isRead(method) || path.startsWith("/api/");
  if (!matters) return false;
  if (origin === undefined) return fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none";
  return !origins.has(origin) && hostOf(origin) !== host?.toLowerCase();
}

/** `host[:port]` of an origin; null for `null` and for what is none. */
function hostOf(origin: string): string | null {
  try {
    const { protocol, host } = new URL(origin);
    return protocol === "http:" || protocol === "https:" ? host : null;
  } catch {
    return null;
  }
}
