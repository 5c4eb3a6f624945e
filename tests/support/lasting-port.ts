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
/** Test files beside each other have one each: a port that one has taken looks free until somebody listens on it. */
const STRETCHES = 10;
const COUNT = 1_000;
/** In it, whole runs beside each other begin so far apart. */
const APART = 20;

const first = FIRST + (Number(process.env["VITEST_POOL_ID"] ?? 0) % STRETCHES) * COUNT;
let next = (process.pid * APART) % COUNT;

/** Takes one that is free. */
export async function takeLastingPort(): Promise<number> {
  for (;;) {
    const port = first + (next % COUNT);
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
