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
  return hostOf(origin) !== host?.toLowerCase();
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
