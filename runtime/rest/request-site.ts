/**
 * Which site a request comes from.
 *
 * Owns the reading of `Host`, `Origin` and `Sec-Fetch-Site`, for the workspace server and the Runtime process alike.
 * What is let in is the caller's.
 */

/** What a browser says of where a request comes from and goes to. */
export interface RequestSite {
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
export function isLoopbackName(name: string): boolean {
  return LOOPBACK_NAME.test(name);
}

/** Whether another site's page may have sent it. Programs that are no browsers send neither header. */
export function isOfAnotherSite({ host, origin, fetchSite }: RequestSite): boolean {
  if (origin === undefined) return fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none";
  return host === undefined || !isOriginAt(origin, host.toLowerCase());
}

/** The port that goes without saying, by a website's protocol. */
const PLAIN_PORTS: ReadonlyMap<string, RegExp> = new Map([
  ["http:", /:80$/],
  ["https:", /:443$/],
]);

/** Whether an origin is a website's at this `host[:port]`; `null`, and what is no origin, is at none. */
function isOriginAt(origin: string, host: string): boolean {
  try {
    const { protocol, host: from } = new URL(origin);
    const plainPort = PLAIN_PORTS.get(protocol);
    // Some proxies write every port into the name that they pass on; in a browser's origin the plain one never stands.
    return plainPort !== undefined && from === host.replace(plainPort, "");
  } catch {
    return false;
  }
}
