/**
 * A port to come back to: no system hands it out by itself, so that it is nobody else's while nobody listens on it.
 *
 * Owns which one. A port that was given by chance and let go of may be another test's a moment later.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";

/** Below those that systems give to connections, and to who asks for any port. */
const FIRST = 20_000;
const COUNT = 10_000;
/** Tests in processes beside each other begin so far apart. */
const APART = 100;

let next = (process.pid * APART) % COUNT;

/** Takes one that is free. */
export async function takeLastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next % COUNT);
    next += 1;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
