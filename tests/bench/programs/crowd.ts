/**
 * The crowd: many viewers in one process, of one Worker or of many, of this server or of a peer.
 *
 * Owns their sockets and the count of what they receive. It parses nothing, so that it is never what the others wait for.
 */
import type { WebSocket } from "ws";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { frameAgeUs } from "./answer.ts";
import { openViewer } from "./open-viewer.ts";
import { endsRun } from "./worker-client.ts";

/** Viewers that are counted together, by a name of the bench's. */
const Group = z.strictObject({ group: z.string() });
const Open = z.strictObject({
  group: z.string(),
  urls: z.array(z.url()),
  /** Of each address. */
  viewers: z.number(),
  /** How many of each address stop reading as soon as they are there; none where this is left out. */
  stalled: z.optional(z.number()),
});
const Arm = z.strictObject({ group: z.string(), wantsAges: z.boolean() });

/** What a group received between two questions. */
export const Received = z.strictObject({
  deliveries: z.number(),
  bytes: z.number(),
  /** Every frame of the first viewer, in order. */
  frames: z.array(z.string()),
  /** Age of each token with a stamp when it came, in microseconds; empty where nobody wanted it. */
  agesUs: z.array(z.number()),
});
export type Received = z.infer<typeof Received>;

interface Count {
  deliveries: number;
  bytes: number;
  readonly frames: string[];
  readonly agesUs: number[];
  readonly wantsAges: boolean;
  /** Viewers that have not seen the end yet. */
  awaited: number;
  readonly ended: PromiseWithResolvers<void>;
}

interface Members {
  readonly sockets: readonly WebSocket[];
  /** Those of them that read. */
  readonly reading: number;
  count: Count;
}

/** Not all at once: how fast a crowd gets in is another question. */
const OPENED_AT_ONCE = 100;

/** Opens viewers and counts for them. */
export function start(): void {
  const groups = new Map<string, Members>();
  const membersOf = (group: string): Members => {
    const members = groups.get(group);
    if (members === undefined) throw new RangeError(`Cannot count for ${group}: it was not opened`);
    return members;
  };

  answerRequests({
    async open(argument) {
      const { group, urls, viewers, stalled = 0 } = Open.parse(argument);
      const sockets: WebSocket[] = [];
      const places = urls.flatMap((url) =>
        Array.from({ length: viewers }, (_, index) => ({ url, reads: index >= stalled })),
      );
      for (let next = 0; next < places.length; next += OPENED_AT_ONCE) {
        const opened = places.slice(next, next + OPENED_AT_ONCE).map(async ({ url, reads }) => {
          const socket = await openViewer(url);
          if (reads) socket.on("message", (frame: Buffer) => take(membersOf(group).count, frame));
          else socket.pause();
          return socket;
        });
        sockets.push(...(await Promise.all(opened)));
      }
      const reading = places.filter(({ reads }) => reads).length;
      groups.set(group, { sockets, reading, count: newCount(reading, false) });
      sockets.at(-1)?.on("message", (frame: Buffer) => membersOf(group).count.frames.push(frame.toString()));
    },
    /** From here on is counted. */
    arm(argument) {
      const { group, wantsAges } = Arm.parse(argument);
      const members = membersOf(group);
      members.count = newCount(members.reading, wantsAges);
    },
    /** Answers when every viewer has seen the end. */
    async finish(argument): Promise<Received> {
      const { count } = membersOf(Group.parse(argument).group);
      await count.ended.promise;
      const { deliveries, bytes, frames, agesUs } = count;
      return { deliveries, bytes, frames, agesUs };
    },
    /** Ends a group's sockets. */
    close(argument) {
      const { group } = Group.parse(argument);
      for (const socket of membersOf(group).sockets) socket.terminate();
      groups.delete(group);
    },
  });
}

function newCount(awaited: number, wantsAges: boolean): Count {
  const ended = Promise.withResolvers<void>();
  return { deliveries: 0, bytes: 0, frames: [], agesUs: [], wantsAges, awaited, ended };
}

function take(count: Count, frame: Buffer): void {
  count.deliveries += 1;
  count.bytes += frame.length;
  if (count.wantsAges) {
    const ageUs = frameAgeUs(frame);
    if (ageUs !== null) count.agesUs.push(ageUs);
  }
  if (!endsRun(frame)) return;
  count.awaited -= 1;
  if (count.awaited === 0) count.ended.resolve();
}
