/**
 * Durable Streams, a peer of the resume: streams over HTTP that are read from an offset on.
 *
 * Owns which version it is, a history in it and the client that comes back: the package's own, which reads what is
 * missing and then goes on live, as it does where nobody forbids it.
 */
import { startOwnProgram } from "./child.ts";
import { fetchPackages, importFetched } from "./fetched.ts";
import type { MissedHistory, TimeToResume } from "./missed-history.ts";

const VERSION = "0.3.7";
const APPENDED_AT_ONCE = 1_000;
const HEADERS = { "Content-Type": "application/json" };
const NEXT_OFFSET = "Stream-Next-Offset";

interface Reading {
  subscribeJson(onBatch: (batch: { readonly items: readonly unknown[]; readonly offset: string }) => void): unknown;
}
interface ClientModule {
  readonly stream: (options: {
    readonly url: string;
    readonly offset: string;
    readonly signal: AbortSignal;
  }) => Promise<Reading>;
}

/** A server that keeps histories, one in each stream. */
export interface DurableStreams {
  readonly version: string;
  readonly open: (history: MissedHistory) => Promise<TimeToResume>;
}

/** Starts the server; it ends with the stack. */
export async function startDurableStreams(stack: AsyncDisposableStack): Promise<DurableStreams> {
  const folder = await fetchPackages(`durable-streams-${VERSION}`, [`@durable-streams/server@${VERSION}`]);
  const { stream } = await importFetched<ClientModule>(folder, "@durable-streams/client/dist/index.js");
  const server = stack.use(await startOwnProgram("durable-streams", { BENCH_PACKAGES: folder }));
  return {
    version: VERSION,
    async open({ events, missed }) {
      const url = `${server.url}/after-${events}`;
      await send("PUT", url);
      let offset = "";
      for (let left = events - missed.length; left > 0; left -= APPENDED_AT_ONCE) {
        offset = await append(url, repeated(missed, Math.min(left, APPENDED_AT_ONCE)));
      }
      let newest = "";
      // They came one by one, as events of an answer do.
      for (const frame of missed) newest = await append(url, [frame]);
      return async () => {
        const over = new AbortController();
        const startedMs = performance.now();
        const found = Promise.withResolvers<string>();
        let left = missed.length;
        const response = await stream({ url, offset, signal: over.signal });
        response.subscribeJson((batch) => {
          left -= batch.items.length;
          if (left <= 0) found.resolve(batch.offset);
        });
        const reached = await found.promise;
        const elapsedMs = performance.now() - startedMs;
        over.abort();
        if (left !== 0 || reached !== newest) {
          throw new Error("Cannot measure a resume: other events came than were missed");
        }
        return elapsedMs;
      };
    },
  };
}

function repeated(frames: readonly string[], count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => frames[index % frames.length] ?? "");
}

/** @returns the offset that follows */
async function append(url: string, frames: readonly string[]): Promise<string> {
  const offset = (await send("POST", url, `[${frames.join(",")}]`)).get(NEXT_OFFSET);
  if (offset === null) throw new Error("Cannot write a history: the server has told no offset");
  return offset;
}

async function send(method: string, url: string, body: string | null = null): Promise<Headers> {
  const response = await fetch(url, { method, headers: HEADERS, body });
  if (!response.ok) throw new Error(`Cannot write a history: ${method} ${url} was answered with ${response.status}`);
  await response.arrayBuffer();
  return response.headers;
}
