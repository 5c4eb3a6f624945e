/**
 * The crowd of the fan-out case: many viewers in one process.
 *
 * Owns their sockets and the count of what they receive. It parses nothing, so that it is never what the others wait for.
 */
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { endsRun, openViewer } from "./worker-client.ts";

const Open = z.strictObject({ url: z.url(), viewers: z.number() });
const Group = z.strictObject({ url: z.url() });

/** What a crowd received between two questions. */
export const Received = z.strictObject({
  deliveries: z.number(),
  bytes: z.number(),
  /** Every frame of the first viewer, in order. */
  frames: z.array(z.string()),
});
export type Received = z.infer<typeof Received>;

interface Count {
  deliveries: number;
  bytes: number;
  readonly frames: string[];
  /** Viewers that have not seen the end yet. */
  awaited: number;
  readonly ended: PromiseWithResolvers<void>;
}

/** Opens viewers and counts for them. */
export function start(): void {
  const sizes = new Map<string, number>();
  const counts = new Map<string, Count>();
  const newCount = (url: string): Count => ({
    deliveries: 0,
    bytes: 0,
    frames: [],
    awaited: sizes.get(url) ?? 0,
    ended: Promise.withResolvers<void>(),
  });

  answerRequests({
    async open(argument) {
      const { url, viewers } = Open.parse(argument);
      sizes.set(url, viewers);
      counts.set(url, newCount(url));
      const sockets = await Promise.all(Array.from({ length: viewers }, () => openViewer(url)));
      for (const socket of sockets) socket.on("message", (frame: Buffer) => take(counts.get(url), frame));
      sockets[0]?.on("message", (frame: Buffer) => counts.get(url)?.frames.push(frame.toString()));
    },
    /** From here on is counted. */
    arm(argument) {
      const { url } = Group.parse(argument);
      counts.set(url, newCount(url));
    },
    /** Answers when every viewer has seen the end. */
    async finish(argument): Promise<Received> {
      const { url } = Group.parse(argument);
      const count = counts.get(url);
      if (count === undefined) throw new RangeError(`Cannot finish ${url}: it was not opened`);
      await count.ended.promise;
      const { deliveries, bytes, frames } = count;
      return { deliveries, bytes, frames };
    },
  });
}

function take(count: Count | undefined, frame: Buffer): void {
  if (count === undefined) return;
  count.deliveries += 1;
  count.bytes += frame.length;
  if (!endsRun(frame)) return;
  count.awaited -= 1;
  if (count.awaited === 0) count.ended.resolve();
}
