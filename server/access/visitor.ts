/**
 * What a request says of where it comes from.
 *
 * Owns which of it is believed: the connection's own address always, and what proxies forward only where the connection
 * comes from an address that the operator named. Nobody else decides on an `X-Forwarded-*` header.
 */
import type { Context } from "hono";

/** What is believed of forwarding proxies. */
export interface ProxyTrust {
  /** The address at the other end of the connection; null where the platform does not tell. */
  readonly peerAddress: (context: Pick<Context, "env">) => string | null;
  /** Whether an address is one of the operator's proxies. */
  readonly isTrusted: (address: string) => boolean;
  /** Header in which such a proxy names the user, e.g. `X-Forwarded-User`; null: none does. */
  readonly userHeader: string | null;
}

/** Where a request comes from, as far as it is believed. */
export interface Visitor {
  /** The address to count tries and requests by. */
  readonly address: string;
  readonly host: string | undefined;
  readonly isSecure: boolean;
  /** Whom a trusted proxy names. */
  readonly user: string | null;
}

const MAX_HOPS = 16;
const USER_PATTERN = /^[\x21-\x7e]{1,200}$/;
const UNKNOWN_ADDRESS = "unknown";

/** Reads a request's visitor. */
export function visitorOf(context: Context, { peerAddress, isTrusted, userHeader }: ProxyTrust): Visitor {
  const { req } = context;
  const peer = plainAddress(peerAddress(context) ?? UNKNOWN_ADDRESS);
  const isProxied = isTrusted(peer);
  const forwarded = (name: string) => (isProxied ? newest(req.header(name)) : undefined);
  const user = isProxied && userHeader !== null ? (req.header(userHeader) ?? null) : null;
  return {
    address: isProxied ? originalAddress(peer, req.header("X-Forwarded-For"), isTrusted) : peer,
    host: forwarded("X-Forwarded-Host") ?? req.header("Host") ?? new URL(req.url).host,
    isSecure: (forwarded("X-Forwarded-Proto") ?? new URL(req.url).protocol.slice(0, -1)) === "https",
    user: user !== null && USER_PATTERN.test(user) ? user : null,
  };
}

/** The prefix that a trusted proxy says it has taken from a request's path, as it came. */
export function forwardedPrefix(headers: Headers, env: unknown, proxies: ProxyTrust): string | undefined {
  const header = headers.get("X-Forwarded-Prefix");
  if (header === null) return undefined;
  const peer = plainAddress(proxies.peerAddress({ env }) ?? UNKNOWN_ADDRESS);
  return proxies.isTrusted(peer) ? newest(header) : undefined;
}

/** Whether a request comes from one of the operator's proxies. */
export function isFromProxy(context: Context, { peerAddress, isTrusted }: ProxyTrust): boolean {
  return isTrusted(plainAddress(peerAddress(context) ?? UNKNOWN_ADDRESS));
}

/** An IPv4 address that came over an IPv6 socket, as itself. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith("::ffff:") ? address.slice(7) : address;
}

/** Some proxies write `203.0.113.9:51234` and `[2001:db8::9]:51234`: whoever comes from there has every port. */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}

/** The newest address that is none of the operator's proxies: what comes before it, anybody may have written. */
function originalAddress(peer: string, header: string | undefined, isTrusted: (address: string) => boolean): string {
  const hops = (header ?? "")
    .split(",")
    .map((hop) => plainAddress(withoutPort(hop.trim())))
    .filter((hop) => hop !== "")
    .slice(-MAX_HOPS);
  return hops.findLast((hop) => !isTrusted(hop)) ?? hops[0] ?? peer;
}

/** The value that the nearest proxy wrote. */
function newest(header: string | undefined): string | undefined {
  const value = header?.split(",").at(-1)?.trim();
  return value === "" ? undefined : value;
}
