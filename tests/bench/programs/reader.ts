/**
 * The reader of the hop: the same answers straight from the provider, through the server, from Workers of any of its
 * Runtimes, and through bare relays.
 *
 * Owns the ways of reading. Each tells the age of every token at the moment at which the reader has its text, so that
 * the difference between them is what the server adds.
 */
import * as z from "zod/mini";
import type { WebSocket } from "ws";
import { answerRequests } from "../harness/control.ts";
import { AnswerOrder, stampAgesUs } from "./answer.ts";
import { openViewer } from "./open-viewer.ts";
import { readChat } from "./read-chat.ts";
import { order, spawnWorker, viewerUrl, type WorkerUrl } from "./worker-client.ts";

const Open = z.strictObject({ serverUrl: z.url(), runtimeId: z.string(), workers: z.number() });
const Direct = z.strictObject({
  providerUrl: z.url(),
  /** What a gateway in front of the provider wants to be told. */
  headers: z.optional(z.record(z.string(), z.string())),
  orders: z.array(AnswerOrder),
});
const Through = z.strictObject({ serverUrl: z.url(), runtimeId: z.string(), orders: z.array(AnswerOrder) });
const Watch = z.strictObject({ name: z.string(), urls: z.array(z.url()) });
const Relayed = z.strictObject({ name: z.string(), count: z.number() });

interface Observed {
  readonly worker: WorkerUrl;
  readonly viewer: WebSocket;
}

interface EventFrame {
  readonly envelope?: { readonly payload: { readonly event: string; readonly data?: Record<string, unknown> } };
}

/** Answers with ages in microseconds, one per token. */
export function start(): void {
  const runtimes = new Map<string, readonly Observed[]>();
  const relayed = new Map<string, readonly WebSocket[]>();
  const keyOf = (serverUrl: string, runtimeId: string): string => `${serverUrl} ${runtimeId}`;
  answerRequests({
    async open(argument) {
      const { serverUrl, runtimeId, workers } = Open.parse(argument);
      const observed = await Promise.all(Array.from({ length: workers }, () => observeNewWorker(serverUrl, runtimeId)));
      runtimes.set(keyOf(serverUrl, runtimeId), observed);
    },
    async direct(argument) {
      const { providerUrl, headers = {}, orders } = Direct.parse(argument);
      return (await Promise.all(orders.map((answer) => readDirect(providerUrl, headers, answer)))).flat();
    },
    async through(argument) {
      const { serverUrl, runtimeId, orders } = Through.parse(argument);
      const observed = runtimes.get(keyOf(serverUrl, runtimeId)) ?? [];
      if (observed.length < orders.length) throw new RangeError("Cannot read: more orders than Workers");
      const ages = observed
        .slice(0, orders.length)
        .map(({ worker, viewer }, index) => readFrames(viewer, () => order(worker, orders[index]!)));
      return (await Promise.all(ages)).flat();
    },
    /** Watches topics, in their order. */
    async watch(argument) {
      const { name, urls } = Watch.parse(argument);
      relayed.set(name, await Promise.all(urls.map(openViewer)));
    },
    /** Reads the first so many of them until each answer is over; somebody else has them said. */
    async relayed(argument) {
      const { name, count } = Relayed.parse(argument);
      const viewers = relayed.get(name) ?? [];
      if (viewers.length < count) throw new RangeError("Cannot read: more answers than topics");
      return (await Promise.all(viewers.slice(0, count).map((viewer) => readFrames(viewer, async () => {})))).flat();
    },
  });
}

async function observeNewWorker(serverUrl: string, runtimeId: string): Promise<Observed> {
  const worker = await spawnWorker(serverUrl, runtimeId);
  return { worker, viewer: await openViewer(viewerUrl(worker)) };
}

async function readDirect(
  providerUrl: string,
  headers: Readonly<Record<string, string>>,
  answer: AnswerOrder,
): Promise<number[]> {
  const ages: number[] = [];
  for await (const text of readChat(providerUrl, answer, { headers })) ages.push(...stampAgesUs(text));
  return ages;
}

/** Reads an answer from its frames. @param ask Has it said, once the reader listens. */
async function readFrames(viewer: WebSocket, ask: () => Promise<void>): Promise<number[]> {
  const ages: number[] = [];
  const ended = Promise.withResolvers<void>();
  const onMessage = (data: Buffer): void => {
    const { envelope }: EventFrame = JSON.parse(data.toString());
    const text = envelope?.payload.data?.["text"];
    if (envelope?.payload.event === "text_delta" && typeof text === "string") ages.push(...stampAgesUs(text));
    if (envelope?.payload.data?.["status"] === "idle") ended.resolve();
  };
  viewer.on("message", onMessage);
  try {
    await ask();
    await ended.promise;
    return ages;
  } finally {
    viewer.off("message", onMessage);
  }
}
