/**
 * Portkey's gateway in this process.
 *
 * Owns its start, and one repair: it writes into the headers of an answer that `fetch` gave it, which this Node no longer
 * lets anybody do. The repair costs it something for each request and nothing for each token.
 */
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";

const Environment = z.looseObject({ BENCH_PORTKEY_SCRIPT: z.string(), BENCH_PORTKEY_PORT: z.string() });

const LOOK_AGAIN_MS = 50;

/** Listens on the port that it is told. */
export async function start(): Promise<void> {
  const { BENCH_PORTKEY_SCRIPT: script, BENCH_PORTKEY_PORT: port } = Environment.parse(process.env);
  const { fetch: plainFetch, Response: PlainResponse } = globalThis;
  const url = `http://127.0.0.1:${port}`;
  globalThis.fetch = async (...request) => {
    const { body, status, headers } = await plainFetch(...request);
    return new PlainResponse(body, { status, headers });
  };
  process.argv.splice(2, Infinity, "--headless", `--port=${port}`);
  await import(/* @vite-ignore */ pathToFileURL(script).href);
  const isUp = () =>
    plainFetch(url).then(
      ({ body }) => body?.cancel().then(() => true) ?? true,
      () => false,
    );
  while (!(await isUp())) await wait(LOOK_AGAIN_MS);
  console.log(`\nPortkey is at ${url}`);
}
