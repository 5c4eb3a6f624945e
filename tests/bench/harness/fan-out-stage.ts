/**
 * This server on both engines and its peers, each with as many viewers.
 *
 * Owns their processes and the windows of one order: a Worker answers it to its viewers, and a peer sends the very same
 * frames at the same pace to as many. Used by the cases that ask what a delivery costs.
 */
import * as z from "zod/mini";
import { type AnswerOrder } from "../programs/answer.ts";
import { order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";
import { startProgramChild, startWorkspace } from "./child.ts";
import { measureDelivery, receive, type Delivery, type Sender } from "./delivery.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "./engine.ts";

/** The peers, by the program that is one. */
export const PEERS = {
  ws: { label: "bare ws on Node", program: "broadcast-ws", engine: "node" },
  socketIo: { label: "Socket.IO on Node", program: "broadcast-socket-io", engine: "node" },
  bun: { label: "Bun's publish", program: "broadcast-bun", engine: "bun" },
} as const;
export type Peer = keyof typeof PEERS;

/** Whose windows alternate. */
export type FanOutSubject = Peer | Engine;

/** For people. */
export function subjectLabel(subject: FanOutSubject): string {
  return subject in PEERS ? PEERS[subject as Peer].label : `this server on ${ENGINE_LABELS[subject as Engine]}`;
}

/** What is to be delivered, and to how many. */
export interface FanOut {
  readonly viewers: number;
  readonly answer: AnswerOrder;
  readonly peers: readonly Peer[];
}

/** Everything that stands for the windows. */
export interface FanOutStage extends AsyncDisposable {
  readonly subjects: ReadonlyMap<FanOutSubject, () => Promise<Delivery>>;
}

/** Starts all of it. */
export async function openFanOut({ viewers, answer, peers }: FanOut): Promise<FanOutStage> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProgramChild("provider"));
  const crowd = stack.use(await startProgramChild("crowd"));
  const environment = { OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  const join = (group: string, url: string) => crowd.ask("open", { group, urls: [url], viewers }, z.undefined());

  const senders = new Map<FanOutSubject, Sender>();
  for (const engine of ENGINES) {
    const server = stack.use(await startWorkspace(engine, { environment }));
    const worker = await spawnWorker(server.url);
    await join(engine, viewerUrl(worker));
    senders.set(engine, { pid: server.pid, group: engine, send: () => order(worker, answer) });
  }
  const { frames } = await receive(crowd, senders.get("node")!);
  const burst = { frames, framesPerTick: answer.tokensPerTick ?? 1, intervalMs: answer.intervalMs };
  for (const peer of peers) {
    const publisher = stack.use(await startProgramChild(PEERS[peer].program, PEERS[peer].engine));
    await join(peer, await publisher.ask("address", null, z.url()));
    senders.set(peer, { pid: publisher.pid, group: peer, send: () => publisher.ask("burst", burst, z.undefined()) });
  }
  const kept = stack.move();
  return {
    subjects: new Map(Array.from(senders, ([name, sender]) => [name, () => measureDelivery(crowd, sender)])),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
