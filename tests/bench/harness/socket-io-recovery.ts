/**
 * A client of Socket.IO that comes back.
 *
 * Owns the few words of its protocol for that: a session's name, the position of the last event, and the wish to go on
 * there. The server is `programs/recovery-socket-io.ts`.
 */
import { WebSocket } from "ws";
import * as z from "zod/mini";
import { startProgramChild } from "./child.ts";

const Session = z.looseObject({ pid: z.string() });
/** `["event", {…}, "position"]`. */
const EventWithOffset = z.tuple([z.literal("event"), z.unknown(), z.string()]);

const OPENED = "0";
const CONNECT = "40";
const EVENT = "42";

/** A session that missed something. */
export interface SocketIoRecovery {
  /** Comes back and waits for all that was missed. @returns milliseconds */
  readonly timeToRecover: () => Promise<number>;
}

/** Has a server send a history to a client, which misses the last `missed` events of it. */
export async function openSocketIoRecovery(
  stack: AsyncDisposableStack,
  history: { readonly events: number; readonly missed: number },
): Promise<SocketIoRecovery> {
  const server = stack.use(await startProgramChild("recovery-socket-io"));
  const url = await server.ask("address", null, z.url());
  const before = await follow(url, CONNECT, async (session, frames) => {
    await server.ask("emit", { events: history.events - history.missed }, z.undefined());
    const events = await frames(history.events - history.missed);
    const [, , offset] = EventWithOffset.parse(JSON.parse(events.at(-1)?.slice(EVENT.length) ?? ""));
    return { pid: session, offset };
  });
  await server.ask("emit", { events: history.missed }, z.undefined());
  return {
    async timeToRecover() {
      const startedMs = performance.now();
      return follow(url, CONNECT + JSON.stringify(before), async (session, frames) => {
        await frames(history.missed);
        const elapsedMs = performance.now() - startedMs;
        if (session !== before.pid) throw new Error("Cannot measure a recovery: the session was not taken up");
        return elapsedMs;
      });
    },
  };
}

/** Opens a socket with the words that a client begins with. */
async function follow<Value>(
  url: string,
  connect: string,
  use: (session: string, frames: (count: number) => Promise<readonly string[]>) => Promise<Value>,
): Promise<Value> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const session = Promise.withResolvers<string>();
  const events: string[] = [];
  let wanted = Infinity;
  const complete = Promise.withResolvers<readonly string[]>();
  socket.on("error", session.reject);
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text.startsWith(OPENED)) socket.send(connect);
    else if (text.startsWith(EVENT)) events.push(text);
    else if (text.startsWith(CONNECT)) session.resolve(Session.parse(JSON.parse(text.slice(CONNECT.length))).pid);
    if (events.length >= wanted) complete.resolve(events);
  });
  try {
    return await use(await session.promise, (count) => {
      wanted = count;
      if (events.length >= wanted) complete.resolve(events);
      return complete.promise;
    });
  } finally {
    socket.terminate();
  }
}
