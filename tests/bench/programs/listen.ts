/**
 * A free port on this machine.
 *
 * Owns the step from an HTTP server to its address.
 */
import { once } from "node:events";
import type { Server } from "node:http";

/** Listens and answers `http://127.0.0.1:41234`. */
export async function listenLocally(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("Cannot tell the port of a listening server");
  return `http://127.0.0.1:${address.port}`;
}
