/**
 * The ways by which a token can go from the provider to a viewer.
 *
 * Owns the processes of each way and what is read by it: straight from the provider, through this server to a Worker
 * inside it or in a Runtime's process, through this server at the pace that it has by default, through bare relays, and
 * through Portkey's gateway. Each way answers so many orders at once; the ages of the tokens are the reader's
 * (`programs/reader.ts`).
 */
import * as z from "zod/mini";
import type { AnswerOrder } from "../programs/answer.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";
import { startProgramChild, startWorkspace, type ProgramChild } from "./child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "./engine.ts";
import { portkeyHeaders, startPortkey } from "./portkey.ts";
import { REMOTE_RUNTIME_ID, startRemotePair } from "./remote.ts";

/** Where the Worker is. */
export const PLACES = ["embedded", "remote"] as const;
export type Place = (typeof PLACES)[number];
/** A way through this server, each token by itself. */
export type Ours = `${Engine} ${Place}`;
export const OURS: readonly Ours[] = PLACES.flatMap((place) => ENGINES.map((engine): Ours => `${engine} ${place}`));

/** A way through this server to a Worker inside it, where tokens that follow closely share an event, as they do by default. */
export type AsItComes = `${Engine} as it comes`;
export const AS_IT_COMES: readonly AsItComes[] = ENGINES.map((engine): AsItComes => `${engine} as it comes`);

/** The peers, for people. */
export const PEER_LABELS = {
  relay: "one ws relay",
  relays: "two ws relays",
  portkey: "Portkey's gateway",
} as const;
/** A way through something else. */
export type Peer = keyof typeof PEER_LABELS;
export const PEERS: readonly Peer[] = ["relay", "relays", "portkey"];

/** Any way with somebody between. */
export type Through = Ours | AsItComes | Peer;

/** For people. */
export function wayLabel(way: Through): string {
  if (way in PEER_LABELS) return PEER_LABELS[way as Peer];
  const [engine, ...manner] = way.split(" ");
  return `${ENGINE_LABELS[engine as Engine]}, ${manner.join(" ")}`;
}

/** A way from the provider to the reader. */
export interface Way {
  /** Whoever stands between; nobody where the provider is read directly. */
  readonly pids: readonly number[];
  /** Has the orders answered. @returns the age of each token, in microseconds */
  readonly read: (orders: readonly AnswerOrder[]) => Promise<readonly number[]>;
}

const Ages = z.array(z.number());

/** Starts everything; it ends with the stack. @param streams How many orders at once there are at the most. */
export async function openWays(
  stack: AsyncDisposableStack,
  streams: number,
): Promise<ReadonlyMap<"direct" | Through, Way>> {
  const provider = stack.use(await startProgramChild("provider"));
  const reader = stack.use(await startProgramChild("reader"));
  const providerUrl = await provider.ask("address", null, z.url());
  const ways = new Map<"direct" | Through, Way>();
  ways.set("direct", { pids: [], read: (orders) => reader.ask("direct", { providerUrl, orders }, Ages) });
  for (const engine of ENGINES) {
    const environment = { OPENAI_BASE_URL: providerUrl };
    const { backend, runtime } = stack.use(await startRemotePair(engine, { environment }));
    for (const place of PLACES) {
      const runtimeId = place === "remote" ? REMOTE_RUNTIME_ID : EMBEDDED_RUNTIME_ID;
      const pids = place === "remote" ? [backend.pid, runtime.pid] : [backend.pid];
      ways.set(`${engine} ${place}`, { pids, read: await openWorkers(reader, backend.url, runtimeId, streams) });
    }
    const paced = stack.use(await startWorkspace(engine, { environment, isPaced: true }));
    const read = await openWorkers(reader, paced.url, EMBEDDED_RUNTIME_ID, streams);
    ways.set(`${engine} as it comes`, { pids: [paced.pid], read });
  }
  const publisher = stack.use(await startProgramChild("broadcast-ws"));
  const relay = stack.use(await startProgramChild("relay-ws"));
  await relay.ask("follow", { url: await publisher.ask("address", null, z.url()) }, z.undefined());
  const relayed = { publisher, reader, providerUrl, streams };
  ways.set("relay", { pids: [publisher.pid], read: await openRelay("near", publisher, relayed) });
  ways.set("relays", { pids: [publisher.pid, relay.pid], read: await openRelay("far", relay, relayed) });

  const portkey = stack.use(await startPortkey(providerUrl));
  const gateway = { providerUrl: `${portkey.url}/v1`, headers: portkeyHeaders(providerUrl) };
  ways.set("portkey", {
    pids: [portkey.pid],
    read: (orders) => reader.ask("direct", { ...gateway, orders }, Ages),
  });
  return ways;
}

/** Has the reader watch new Workers, one per order. */
async function openWorkers(
  reader: ProgramChild,
  serverUrl: string,
  runtimeId: string,
  streams: number,
): Promise<Way["read"]> {
  const through = { serverUrl, runtimeId };
  await reader.ask("open", { ...through, workers: streams }, z.undefined());
  return (orders) => reader.ask("through", { ...through, orders }, Ages);
}

interface Relayed {
  readonly publisher: ProgramChild;
  readonly reader: ProgramChild;
  readonly providerUrl: string;
  readonly streams: number;
}

/** Has the reader watch topics of its own, one per order. @param last Whoever the reader is connected to. */
async function openRelay(
  name: string,
  last: ProgramChild,
  { publisher, reader, providerUrl, streams }: Relayed,
): Promise<Way["read"]> {
  const address = new URL(await last.ask("address", null, z.url()));
  const topics = Array.from({ length: streams }, (_, index) => `${name}-${index}`);
  const urls = topics.map((topic) => new URL(`?topic=${topic}`, address).href);
  await reader.ask("watch", { name, urls }, z.undefined());
  return async (orders) => {
    const answers = orders.map((order, index) => ({ topic: topics[index], order }));
    // The provider thinks before it speaks, so whoever is asked at the same time is ready when it does.
    const [ages] = await Promise.all([
      reader.ask("relayed", { name, count: orders.length }, Ages),
      publisher.ask("relay", { providerUrl, answers }, z.undefined()),
    ]);
    return ages;
  };
}
