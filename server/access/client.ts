/**
 * Who counts as one client.
 *
 * Owns the name by which a client's requests and viewers are counted. It is nobody's name for people, and never leaves the
 * server.
 */
import type { Identity } from "./identity.ts";
import type { Visitor } from "./visitor.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Who counts as one client, e.g. `user:ada` or `203.0.113.7`. */
    client: string;
  }
}

/**
 * Who counts as one client: `session:…`, `user:ada`, `203.0.113.7`. Of an IPv6 address only the network counts, since
 * whoever has one address there has all of them.
 */
export function clientOf(identity: Identity, { address }: Pick<Visitor, "address">): string {
  switch (identity.kind) {
    case "session":
      return `session:${identity.sessionId}`;
    case "user":
      return `user:${identity.name}`;
    default:
      return networkOf(address);
  }
}

const GROUPS_OF_NETWORK = 4;
const GROUPS = 8;

/** An IPv4 address as it is; of an IPv6 address its first 64 bits, as `2001:db8:0:0`. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().replace(/%.*/, "").split("::");
  const groupsOf = (text: string | undefined) => (text ? text.split(":") : []);
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups.slice(0, GROUPS_OF_NETWORK).join(":");
}
