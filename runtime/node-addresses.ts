/**
 * Addresses on Node (and on Deno, which has the same module).
 *
 * Owns who is at the other end of a connection, and lists of networks.
 */
import { BlockList, isIP, type Socket } from "node:net";
import type { Context } from "hono";

/** The address at the other end of a request's connection; null where it is gone. */
export function peerAddress(context: Pick<Context, "env">): string | null {
  // why: the environment of a request is whatever its server hands to the app; ours hand over the incoming message.
  const { incoming } = context.env as { readonly incoming?: { readonly socket?: Socket } };
  return incoming?.socket?.remoteAddress ?? null;
}

/**
 * Whether an address is in one of some networks.
 *
 * @param networks Addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
 * @throws RangeError that names the first that is none
 */
export function networkList(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const subnet = subnetOf(network);
    if (subnet === null) throw new RangeError(`Cannot list "${network}": it is no address and no network`);
    list.addSubnet(subnet.address, subnet.prefix, subnet.family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Whether a text is an address or a network, which {@link networkList} takes. */
export function isNetwork(text: string): boolean {
  return subnetOf(text) !== null;
}

function subnetOf(network: string) {
  const [address = "", bits] = network.split("/");
  const family = isIP(address) === 6 ? ("ipv6" as const) : ("ipv4" as const);
  const maxBits = family === "ipv6" ? 128 : 32;
  const prefix = bits === undefined ? maxBits : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return isIP(address) !== 0 && prefix <= maxBits ? { address, prefix, family } : null;
}
