/**
 * Portkey's gateway, the peer of the hop: one hop between a client and a provider.
 *
 * Owns which version it is and how it is started.
 */
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { startOwnProgram, type ServerChild } from "./child.ts";
import { fetchPackages } from "./fetched.ts";

const VERSION = "1.15.2";
const SCRIPT = "node_modules/@portkey-ai/gateway/build/start-server.js";

/** What a request through it needs, so that it goes to the provider stub. */
export function portkeyHeaders(providerUrl: string): Readonly<Record<string, string>> {
  return {
    Authorization: "Bearer none",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": providerUrl,
  };
}

/** Starts it and waits until it listens. */
export async function startPortkey(providerUrl: string): Promise<ServerChild> {
  const folder = await fetchPackages(`portkey-${VERSION}`, [`@portkey-ai/gateway@${VERSION}`]);
  const { hostname } = new URL(providerUrl);
  return startOwnProgram("portkey", {
    BENCH_PORTKEY_SCRIPT: join(folder, SCRIPT),
    BENCH_PORTKEY_PORT: String(await freePort()),
    TRUSTED_CUSTOM_HOSTS: hostname,
  });
}

/** It takes a port but no 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("Cannot find a free port");
  return address.port;
}
